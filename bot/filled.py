"""Forms that come back: checked, asked again where something is wrong, carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.errors import AgentError, BadInput, Forbidden, NeedsApproval
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.schemas import Choice, Message
from agent.memory import conversations
from agent.memory.resume_operations import resume
from agent.memory.schemas import Dialog
from agent.operation import Surface
from agent.registry import AnyOperation
from agent.runs.errors import AlreadyDone
from agent.runs.review_operations import read_feedback
from bot import cards, dialogs, interviews, privately, render, reviews, secrecy
from bot.answers import keep, reply
from bot.forms import (
    FORM,
    GIVEN,
    SURE,
    ask_for,
    begin,
    can_be_left,
    change,
    form_in,
    unwrapped,
    wrapped,
)
from bot.render import forms as words
from bot.services import Services
from bot.surfaces import forms
from channels.contract import Inbound
from channels.forms import SECRET, Field, FieldKind, Form


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person wrote to a question, or the key they pasted."""

    text: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class _Back:
    """A call that a form came back for."""

    services: Services
    op: AnyOperation
    raw: Mapping[str, object]
    shown: tuple[str, ...] = ()
    """The fields that were there."""
    delivery: RowMapping | None = None
    """The message of ours that shows the form, on a page."""

    @property
    def tellable(self) -> dict[str, object]:
        """What may be shown again: no secrets."""
        secrets = forms.secrets_of(self.op)
        return {name: one for name, one in self.raw.items() if name not in secrets}


async def run(
    services: Services, ctx: Ctx, op: AnyOperation, raw: Mapping[str, object]
) -> None:
    """Do what was asked for, once all that it needs is known."""
    if op is resume:
        await _resume(services, ctx)
        return
    if op is read_feedback:
        await reviews.begin(services, ctx, raw)
        return
    form = forms.wanted(op, raw)
    if form is not None:
        await begin(services, ctx, op, form)
    else:
        await dialogs.run(ctx, op, raw)


def can_ask(op: AnyOperation, raw: Mapping[str, object]) -> bool:
    """Whether what a call lacks can be asked for; else only its usage helps."""
    return (
        op is resume
        or not forms.faults_of(op, raw)
        or forms.wanted(op, raw) is not None
    )


async def take(services: Services, ctx: Ctx, dialog: Dialog, answer: Answer) -> bool:
    """Take a message as the answer to the open question; False when it is none."""
    if dialog.step == SURE:
        return await _sure(services, ctx, dialog, answer.text)
    await _take(services, ctx, dialog, answer)
    return True


async def _sure(services: Services, ctx: Ctx, dialog: Dialog, said: str) -> bool:
    """Whether it answers a form that stands there whole; else that may wait."""
    if words.YES.fullmatch(said.strip()):
        await finish(services, ctx, dialog)
    elif words.CHANGE.fullmatch(said.strip()):
        await change(ctx, dialog)
    else:
        return False
    return True


async def _take(services: Services, ctx: Ctx, dialog: Dialog, answer: Answer) -> None:
    field = _asked(form_in(dialog), dialog)
    if field is None:
        await _changed(ctx, dialog)
        return
    said = answer.secret or answer.text
    if field.kind is FieldKind.SECRET:
        said = wrapped(ctx, dialog.id, field, said)
    answers = {**dialog.answers, field.wire: said}
    await go_on(services, ctx, replace(dialog, answers=answers))


async def go_on(services: Services, ctx: Ctx, dialog: Dialog) -> None:
    """Ask what is still open, or do it when nothing is."""
    form, op = form_in(dialog), forms.op_of(dialog.answers[FORM])
    if op is None:
        await _changed(ctx, dialog)
        return
    if dialog.answers.get(SURE):
        await change(ctx, dialog)
        return
    filled = forms.read(op, dialog.answers.get(GIVEN, ""), _plain(ctx, dialog, form))
    asked, faulty = _asked(form, dialog), filled.faults.get(dialog.step, "")
    if asked and faulty and dialog.answers.get(asked.wire):
        await ask_for(ctx, dialog, form, replace(asked, fault=faulty))
        return
    left = [one for one in form.fields if _is_due(one, dialog)]
    if left:
        await ask_for(ctx, dialog, form, left[0])
        return
    missing = [one for one in form.fields if one.name in filled.faults]
    if missing:
        fault = filled.faults[missing[0].name]
        await ask_for(ctx, dialog, form, replace(missing[0], fault=fault))
        return
    await _end(ctx, dialog)
    await _carry_out(ctx, _Back(services, op, filled.raw))


async def finish(services: Services, ctx: Ctx, dialog: Dialog) -> None:
    """Do it with what was answered, and ask nothing more that can be left out."""
    rest = {
        one.wire: ""
        for one in form_in(dialog).fields
        if can_be_left(one) and one.wire not in dialog.answers
    }
    await go_on(services, ctx, replace(dialog, answers={**rest, **dialog.answers}))


