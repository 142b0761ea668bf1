"""One kept message, worked on: admit, route, answer. All of it may happen twice.

Everything a message causes is written in one transaction and keyed by its inbox row;
a second time, the first thing written conflicts and all of it is rolled back.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from agent.clients.errors import NoSuchClient
from agent.ctx import Caller, Ctx, Origin, Role
from agent.errors import AgentError
from agent.gate import invoke
from agent.identity import codes, preferences
from agent.llm.prompt import wrap_outside
from agent.mailroom.schemas import Claimed, Message
from agent.memory import conversations
from agent.memory.schemas import Dialog, Standing
from agent.runs.errors import AlreadyDone
from agent.runs.operations import start_run
from bot import (
    brands,
    cards,
    dialogs,
    doorman,
    filled,
    forms,
    greetings,
    moves,
    pasted,
    pauses,
    presses,
    rates,
    refusals,
    render,
)
from bot.answers import keep, reply, said
from bot.filled import Answer
from bot.router import Route
from bot.routing import with_route
from bot.services import Services
from bot.surfaces import chat
from channels.contract import ChannelName, ChatKind, Inbound, Kind

FEW = 5
"""Words: in more, what looks like a command about a client may be none."""

LONGEST = 40_000
"""Characters of one message; what is longer belongs in a file."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of an inbox row."""

    status: str
    """``processed`` or ``ignored``."""
    notice: str = ""
    """A few words for whoever pressed a button."""
    forget: bool = False
    """It was a secret: nothing of what it said may stay."""


async def handle(services: Services, item: Claimed) -> Handled:
    """Work on one kept message.

    Raises:
        Later: The person writes faster than we work; it waits for its turn.
        Exception: The database or another part failed; the row is tried again.
    """
    payload = {key: value for key, value in item.payload.items() if key != "team"}
    inbound = Inbound.from_payload(payload)
    if not _is_for_us(item, inbound):
        return Handled("ignored")
    origin = origin_of(item, inbound)
    caller = await doorman.admit(services, item, inbound, origin)
    if caller is None:
        return Handled("processed")
    if inbound.kind is Kind.PRESS:
        return Handled(
            "processed", await presses.press(services, caller, inbound, origin)
        )
    await rates.pace(services, caller, inbound, origin)
    is_secret = False
    try:
        async with services.ctx(caller, origin) as opened:
            ctx = await _in_conversation(opened, inbound)
            is_new = caller.conversation_id is None
            is_secret = await _answer(services, ctx, inbound, is_new=is_new)
        await moves.greet(services, opened, inbound)
    except AlreadyDone:
        return Handled("processed")
    except AgentError as refused:
        async with services.ctx(caller, origin) as opened:
            ctx = await _in_conversation(opened, inbound)
            if inbound.kind is not Kind.EDIT:
                await keep(ctx)
            await refusals.note(ctx, refused)
            await cards.answer(ctx, refused)
    return Handled("processed", forget=is_secret)


def _is_for_us(item: Claimed, inbound: Inbound) -> bool:
    if inbound.addressed:
        return True
    # In a Slack thread where we talk already, nobody mentions us again each time.
    in_thread = inbound.channel is ChannelName.SLACK and inbound.thread
    return bool(in_thread and item.sender.conversation_id)


async def apologise(services: Services, item: Claimed) -> None:
    """Tell the person that their message could not be worked on, after the last try."""
    payload = {key: value for key, value in item.payload.items() if key != "team"}
    inbound = Inbound.from_payload(payload)
    origin = origin_of(item, inbound)
    who = item.sender
    if who.workspace_id is None or who.user_id is None or who.chat_row_id is None:
        await doorman.say_at_door(services, origin, render.trouble())
        return
    caller = Caller(
        workspace_id=who.workspace_id,
        user_id=who.user_id,
        role=Role.VIEWER,
        chat_id=who.chat_row_id,
        conversation_id=who.conversation_id,
    )
    async with services.ctx(caller, origin) as opened:
        await reply(await _in_conversation(opened, inbound), render.trouble())


