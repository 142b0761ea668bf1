"""Questions and their answers: the client form, reasons for a score; what follows.

A dialog is a row, so that it outlives this process and can be gone on with from another
door. Its buttons carry its id and step, never the text.
"""

from collections.abc import Mapping
from dataclasses import replace
from textwrap import shorten
from uuid import UUID

from pydantic import BaseModel

from agent.clients import brands, profile
from agent.clients.schemas import Chosen
from agent.ctx import Ctx
from agent.errors import AgentError
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.schemas import Choice, Message
from agent.memory import conversations
from agent.memory.operations import Interviewed, Retelling, answer, focus
from agent.memory.schemas import Dialog
from agent.operation import Effect
from agent.registry import AnyOperation
from agent.runs.errors import AlreadyDone
from agent.runs.operations import cancel_run
from agent.runs.output_operations import explain_score
from agent.runs.pause_schemas import Revising
from agent.runs.revise_operations import MOST, Revised, revise_output
from agent.runs.schemas import Explained
from bot import asides, inputs, interviews, moves, pauses, reasons, render
from bot.answers import reply
from bot.asides import Aside
from bot.interviews import ask_first
from bot.render import interviews as words
from bot.router import Route
from bot.services import Services
from bot.surfaces import chat

REVIEW_MINUTES = 15
LEFT = "All right, we leave it there."
ASKED_IN = "_asked_in"
"""Where the question for a reason keeps the message that asks it."""
ONLY = "_only"
"""Set where one part of a profile is told anew, and nothing else is asked."""


async def filled(
    services: Services, ctx: Ctx, dialog_id: UUID, answers: Mapping[str, str]
) -> bool:
    """Go on with all that a form brought; False when nobody asks that any more."""
    dialog = await conversations.asked(ctx.session, dialog_id, ctx.caller.user_id)
    if dialog is None:
        return False
    await go_on(services, ctx, inputs.filled(dialog, answers))
    return True


async def begin_client(ctx: Ctx, client_id: UUID, name: str, opening: str) -> None:
    """Ask the short interview about a brand; what is known already is not asked."""
    known = await brands.known(ctx.session, client_id)
    first = profile.next_question(known)
    if first is None:
        told = f"I know all I ask about **{render.name(name)}**. Thank you!"
        await reply(ctx, Message(told))
        return
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="form",
        step=first.field,
        answers={**known, "_name": name},
        subject_type="client",
        subject_id=client_id,
    )
    await ask_first(ctx, dialog, words.client_question(first, name, opening))


async def begin_retelling(ctx: Ctx, asked: Retelling) -> None:
    """Take the next message as one part of a profile."""
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="form",
        step=asked.field,
        answers={"_name": asked.name, ONLY: "1"},
        subject_type="client",
        subject_id=asked.client_id,
    )
    now = f"\n\nNow: {shorten(asked.now, 400, placeholder='…')}" if asked.now else ""
    text = f"**{render.name(asked.name)}**, {asked.label.lower()}: what is so?{now}"
    await ask_first(ctx, dialog, Message(text))


async def begin_review(
    ctx: Ctx, output_id: UUID, delivery_id: UUID | None = None
) -> None:
    """Take the next message as the reason for a low score, unless it asks for more.

    ``delivery_id``: the message under the piece that asks, and thanks for the reason.
    """
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="review",
        step="reason",
        answers={ASKED_IN: str(delivery_id)} if delivery_id else {},
        subject_type="output",
        subject_id=output_id,
    )
    await conversations.ask(ctx.session, ctx.caller, dialog, minutes=REVIEW_MINUTES)


async def end_review(ctx: Ctx) -> None:
    """Stop waiting for a reason: it was given, or the score is a good one now."""
    assert ctx.caller.conversation_id is not None  # noqa: S101 - a press has one
    standing = await conversations.standing(
        ctx.session, ctx.caller.conversation_id, ctx.caller.user_id
    )
    if standing.dialog is not None and standing.dialog.kind == "review":
        await conversations.close(ctx.session, standing.dialog.id, "completed")


def is_left(dialog: Dialog, text: str) -> bool:
    """Whether all that is said is to stop asking; a run's own question takes words."""
    if dialog.kind == "review" and reasons.is_left(text):
        return True
    call = chat.heard(text)
    return dialog.kind != "confirm" and call is not None and call.op is cancel_run


async def take(
    services: Services, ctx: Ctx, dialog: Dialog, text: str, route: Route
) -> bool:
    """Take a message as the answer to the open question; False when it is not one."""
    if dialog.kind == "confirm":
        return await pauses.take(ctx, dialog, text, route)
    if dialog.kind == "review":
        return await _reason(ctx, dialog, text, route)
    if dialog.kind == "interview":
        await interviews.take(services, ctx, dialog, text)
        return True
    return await _of_client(services, ctx, dialog, text)


async def go_on(services: Services, ctx: Ctx, dialog: Dialog) -> None:
    """Ask the next question, or do what follows when there is none left."""
    if dialog.kind == "form":
        await _next_of_client(ctx, dialog)
        return
    await interviews.go_on(services, ctx, dialog)


