"""One kept message, worked on: admit, route, answer. All of it may happen twice.

Everything a message causes is written in one transaction and keyed by its inbox row;
a second time, the first thing written conflicts and all of it is rolled back.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from agent.ctx import Caller, Ctx, Origin, Role
from agent.errors import AgentError
from agent.llm.prompt import wrap_outside
from agent.mailroom.schemas import Claimed
from agent.memory import conversations
from agent.runs import sharpen
from agent.runs.errors import AlreadyDone
from agent.runs.own_skill_operations import SHARPENED, Unsharpened
from bot import (
    bursts,
    cards,
    doorman,
    files,
    guessing,
    hearing,
    home,
    imported,
    membership,
    moves,
    openings,
    presses,
    privately,
    rates,
    refusals,
    render,
    shortcuts,
    stops,
)
from bot.answers import keep, reply
from bot.guessing import Unclear
from bot.services import Services
from channels.contract import ChannelName, ChatKind, Inbound, Kind


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
    item, inbound = await shortcuts.placed(services, item, bursts.inbound_of(item))
    if not _is_for_us(item, inbound):
        return Handled("ignored")
    origin = origin_of(item, inbound)
    if inbound.kind is Kind.MEMBERSHIP:
        await membership.changed(services, inbound, origin)
        return Handled("processed")
    if inbound.kind is Kind.OPENED:
        await openings.opened(services, item, inbound, origin)
        return Handled("processed")
    if item.sender.is_out:
        await membership.heard_from(services, inbound)
    caller = await doorman.admit(services, item, inbound, origin)
    if caller is None:
        return Handled("processed")
    services = await services.within(caller.workspace_id)
    if inbound.kind is Kind.STOP or _is_press(inbound):
        return Handled("processed", await _pressed(services, caller, inbound, origin))
    await rates.pace(services, caller, inbound, origin)
    return await _read(services, item, caller, (inbound, origin))


async def _read(
    services: Services, item: Claimed, caller: Caller, heard: tuple[Inbound, Origin]
) -> Handled:
    """Take the message's files, and answer it."""
    if await imported.took(services, item, caller, heard):
        return Handled("processed")
    taken = await files.take(services, item, caller, heard)
    is_new = caller.conversation_id is None
    async with openings.entitling(services, taken.origin, taken.inbound, is_new=is_new):
        is_secret = await _worked(services, taken, is_new=is_new)
    return Handled("processed", forget=is_secret)


async def _worked(services: Services, taken: files.Taken, *, is_new: bool) -> bool:
    """Answer what was done, or say why not; True when it was a secret."""
    caller, inbound, origin = taken.caller, taken.inbound, taken.origin
    is_secret = False
    try:
        if shortcuts.is_one(inbound):
            await shortcuts.used(services, caller, inbound, origin)
            return False
        ctx, is_secret = await services.call(
            partial(_answered, services, taken, is_new=is_new), caller, origin
        )
        await moves.greet(services, ctx, inbound)
        await home.refresh(services, ctx, inbound)
    except Unclear as unclear:
        told = await guessing.ask(services, caller, origin, unclear)
        return await _worked(services, replace(taken, origin=told), is_new=is_new)
    except Unsharpened as blunt:
        told = await _sharpened(services, caller, origin, blunt)
        return await _worked(services, replace(taken, origin=told), is_new=is_new)
    except AlreadyDone:
        return False
    except AgentError as refused:
        # A first try that outlived its lease may have said so already.
        with suppress(AlreadyDone):
            await _refused(services, taken, refused)
    return is_secret


async def _answered(
    services: Services, taken: files.Taken, opened: Ctx, *, is_new: bool
) -> tuple[Ctx, bool]:
    """The message's world, and whether it was a secret that was answered in it."""
    ctx = await _in_conversation(opened, taken.inbound)
    return opened, await hearing.answer(services, ctx, taken.inbound, is_new=is_new)


async def _refused(services: Services, taken: files.Taken, refused: AgentError) -> None:
    async with services.ctx(taken.caller, taken.origin) as opened:
        ctx = await _in_conversation(opened, taken.inbound)
        if taken.inbound.kind is not Kind.EDIT:
            await keep(ctx)
        await refusals.note(ctx, refused)
        await cards.answer(await privately.refused(ctx, refused), refused)


async def _sharpened(
    services: Services, caller: Caller, origin: Origin, blunt: Unsharpened
) -> Origin:
    """The origin, with what a model made of the answers; also where it made nothing."""
    assert origin.inbox_id is not None  # noqa: S101 - a message was kept
    found: dict[str, object] = {}
    if services.guess_s:
        bench, key = services.bench, origin.inbox_id
        found = await sharpen.ask(bench, caller, key, blunt.wish)
    return replace(origin, routing={SHARPENED: found})


def _is_press(inbound: Inbound) -> bool:
    return inbound.kind is Kind.PRESS and not shortcuts.is_one(inbound)


async def _pressed(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> str:
    """Do what a button of ours, or the platform's own Stop, is for; a few words."""
    if inbound.kind is Kind.STOP:
        await stops.stop(services, caller, inbound, origin)
        return ""
    try:
        return await presses.press(services, caller, inbound, origin)
    except Unsharpened as blunt:
        told = await _sharpened(services, caller, origin, blunt)
        return await presses.press(services, caller, inbound, told)


def _is_for_us(item: Claimed, inbound: Inbound) -> bool:
    if inbound.addressed:
        return True
    # In a Slack thread where we talk already, nobody mentions us again each time.
    in_thread = inbound.channel is ChannelName.SLACK and inbound.thread
    return bool(in_thread and item.sender.conversation_id)


async def apologise(services: Services, item: Claimed) -> None:
    """Tell the person that their message could not be worked on, after the last try."""
    inbound = bursts.inbound_of(item)
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
    # Where it was answered, and only its row not closed, there is no trouble.
    with suppress(AlreadyDone):
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
        sender=inbound.sender,
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