async def submitted(services: Services, ctx: Ctx, inbound: Inbound) -> None:
    """Take a form that came back whole, from a window or from the page."""
    shown = await _delivery(ctx, inbound)
    form = shown["payload"].get("form") if shown else None
    name, given = inbound.pressed, inbound.extra.get("given", "")
    if form is not None:
        name, given = form["name"], form["given"]
    op = forms.op_of(name)
    if op is None or not op.on & {Surface.CHAT, Surface.BUTTON}:
        await reply(ctx, Message(words.CHANGED))
        return
    ctx = await privately.theirs(ctx, op)
    answers = {**inbound.answers, **secrecy.opened(inbound, services.key)}
    filled = forms.read(op, given, answers)
    back = _Back(services, op, filled.raw, tuple(map(_bare, answers)), shown)
    ctx = await _kept(ctx, back, inbound.answers)
    if filled.faults:
        await _once_more(ctx, back, filled.faults)
    elif await _carry_out(ctx, back) and shown is not None:
        done = Message(shown["payload"]["text"], note=words.SENT)
        await deliveries.show(ctx.session, shown, done)


def _bare(wire: str) -> str:
    return wire.removeprefix(SECRET)


async def _changed(ctx: Ctx, dialog: Dialog) -> None:
    await conversations.close(ctx.session, dialog.id, "abandoned")
    await reply(ctx, Message(words.CHANGED))


async def _resume(services: Services, ctx: Ctx) -> None:
    found = await invoke(resume, ctx, {})
    if found.skill_id is not None and await interviews.resumed(services, ctx, found):
        return
    op = forms.op_of(found.form)
    if op is None:
        await reply(ctx, Message(words.CHANGED))
        return
    filled = forms.read(op, found.given, found.answers)
    form = forms.form_of(op, filled.raw, filled.faults)
    if form is None:
        await reply(ctx, Message(words.CHANGED))
        return
    await begin(services, ctx, op, form)


async def _end(ctx: Ctx, dialog: Dialog) -> None:
    # What was sealed for the way serves nobody any more.
    kept = {k: v for k, v in dialog.answers.items() if not k.startswith(SECRET)}
    await conversations.move(ctx.session, replace(dialog, answers=kept))
    await conversations.close(ctx.session, dialog.id, "completed")


async def _carry_out(ctx: Ctx, back: _Back) -> bool:
    """Make the call; what it refuses is asked again, or said. True when it was made."""
    try:
        async with ctx.session.begin_nested():
            await dialogs.run(ctx, back.op, back.raw)
    except AlreadyDone:
        raise
    except NeedsApproval as needs:
        await cards.ask(ctx, needs)
    except AgentError as refused:
        await _refused(ctx, back, refused)
        return False
    return True


async def _refused(ctx: Ctx, back: _Back, refused: AgentError) -> None:
    field = refused.field if isinstance(refused, BadInput) else ""
    if field in back.op.params.model_fields:
        await _once_more(ctx, back, {field: refused.said})
        return
    again = Choice("Try again", back.op.name, back.tellable, ask=True)
    can_press = Surface.BUTTON in back.op.on and not isinstance(refused, Forbidden)
    message = render.refusal(refused)
    choices = (*message.choices, *((again,) if can_press else ()))
    await reply(ctx, replace(message, choices=choices))


async def _once_more(ctx: Ctx, back: _Back, faults: Mapping[str, str]) -> None:
    """Show the form again, with what was wrong beside it; secrets are typed anew."""
    secrets = forms.secrets_of(back.op)
    lacking = {**dict.fromkeys(secrets, ""), **faults}
    form = forms.form_of(back.op, back.tellable, lacking, back.shown)
    if form is None:
        raise BadInput("That form cannot be read.", hint="Send the command again.")
    fields = (replace(one, fault=faults.get(one.name, "")) for one in form.fields)
    form = replace(form, fields=tuple(fields))
    if back.delivery is None:
        await begin(back.services, ctx, back.op, form)
    else:
        message = Message(back.delivery["payload"]["text"], form=form.to_json())
        await deliveries.show(ctx.session, back.delivery, message)


async def _kept(ctx: Ctx, back: _Back, answers: Mapping[str, str]) -> Ctx:
    assert ctx.origin is not None  # noqa: S101 - a form was sent from somewhere
    form = forms.form_of(back.op, back.tellable, {}, back.shown)
    told = forms.told(form, answers) if form else ""
    placed = replace(ctx, origin=replace(ctx.origin, text=told))
    await keep(placed)
    return placed


async def _delivery(ctx: Ctx, inbound: Inbound) -> RowMapping | None:
    try:
        ref = UUID(inbound.pressed)
    except ValueError:
        return None
    return await deliveries.get(ctx.session, ref)


def _is_due(one: Field, dialog: Dialog) -> bool:
    if one.wire in dialog.answers:
        return False
    return not one.after or bool(dialog.answers.get(one.after, "").strip())


def _asked(form: Form, dialog: Dialog) -> Field | None:
    return next((one for one in form.fields if one.name == dialog.step), None)


def _plain(ctx: Ctx, dialog: Dialog, form: Form) -> dict[str, str]:
    answers = {}
    for one in form.fields:
        said = dialog.answers.get(one.wire, dialog.answers.get(one.name, ""))
        if one.kind is FieldKind.SECRET and said:
            said = unwrapped(ctx, dialog.id, one, said)
        answers[one.wire] = said
    return answers
