"""Saying something back, once per thing that asked for it."""

from dataclasses import replace
from uuid import UUID

from agent.ctx import Ctx
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place
from agent.memory import conversations
from agent.memory.schemas import Said
from agent.runs.errors import AlreadyDone
from bot.surfaces import chat


async def reply(ctx: Ctx, message: Message) -> UUID:
    """Plan the answer to what the call came from.

    Raises:
        AlreadyDone: It was answered before; the transaction must not stand.
    """
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    planned = await deliveries.plan(
        ctx.session,
        Place(origin.channel, origin.account, origin.recipient, origin.extra),
        replace(message, text=chat.as_typed(message.text, origin.channel)),
        owner=Owner(ctx.caller.workspace_id, ctx.caller.conversation_id),
        key=f"{origin.key}:reply",
    )
    if planned is None:
        raise AlreadyDone("That was answered already.")
    return planned


async def keep(ctx: Ctx) -> UUID:
    """Keep what the person wrote as a turn of the conversation; its id."""
    return await conversations.say(ctx.session, ctx.caller, said(ctx))


def said(ctx: Ctx) -> Said:
    """What the person wrote, as memory keeps it: without keys and tokens."""
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    return Said(
        content=conversations.redact(origin.text),
        channel=origin.channel,
        account=origin.account,
        chat=origin.chat,
        thread=origin.thread,
        channel_message_id=origin.message_id,
        inbox_id=origin.inbox_id,
    )