def origin_of(item: Claimed, inbound: Inbound) -> Origin:
    """Where a message came from, as a call's world has it."""
    return Origin(
        key=f"inbox:{item.id}",
        channel=inbound.channel,
        account=inbound.account,
        chat=inbound.chat,
        thread=inbound.thread,
        message_id=inbound.message_id,
        text=inbound.text or _passed_on(inbound),
        quoted=tuple((each.source, each.text) for each in inbound.quoted),
        inbox_id=item.id,
        extra=dict(inbound.extra),
    )


def _passed_on(inbound: Inbound) -> str:
    """What was forwarded, as it is kept: marked, never to be taken for their words."""
    told = [wrap_outside(q.text, q.source) for q in inbound.quoted if q.forwarded]
    return "\n\n".join(told)


async def _in_conversation(ctx: Ctx, inbound: Inbound) -> Ctx:
    conversation_id = await conversations.ensure(
        ctx.session, ctx.caller, is_private=inbound.chat_kind is ChatKind.PRIVATE
    )
    return replace(ctx, caller=replace(ctx.caller, conversation_id=conversation_id))


async def _answer(
    services: Services, ctx: Ctx, inbound: Inbound, *, is_new: bool
) -> bool:
    """Answer what was written; True when it was a secret that we asked for."""
    if inbound.kind is Kind.FORM:
        await filled.submitted(services, ctx, inbound)
        return False
    if inbound.sealed:
        without = await pasted.take(services, ctx, inbound)
        if without is None:
            return False
        ctx, inbound = _worded(ctx, without), without
    # Whatever it is the answer to, a key pasted by mistake goes no further.
    text = conversations.redact(inbound.text.strip())
    if inbound.kind is Kind.EDIT:
        await _edited(services, ctx, text)
    elif not text and any(quoted.forwarded for quoted in inbound.quoted):
        await invoke(start_run, ctx, {"brief": FORWARDED})
    elif not text:
        await _say(ctx, _nothing_written(inbound))
    elif len(text) > LONGEST:
        await _say(ctx, Message(TOO_LONG))
    elif (said := chat.words(text)) is not None:
        await _command(services, ctx, inbound, said)
    else:
        return await _message(services, ctx, inbound, is_new=is_new)
    return False


def _worded(ctx: Ctx, inbound: Inbound) -> Ctx:
    assert ctx.origin is not None  # noqa: S101 - a message has one
    return replace(ctx, origin=replace(ctx.origin, text=inbound.text))


FORWARDED = (
    "(I forwarded this without a word. Say in a line what it is, and ask what I want "
    "done with it.)"
)
"""The request of who only forwards something: they have said nothing yet."""

TOO_LONG = (
    f"That is more than {LONGEST:,} characters, too much for one message. "
    "Please send the part that matters most."
)


def _nothing_written(inbound: Inbound) -> Message:
    if inbound.attachments:
        return Message(
            "I got your file, but I cannot read files yet. "
            "Please write what you need, and paste the text that matters."
        )
    return Message("Your message is empty. Tell me what you need, and I'll write it.")


async def _message(
    services: Services, ctx: Ctx, inbound: Inbound, *, is_new: bool
) -> bool:
    text = conversations.redact(inbound.text.strip())
    # In a conversation begun just now nothing can stand open yet.
    standing = (
        Standing(client_id=ctx.caller.client_id) if is_new else await _standing(ctx)
    )
    ctx = replace(ctx, caller=replace(ctx.caller, client_id=standing.client_id))
    if standing.dialog is not None and forms.asks_secret(standing.dialog):
        await pasted.answer(services, ctx, standing.dialog, inbound)
        return True
    await _said(services, ctx, standing.dialog, text, inbound.reply_to)
    return False


