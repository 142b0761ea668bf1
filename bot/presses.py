"""A button pressed: found again by its number, authorised anew, answered in place."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from agent.clients.brands import ensure_in_use
from agent.ctx import Caller, Ctx, Origin
from agent.errors import AgentError, NeedsApproval
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.memory.operations import Answered, Finished, Left
from agent.operation import Surface
from agent.registry import BY_NAME, AnyOperation
from agent.runs.consent_schemas import (
    CallApproved,
    CallChanged,
    CallDecided,
    CallRefused,
)
from agent.runs.errors import AlreadyDone
from agent.runs.next_operations import hand_over
from agent.runs.operations import start_run
from agent.runs.revise_operations import revise_output
from bot import (
    beside,
    brands,
    cards,
    dialogs,
    filled,
    forms,
    home,
    in_place,
    interviews,
    moves,
    onward,
    pauses,
    privately,
    refusals,
    render,
)
from bot.answers import reply
from bot.brands import Reading
from bot.routing import is_taught, passed_on, with_press
from bot.services import Services
from bot.surfaces import chat
from channels.contract import ChannelName, ChatKind, Inbound

NOTICED = {ChannelName.TELEGRAM, ChannelName.SLACK}
"""Doors that can show a few words to the one who pressed, and to nobody else."""

_PASSED: Mapping[type, str] = {Answered: "skipped", Finished: "done"}

GONE = (
    "That button is no longer there, or belongs to another workspace. "
    "Write to me and I'll start afresh."
)


async def press(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> str:
    """Do what the button says; a few words for the one who pressed, or none."""
    said, is_page = await _tried(services, caller, inbound, origin)
    if is_page:
        await home.show(services, caller, origin, inbound.sender, said)
        return ""
    return said


async def _tried(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> tuple[str, bool]:
    """What to say to the one who pressed, and whether it was on their page."""
    try:
        work = partial(_pressed, services, inbound)
        ctx, said, is_page = await services.call(work, caller, origin)
        await moves.greet(services, ctx, inbound)
    except AlreadyDone as done:
        return done.message if inbound.channel is ChannelName.TELEGRAM else "", False
    except AgentError as refused:
        async with services.ctx(caller, origin) as ctx:
            await refusals.note(ctx, refused)
            found = await _find(ctx, inbound.pressed)
            if found is not None and home.is_page(found[0]):
                return refused.said, True
            if found is not None and found[2].name in cards.PRESSES:
                await cards.close(ctx, found[0], refused)
            return await _refuse(ctx, inbound, refused.said), False
    return said, is_page


async def _pressed(
    services: Services, inbound: Inbound, ctx: Ctx
) -> tuple[Ctx, str, bool]:
    """The press's world, what to say to who pressed, and whether it was on a page."""
    assert ctx.origin is not None  # noqa: S101 - a press has an origin
    if not await ctx.audit.once(ctx.session, ctx.caller, key=ctx.origin.key):
        return ctx, "", False
    found = await _find(ctx, inbound.pressed)
    if found is None:
        return ctx, await _refuse(ctx, inbound, GONE), False
    is_page = home.is_page(found[0])
    said = await _do(services, await _placed(ctx, inbound, *found), *found)
    # Elsewhere it would stand as a message, and say what was shown in place.
    is_told = is_page or inbound.channel is ChannelName.TELEGRAM
    return ctx, said if is_told else "", is_page


async def _find(
    ctx: Ctx, pressed: str
) -> tuple[RowMapping, Mapping[str, Any], AnyOperation] | None:
    ref, _, number = pressed.partition(":")
    try:
        delivery = await deliveries.get(ctx.session, UUID(ref))
        button = delivery["payload"]["buttons"][int(number)] if delivery else None
    except (ValueError, IndexError):
        return None
    if delivery is None or button is None or int(number) < 0:
        return None
    op = BY_NAME.get(button["operation"])
    if op is None or Surface.BUTTON not in op.on:
        return None
    return delivery, button, op


async def _refuse(ctx: Ctx, inbound: Inbound, said: str) -> str:
    if inbound.channel in NOTICED:
        return chat.as_typed(said, inbound.channel)
    # Who never wrote here has no conversation, and the answer would be nobody's.
    here = await conversations.ensure(
        ctx.session, ctx.caller, is_private=inbound.chat_kind is ChatKind.PRIVATE
    )
    placed = replace(ctx, caller=replace(ctx.caller, conversation_id=here))
    await reply(placed, Message(said))
    return ""


async def _placed(
    ctx: Ctx,
    inbound: Inbound,
    delivery: RowMapping,
    button: Mapping[str, Any],
    op: AnyOperation,
) -> Ctx:
    # The message's own conversation: the chat may have moved on to another.
    here = delivery["conversation_id"] or ctx.caller.conversation_id
    if home.is_page(delivery):  # of somebody who may never have written
        here = await conversations.ensure(ctx.session, ctx.caller, is_private=True)
    placed = replace(ctx, caller=replace(ctx.caller, conversation_id=here))
    if "whisper" in inbound.extra or button.get("alone"):
        return privately.only(placed)
    return await privately.theirs(placed, op)


