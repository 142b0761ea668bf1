"""What a message says: a form sent, a command, an answer to us, or a wish."""

from dataclasses import replace
from uuid import UUID

from agent.clients.errors import NoSuchClient
from agent.ctx import Ctx
from agent.gate import invoke
from agent.identity import codes
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.memory.schemas import Dialog, Standing
from agent.runs.operations import cancel_run, start_run
from bot import (
    amended,
    asides,
    attached,
    brands,
    dialogs,
    edits,
    filled,
    forms,
    greetings,
    guessing,
    interviews,
    joins,
    pasted,
    pauses,
    privately,
    render,
    reviews,
    revisions,
    shortcuts,
    whose,
)
from bot.answers import keep, reply
from bot.filled import Answer
from bot.render import interviews as words
from bot.router import ASSISTANT, CANDIDATES, Route
from bot.routing import passed_on, with_route
from bot.services import Services
from bot.surfaces import chat
from channels.contract import Inbound, Kind

FEW = 5
"""Words: in more, what looks like a command about a client may be none."""

LONGEST = 40_000
"""Characters of one message; what is longer belongs in a file."""


async def answer(
    services: Services, ctx: Ctx, inbound: Inbound, *, is_new: bool
) -> bool:
    """Answer what was written; True when it was a secret that we asked for."""
    if inbound.kind is Kind.FORM:
        if not await shortcuts.submitted(services, ctx, inbound):
            await filled.submitted(services, ctx, inbound)
        return False
    if inbound.sealed:
        without = await pasted.take(services, ctx, inbound)
        if without is None:
            return False
        ctx, inbound = _worded(ctx, without), without
    is_secret = await _written(services, ctx, inbound, is_new=is_new)
    await attached.settled(ctx)
    return is_secret


async def _written(
    services: Services, ctx: Ctx, inbound: Inbound, *, is_new: bool
) -> bool:
    # Whatever it is the answer to, a key pasted by mistake goes no further.
    text = conversations.redact(inbound.text.strip())
    ctx = attached.recalling(ctx, inbound)
    if inbound.kind is Kind.EDIT:
        await edits.edited(services, ctx, inbound, text)
    elif await attached.answered(services, ctx, inbound, text):
        pass
    elif not text and any(quoted.forwarded for quoted in inbound.quoted):
        if not await joins.added(services, ctx, inbound):
            await invoke(start_run, ctx, {"brief": FORWARDED})
    elif not text:
        await _say(ctx, Message(NOTHING))
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


NOTHING = "I see no words in that. Tell me what you need, and I write it."


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
    if not await amended.took(ctx, standing.dialog, inbound, text):
        await _said(services, ctx, standing.dialog, text, inbound)
    return False


async def _said(
    services: Services, ctx: Ctx, dialog: Dialog | None, text: str, inbound: Inbound
) -> None:
    route = await guessing.routed(services, ctx, text)
    kept = None
    if await revisions.replied(ctx, dialog, inbound, route):
        return
    if dialog is not None:
        kept = await keep(ctx)
        is_left = dialogs.is_left(dialog, text)
        if await reviews.interrupted(ctx, dialog, text, route):
            if is_left:
                await reply(ctx, Message(dialogs.LEFT))
            else:
                await _unasked(services, ctx, inbound, route, kept)
            return
        if is_left:
            await dialogs.run(ctx, cancel_run, {})
            return
        if await _answered(services, ctx, dialog, text, route):
            return
    await _unasked(services, ctx, inbound, route, kept)


async def _answered(
    services: Services, ctx: Ctx, dialog: Dialog, text: str, route: Route
) -> bool:
    if forms.is_one(dialog):
        return await filled.take(services, ctx, dialog, Answer(text))
    return await dialogs.take(services, ctx, dialog, text, route)


async def _unasked(
    services: Services, ctx: Ctx, inbound: Inbound, route: Route, kept: UUID | None
) -> None:
    text = route.brief
    if await _awaited(services, ctx, inbound, route, kept):
        return
    if asides.is_way_out(text):
        await _left_over(services, ctx, route, kept or await keep(ctx))
        return
    call = await revisions.about(ctx, inbound, chat.heard(text))
    if call is not None:
        kept = kept or await keep(ctx)
        if await _done(services, ctx, call, kept, is_short=len(text.split()) <= FEW):
            return
    if attached.is_only_links(text):
        await reply(ctx, Message(render.files.LINK))
    elif not await _carries_on(services, ctx, inbound, route, kept):
        route = await guessing.settled(services, ctx, route)
        await _start(services, with_route(ctx, route), route, kept)


async def _left_over(services: Services, ctx: Ctx, route: Route, kept: UUID) -> None:
    """Answer "skip": only the assistant's own words can still have asked something."""
    if await conversations.ends_in_question(ctx.session, ctx.caller, before=kept):
        plain = route._replace(skill=ASSISTANT, method=ASSISTANT)
        await _start(services, with_route(ctx, plain), plain, kept)
    else:
        await reply(ctx, Message(words.NOTHING_ASKED))


async def _awaited(
    services: Services, ctx: Ctx, inbound: Inbound, route: Route, kept: UUID | None
) -> bool:
    """Whether something waited for these words, or they change what stands there."""
    if await pauses.heard(ctx, inbound.reply_to, route.brief):
        if kept is None:
            await keep(ctx)
        return True
    # "In German" is a setting only where there is nothing to put into German.
    is_wish = revisions.is_wish(route.brief)
    return is_wish and await _carries_on(services, ctx, inbound, route, kept)


async def _carries_on(
    services: Services, ctx: Ctx, inbound: Inbound, route: Route, kept: UUID | None
) -> bool:
    """Whether it belonged to what is being written, or to what was just shown."""
    if await joins.joined(services, ctx, inbound, route, kept):
        return True
    return await revisions.followed(ctx, inbound, route)


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
        then = {"skill": route.skill, "message_id": str(kept)}
        await whom.ask({**then, **passed_on(whom.ctx)})
    elif await whose.asked(services, whom.ctx, route.skill, kept):
        return
    elif not await interviews.begin_skill(
        services, whom.ctx, route.skill, brief, kept=kept
    ):
        asked = {"skill": route.skill, "brief": brief, "message_id": kept}
        await invoke(start_run, whom.ctx, asked)


async def _ask_which(
    services: Services, ctx: Ctx, route: Route, message_id: UUID
) -> None:
    names = (route.skill, *route.alternatives)[:CANDIDATES]
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
    elif services.shelf.file(name.replace("_", "-")) is not None:
        route = services.router.route(f"/{typed}")
        await _start(services, with_route(ctx, route), route, None)
    elif (call := await revisions.about(ctx, inbound, chat.read(typed))) is not None:
        await _run(services, ctx, call)
    elif services.has_off(name.replace("_", "-")):
        await _say(ctx, render.skills.off(name.replace("_", "-")))
    else:
        near = chat.nearest(typed, list(services.shelf.files))
        await _say(ctx, render.unknown_command(typed, near))


async def _run(
    services: Services, ctx: Ctx, call: chat.Typed, kept: UUID | None = None
) -> None:
    if kept is None:
        await keep(ctx)
    ctx = await privately.theirs(ctx, call.op)
    if filled.can_ask(call.op, call.raw):
        await filled.run(services, ctx, call.op, call.raw)
    else:
        await reply(ctx, render.usage(chat.usage(call.op)))


async def _say(ctx: Ctx, message: Message) -> None:
    await keep(ctx)
    await reply(ctx, message)
