"""What is for one person, said to them alone where others read along.

Slack shows a message to one person in the channel itself. Telegram cannot: there it is
said in our private chat, and the group is told so. Who never wrote to us in private
cannot be written to; they are told where, and that they must begin.
"""

from dataclasses import replace
from uuid import UUID

from agent import earshot
from agent.ctx import ONLY, Ctx, Origin
from agent.errors import AgentError, NeedsApproval
from agent.mailroom import deliveries, private_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place
from agent.registry import AnyOperation
from agent.runs.errors import AlreadyDone
from channels.contract import ChannelName

TELEGRAM = ChannelName.TELEGRAM.value

THERE = "That is for you alone: it is in our private chat."
BEGIN = (
    "That is for you alone, and I may not write to you first. Open our private chat, "
    "press Start, and ask me there."
)
FORM = "That is for you alone. Send it to me in our private chat, and I ask the rest."


async def theirs(ctx: Ctx, op: AnyOperation) -> Ctx:
    """The call, answered to its caller alone where others read along."""
    if not op.personal or ctx.origin is None or await earshot.is_private(ctx):
        return ctx
    return only(ctx)


async def refused(ctx: Ctx, why: AgentError) -> Ctx:
    """The call, refused to its caller alone where a messenger can whisper."""
    is_slack = ctx.origin is not None and ctx.origin.channel == ChannelName.SLACK
    if not is_slack or isinstance(why, NeedsApproval) or await earshot.is_private(ctx):
        return ctx
    return only(ctx)


def only(ctx: Ctx) -> Ctx:
    """The call, answered to its caller alone."""
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    return replace(ctx, origin=whispered(ctx.origin))


def whispered(origin: Origin) -> Origin:
    """Where one person alone is answered.

    A thread that has nobody's answer yet shows no whisper: it is said beside it.
    """
    begun = origin.thread if origin.thread != origin.message_id else ""
    return replace(origin, thread=begun, extra={**origin.extra, ONLY: origin.sender})


def is_only(origin: Origin | None) -> bool:
    """Whether what is said goes to one person alone."""
    return origin is not None and origin.is_whispered


async def say(ctx: Ctx, message: Message) -> UUID:
    """Plan an answer that its caller alone sees.

    Raises:
        AlreadyDone: It was answered before; the transaction must not stand.
    """
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - as above
    mine = Owner(ctx.caller.workspace_id, user_id=ctx.caller.user_id)
    if origin.channel != TELEGRAM:
        place = Place(origin.channel, origin.account, origin.recipient, origin.extra)
        return await _plan(ctx, place, message, mine)
    chat = await private_queries.chat_of(
        ctx.session, ctx.caller.user_id, origin.account, origin.sender
    )
    pointer = Message(_with_link(ctx, THERE if chat else BEGIN))
    here = Place(origin.channel, origin.account, origin.recipient)
    planned = await _plan(ctx, here, pointer, _everybodys(ctx))
    if chat is None:
        return planned
    there = Place(origin.channel, origin.account, f"{origin.sender}/")
    owner = Owner(ctx.caller.workspace_id, conversation_id=chat)
    return await _plan(ctx, there, message, owner, suffix=":private")


def _everybodys(ctx: Ctx) -> Owner:
    return Owner(ctx.caller.workspace_id, ctx.caller.conversation_id)


async def _plan(
    ctx: Ctx, place: Place, message: Message, owner: Owner, *, suffix: str = ":reply"
) -> UUID:
    assert ctx.origin is not None  # noqa: S101 - as above
    key = f"{ctx.origin.key}{suffix}"
    planned = await deliveries.plan(ctx.session, place, message, owner=owner, key=key)
    if planned is None:
        raise AlreadyDone("That was answered already.")
    return planned


def _with_link(ctx: Ctx, said: str) -> str:
    bot = ctx.house.names.get(TELEGRAM, "") if ctx.house else ""
    return f"{said} https://t.me/{bot}" if bot else said