async def _do(
    services: Services,
    ctx: Ctx,
    delivery: RowMapping,
    button: Mapping[str, Any],
    op: AnyOperation,
) -> str:
    if op is start_run:
        return await _choose(services, ctx, delivery, button)
    if op is hand_over:
        await onward.press(services, await _with_client(ctx), delivery, button)
        return onward.BEGUN
    if op.name in {"memory.answer", "memory.leave", "memory.finish"}:
        return await _answer(services, ctx, delivery, button, op)
    params = button["params"]
    if await beside.asked(services, await _with_client(ctx), button, op):
        return ""
    if op is revise_output:
        ctx = onward.once(ctx, delivery, button)
    try:
        result = await invoke(op, ctx, params)
    except NeedsApproval as needs:
        await cards.ask(await _with_client(ctx), needs)
        return home.IN_MESSAGES if home.is_page(delivery) else ""
    await beside.lead_on(services, await _with_client(ctx), result)
    return await _followed(ctx, delivery, result)


async def _followed(ctx: Ctx, delivery: RowMapping, result: BaseModel) -> str:
    if home.is_page(delivery):
        return await home.done(ctx, result)
    if isinstance(result, CallDecided):
        return await _decided(ctx, delivery, result)
    # What one person saw nobody can edit, and what is for one stands in no group.
    is_only = privately.is_only(ctx.origin)
    if is_only or not await in_place.show(ctx, delivery, result):
        await dialogs.follow(ctx, result)
    return in_place.notice(result)


async def _decided(ctx: Ctx, delivery: RowMapping, decided: CallDecided) -> str:
    """What follows from a card's press; a model's call is gone on with by its run."""
    match decided:
        case CallApproved():
            done = await cards.act(await _with_client(ctx), delivery, decided)
            if done is not None:
                await dialogs.follow(ctx, done)
        case CallRefused():
            await cards.drop(ctx, delivery, decided)
        case CallChanged(text=""):
            await pauses.begin_change(ctx, decided)
            return ""
    return render.result(decided).text


REMEMBERED = " I'll remember it for messages like that: /learnt lists and undoes it."


async def _choose(
    services: Services, ctx: Ctx, delivery: RowMapping, button: Mapping[str, Any]
) -> str:
    """One choice a message: a second press, of whichever button, changes nothing."""
    assert ctx.origin is not None  # noqa: S101 - a press has an origin
    params = button["params"]
    skill = params["skill"]
    ctx = replace(ctx, origin=replace(ctx.origin, key=f"press:{delivery['id']}"))
    kept = UUID(params["message_id"]) if "message_id" in params else None
    brief = params.get("brief") or ""
    if kept and not brief:
        said = await conversations.text_of(ctx.session, kept) or ""
        brief = services.router.route(said).brief
    ctx = with_press(await _with_client(ctx), skill, brief, params)
    whom = await _whom(ctx, params, brief)
    if whom.open:
        await whom.ask({**params, **passed_on(ctx)})
        await deliveries.show(ctx.session, delivery, Message("One more question:"))
        return ""
    ctx = whom.ctx
    if kept:  # the questions of another skill about the same message
        await conversations.close_about(ctx.session, kept)
    if not await interviews.begin_skill(services, ctx, skill, brief, kept=kept):
        await invoke(
            start_run, ctx, {"skill": skill, "brief": brief, "message_id": kept}
        )
    file = services.shelf.file(skill)
    # What was said of a file stays; a question has been answered.
    said, _, _ = delivery["payload"]["text"].rpartition("\n\n")
    told = said if kept and params.get("brief") else ""
    picked = file.title if file and not params.get("brief") else "All right"
    told = told or f"{picked}.{REMEMBERED if kept and is_taught(ctx) else ''}"
    await deliveries.show(ctx.session, delivery, Message(told))
    return ""


async def _whom(ctx: Ctx, params: Mapping[str, Any], brief: str) -> Reading:
    if "client_id" not in params:
        return await brands.read(ctx, brief)
    chosen = UUID(params["client_id"]) if params["client_id"] else None
    if chosen is not None:
        await ensure_in_use(ctx.session, chosen)
    return Reading(brands.for_client(ctx, chosen))


async def _with_client(ctx: Ctx) -> Ctx:
    if ctx.caller.conversation_id is None:
        return ctx
    standing = await conversations.standing(
        ctx.session, ctx.caller.conversation_id, ctx.caller.user_id
    )
    return replace(ctx, caller=replace(ctx.caller, client_id=standing.client_id))


async def _answer(
    services: Services,
    ctx: Ctx,
    delivery: RowMapping,
    button: Mapping[str, Any],
    op: AnyOperation,
) -> str:
    params = button["params"]
    dialog = await conversations.asked(
        ctx.session, UUID(params["dialog_id"]), ctx.caller.user_id
    )
    result = await invoke(op, ctx, params)
    chosen = params.get("text") or _PASSED.get(type(result), "")
    text = delivery["payload"]["text"]
    note = f"_{chosen}_" if chosen else ""
    await deliveries.show(ctx.session, delivery, Message(text, note=note))
    if isinstance(result, Left) or dialog is None:
        await reply(ctx, render.result(result))
    else:
        said = {dialog.step: params["text"]} if "text" in params else {}
        answers = {**dialog.answers, **said}
        go_on = filled.go_on if forms.is_one(dialog) else dialogs.go_on
        if isinstance(result, Finished):
            go_on = filled.finish
        await go_on(services, await _with_client(ctx), replace(dialog, answers=answers))
    return ""
