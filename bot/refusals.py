"""What somebody tried and may not is written down, where it would have mattered."""

from agent.ctx import Caller, Ctx
from agent.errors import AgentError, Forbidden
from agent.operation import Effect
from agent.registry import BY_NAME
from bot.services import Services


async def told(services: Services, caller: Caller, refused: AgentError) -> None:
    """``note`` in a transaction of its own, for doors that open no other."""
    if isinstance(refused, Forbidden):
        async with services.ctx(caller) as ctx:
            await note(ctx, refused)


async def note(ctx: Ctx, refused: AgentError) -> None:
    """Add a line to the audit: at most one a minute for a person and an operation.

    ``ctx`` is of a transaction after the refused one, which was rolled back. Looking at
    what one may not see changes nothing, and is not kept.
    """
    if not isinstance(refused, Forbidden):
        return
    op = BY_NAME.get(refused.operation)
    if op is None or op.effect is Effect.READ:
        return
    await ctx.audit.refused(
        ctx.session, ctx.caller, operation=op.name, reason=refused.message
    )