async def run(ctx: Ctx, op: AnyOperation, raw: Mapping[str, object]) -> None:
    """Do what a command asks, say so, and go on with what follows from it."""
    if op is cancel_run and not raw:
        open_here = await _open_here(ctx)
        if open_here is not None and open_here.kind == "confirm":
            raw = {"run_id": open_here.subject_id}  # the run that asks is meant
        elif open_here is not None:
            await conversations.close(ctx.session, open_here.id, "abandoned")
            await reply(ctx, Message(LEFT))
            return
    await follow(ctx, await invoke(op, ctx, raw))


async def follow(ctx: Ctx, result: BaseModel) -> None:
    """Say what an operation did; after some there is more to ask."""
    if moves.note(ctx, result) or isinstance(result, Revised):
        return  # it is told where the chat works now, or where the piece will be
    if isinstance(result, Chosen) and result.created:
        await invoke(focus, ctx, {"name": result.name})
        added = f"**{render.name(result.name)}** is added."
        opening = f"{added} A few questions: say skip, or that's all, at any time."
        await begin_client(ctx, result.client_id, result.name, opening)
    elif isinstance(result, Interviewed):
        await begin_client(ctx, result.client_id, result.name, "")
    elif isinstance(result, Retelling) and result.field:
        await begin_retelling(ctx, result)
    elif isinstance(result, Revising):
        await pauses.begin_revision(ctx, result)
    else:
        await reply(ctx, render.result(result))


async def _open_here(ctx: Ctx) -> Dialog | None:
    assert ctx.caller.conversation_id is not None  # noqa: S101 - ensured before
    standing = await conversations.standing(
        ctx.session, ctx.caller.conversation_id, ctx.caller.user_id
    )
    return standing.dialog


async def _reason(ctx: Ctx, dialog: Dialog, text: str, route: Route) -> bool:
    """Keep why the score is low, or change the piece; False where neither is said."""
    await conversations.close(ctx.session, dialog.id, "completed")
    told = reasons.told(text, route)
    about = {"output_id": dialog.subject_id}
    if told.is_reason:
        raw = {**about, "reason": text[:MOST]}
        explained = await invoke(explain_score, ctx, raw)
        await _settle(ctx, dialog, explained, is_thanked=not told.is_wish)
        if not told.is_wish:
            await reply(ctx, render.result(explained))
    if told.is_wish:
        wish = {**about, "instruction": text[:MOST]}
        await _revise(ctx, wish, is_kept=told.is_reason)
    return told.is_reason or told.is_wish


async def _revise(ctx: Ctx, wish: Mapping[str, object], *, is_kept: bool) -> None:
    """Ask for a new version; where it is refused, a reason that was kept stays."""
    try:
        async with ctx.session.begin_nested():
            await invoke(revise_output, ctx, wish)
    except AlreadyDone:
        raise
    except AgentError as refused:
        if not is_kept:
            raise
        await reply(ctx, render.refusal(refused))


async def _settle(
    ctx: Ctx, dialog: Dialog, explained: Explained, *, is_thanked: bool
) -> None:
    """Let the message that asked for a reason ask no more."""
    asked_in = dialog.answers.get(ASKED_IN)
    asked = asked_in and await deliveries.get(ctx.session, UUID(asked_in))
    if asked:
        payload = asked["payload"]
        settled = render.explained(explained, payload, is_thanked=is_thanked)
        await deliveries.show(ctx.session, asked, settled)


async def _of_client(services: Services, ctx: Ctx, dialog: Dialog, text: str) -> bool:
    call = chat.heard(text)
    if call is not None and call.op.effect is Effect.READ:
        return False  # "what did #12 cost?" is no fact about a brand
    heard = asides.heard(text, ())
    aside = heard.aside if heard else None
    is_skipped = aside is Aside.SKIP
    if aside is Aside.ENOUGH or (is_skipped and ONLY in dialog.answers):
        await conversations.close(ctx.session, dialog.id, "abandoned")
        await reply(ctx, Message(LEFT))
        return True
    said = "" if is_skipped else text
    raw = {"dialog_id": str(dialog.id), "step": dialog.step, "text": said}
    await invoke(answer, ctx, raw)
    answers = {**dialog.answers, dialog.step: said}
    await go_on(services, ctx, replace(dialog, answers=answers))
    return True


async def _next_of_client(ctx: Ctx, dialog: Dialog) -> None:
    assert dialog.subject_id is not None  # noqa: S101 - a client form is about one
    name = dialog.answers.get("_name", "")
    if ONLY in dialog.answers:
        await conversations.close(ctx.session, dialog.id, "completed")
        known = await brands.profile_of(ctx.session, dialog.subject_id)
        await reply(ctx, render.result(known))
        return
    following = profile.next_question(dialog.answers)
    if following is not None:
        await conversations.move(ctx.session, replace(dialog, step=following.field))
        message = words.client_question(following, name, "")
        await reply(ctx, words.with_ways_out(message, dialog.id, following.field))
        return
    await conversations.close(ctx.session, dialog.id, "completed")
    show = Choice("Show profile", "clients.show", {"name": name})
    done = f"Thank you. Everything I write for **{render.name(name)}** knows this now."
    await reply(ctx, Message(done, choices=(show,)))