async def _said(
    services: Services, ctx: Ctx, dialog: Dialog | None, text: str, reply_to: str
) -> None:
    route = services.router.route(text)
    kept = None
    if dialog is not None:
        kept = await keep(ctx)
        if forms.is_one(dialog):
            await filled.take(services, ctx, dialog, Answer(text))
            return
        if await dialogs.take(services, ctx, dialog, text, route):
            return
    if await pauses.heard(ctx, reply_to, text):
        if kept is None:
            await keep(ctx)
        return
    if (call := chat.heard(text)) is not None:
        kept = kept or await keep(ctx)
        if await _done(services, ctx, call, kept, is_short=len(text.split()) <= FEW):
            return
    await _start(services, with_route(ctx, route), route, kept)


async def _done(
    services: Services, ctx: Ctx, call: chat.Typed, kept: UUID, *, is_short: bool
) -> bool:
    """Do what plain words ask; False when they only look like it."""
    try:
        await _run(services, ctx, call, kept)
    except NoSuchClient:
        # "Archive the old posts of our blog" is a request like any other.
        if is_short:
            raise
        return False
    return True


async def _standing(ctx: Ctx) -> Standing:
    assert ctx.caller.conversation_id is not None  # noqa: S101 - ensured before
    return await conversations.standing(
        ctx.session, ctx.caller.conversation_id, ctx.caller.user_id
    )


async def _start(services: Services, ctx: Ctx, route: Route, kept: UUID | None) -> None:
    brief = conversations.redact(route.brief)
    if route.method == "asked":
        await _ask_which(services, ctx, route, kept or await keep(ctx))
        return
    whom = await brands.read(ctx, brief)
    if whom.open:
        kept = kept or await keep(ctx)
        await whom.ask({"skill": route.skill, "message_id": str(kept)})
    elif not await dialogs.begin_skill(
        services, whom.ctx, route.skill, brief, kept=kept
    ):
        asked = {"skill": route.skill, "brief": brief, "message_id": kept}
        await invoke(start_run, whom.ctx, asked)


async def _ask_which(
    services: Services, ctx: Ctx, route: Route, message_id: UUID
) -> None:
    names = (route.skill, *route.alternatives)
    options = [
        (name, file.title) for name in names if (file := services.shelf.file(name))
    ]
    await reply(ctx, render.did_you_mean(options, message_id))


async def _command(services: Services, ctx: Ctx, inbound: Inbound, typed: str) -> None:
    name, _, rest = typed.partition(" ")
    if name == "start" and codes.is_code(rest):
        name, typed = "join", f"join {rest}"  # a link of Telegram's, by a member
    if name == "start":
        await _say(ctx, await greetings.welcome(services, ctx, inbound))
    elif name == "help":
        await _say(ctx, await _help(ctx, inbound))
    elif services.shelf.file(name.replace("_", "-")) is not None:
        route = services.router.route(f"/{typed}")
        await _start(services, with_route(ctx, route), route, None)
    elif (call := chat.read(typed)) is not None:
        await _run(services, ctx, call)
    else:
        near = chat.nearest(typed, list(services.shelf.files))
        await _say(ctx, render.unknown_command(typed, near))


async def _run(
    services: Services, ctx: Ctx, call: chat.Typed, kept: UUID | None = None
) -> None:
    if kept is None:
        await keep(ctx)
    if filled.can_ask(call.op, call.raw):
        await filled.run(services, ctx, call.op, call.raw)
    else:
        await reply(ctx, render.usage(chat.usage(call.op)))


async def _help(ctx: Ctx, inbound: Inbound) -> Message:
    chosen = await preferences.of(ctx.session, ctx.caller.user_id)
    return render.help_text(inbound.channel, simple=chosen.mode == "simple")


async def _edited(services: Services, ctx: Ctx, text: str) -> None:
    before = await conversations.find_said(ctx.session, said(ctx))
    if not text or before in {None, conversations.redact(text)}:
        return  # nothing of ours hangs on it
    route = services.router.route(text)
    await reply(ctx, render.edited(route.skill, text))


async def _say(ctx: Ctx, message: Message) -> None:
    await keep(ctx)
    await reply(ctx, message)
