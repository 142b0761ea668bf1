"""A chat that works in another workspace from now on is told so over there.

The answer belongs to the new workspace's conversation, and one transaction sees one
workspace: it is said in a second one, when the first stands.
"""

from dataclasses import replace

from pydantic import BaseModel

from agent.ctx import Ctx
from agent.identity.account_schemas import Moved
from agent.memory import conversations
from bot import render
from bot.answers import reply
from bot.services import Services
from channels.contract import ChatKind, Inbound

DUE = "moved"


def note(ctx: Ctx, result: BaseModel) -> bool:
    """Whether the result is to be told elsewhere; ``greet`` does it."""
    if not isinstance(result, Moved) or not result.moved:
        return False
    ctx.session.info[DUE] = result
    return True


async def greet(services: Services, ctx: Ctx, inbound: Inbound) -> None:
    """Tell what ``note`` kept, now that the transaction of ``ctx`` stands.

    Raises:
        AlreadyDone: It was told before.
    """
    moved = ctx.session.info.get(DUE)
    if not isinstance(moved, Moved):
        return
    there = replace(
        ctx.caller,
        workspace_id=moved.workspace_id,
        chat_id=moved.chat_id,
        role=moved.role.rank,
        conversation_id=None,
        client_id=None,
    )
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    async with services.ctx(there, ctx.origin) as opened:
        begun = await conversations.ensure(opened.session, there, is_private=is_private)
        placed = replace(opened, caller=replace(there, conversation_id=begun))
        await reply(placed, render.result(moved))
