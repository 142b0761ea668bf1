"""Saying something back, once per thing that asked for it."""

from dataclasses import replace
from uuid import UUID

from agent.ctx import Ctx
from agent.mailroom import deliveries, receipts
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place
from agent.memory import conversations
from agent.memory.schemas import Said
from agent.runs.errors import AlreadyDone
from bot import privately
from bot.surfaces import chat


async def reply(ctx: Ctx, message: Message) -> UUID:
    """Plan the answer to what the call came from.

    Raises:
        AlreadyDone: It was answered before; the transaction must not stand.
    """
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    typed = replace(message, text=chat.as_typed(message.text, origin.channel))
    if privately.is_only(origin):
        return await privately.say(ctx, typed)
    key = f"{origin.key}:reply"
    if origin.files and (receipt := await receipts.find(ctx.session, key)):
        await receipts.become(ctx.session, receipt, typed.payload(origin.extra))
        return receipt
    planned = await deliveries.plan(
        ctx.session,
        Place(origin.channel, origin.account, origin.recipient, origin.extra),
        typed,
        owner=Owner(ctx.caller.workspace_id, ctx.caller.conversation_id),
        key=key,
    )
    if planned is None:
        raise AlreadyDone("That was answered already.")
    return planned


async def receive(ctx: Ctx, words: str) -> None:
    """Say that something came, in the message that will become the answer to it."""
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - as above
    await receipts.plan(
        ctx.session,
        Place(origin.channel, origin.account, origin.recipient, origin.extra),
        words,
        owner=Owner(ctx.caller.workspace_id, ctx.caller.conversation_id),
        key=f"{origin.key}:reply",
    )


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
        attachments=origin.attachments,
    )
