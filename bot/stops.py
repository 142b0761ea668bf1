"""The platform's own Stop: it ends what is being answered there, as our button does."""

from dataclasses import replace

from agent.ctx import Caller, Ctx, Origin
from agent.errors import AgentError
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.runs.errors import AlreadyDone, RunEnded
from agent.runs.operations import cancel_run
from bot import refusals
from bot.answers import reply
from bot.services import Services
from channels.contract import ChatKind, Inbound


async def stop(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> None:
    """Cancel the run whose answer was stopped, under the rights of who pressed.

    Where nothing is on its way any more there is nothing to say: the answer stands.
    Who may not stop it is told so, and it goes on.
    """
    try:
        async with services.ctx(caller, origin) as ctx:
            await _cancel(ctx, inbound, origin)
    except (AlreadyDone, RunEnded):
        return
    except AgentError as refused:
        async with services.ctx(caller, origin) as ctx:
            await refusals.note(ctx, refused)
            await _refuse(ctx, inbound, refused)


async def _cancel(ctx: Ctx, inbound: Inbound, origin: Origin) -> None:
    named = inbound.message_id
    run_id = await deliveries.being_answered(ctx.session, origin, named)
    if run_id is not None:
        await invoke(cancel_run, ctx, {"run_id": str(run_id)})


async def _refuse(ctx: Ctx, inbound: Inbound, refused: AgentError) -> None:
    here = await conversations.ensure(
        ctx.session, ctx.caller, is_private=inbound.chat_kind is ChatKind.PRIVATE
    )
    placed = replace(ctx, caller=replace(ctx.caller, conversation_id=here))
    await reply(placed, Message(refused.said))
