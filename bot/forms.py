"""Asking for what an operation needs: in a window, on the page, or one by one.

Windows (Slack) and pages (the web) bring all answers back at once and need no memory of
ours. Elsewhere a dialog asks for one field after the other; it is a row, and goes on
after a restart, or with /continue in another chat. ``bot.filled`` takes the answers.
"""

import base64
import json
from dataclasses import replace
from uuid import UUID

from agent import earshot
from agent.ctx import Ctx
from agent.errors import Forbidden
from agent.gate import may
from agent.mailroom.schemas import Choice, Message
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.registry import AnyOperation
from agent.vault.keys import CannotOpen
from bot import privately
from bot.answers import reply
from bot.render import forms as words
from bot.services import Services
from bot.surfaces import forms
from channels.contract import ChannelName, Outgoing
from channels.forms import Field, FieldKind, Form, OpensForms

SUBJECT = "operation"
"""``dialogs.subject_type`` of a form that fills in a call."""
MINUTES = 24 * 60
FORM, GIVEN, FIELDS = "_form", "_given", "_fields"
"""Under which a dialog keeps what it fills in, what was known, and what it asks."""
SURE = "_sure"
"""The step of a form in which all stands already: is it to be sent like that?"""


def is_one(dialog: Dialog) -> bool:
    """Whether this question fills in a call."""
    return dialog.subject_type == SUBJECT


def asks_secret(dialog: Dialog) -> bool:
    """Whether the next message is a secret, whatever it looks like."""
    return is_one(dialog) and any(
        one.kind is FieldKind.SECRET and one.name == dialog.step
        for one in form_in(dialog).fields
    )


async def begin(services: Services, ctx: Ctx, op: AnyOperation, form: Form) -> None:
    """Ask for what a call needs, as this door does it best.

    Raises:
        Forbidden: The call is not theirs to make, or it needs a key and others read on.
    """
    if not may(ctx.caller, op):
        raise Forbidden(
            f"That needs the {op.role.name.lower()} role.",
            hint="Ask an owner of this workspace.",
        )
    if await _in_window(services, ctx, form):
        return
    assert ctx.origin is not None  # noqa: S101 - asked for in a chat
    if ctx.origin.channel == ChannelName.WEB.value:
        await reply(ctx, Message(words.opening(form), form=form.to_json()))
        return
    await _ensure_private(ctx, form)
    if privately.is_only(ctx.origin):
        await reply(ctx, Message(privately.FORM))
    else:
        await _ask(ctx, form, is_late=_was_due(services, ctx))


async def _ensure_private(ctx: Ctx, form: Form) -> None:
    asks_for_one = any(one.kind is FieldKind.SECRET for one in form.fields)
    if asks_for_one and not await earshot.is_private(ctx):
        raise Forbidden(
            "A key is nothing for a group: all could read it.",
            hint="Write to me in private, and send the command there.",
        )


async def _in_window(services: Services, ctx: Ctx, form: Form) -> bool:
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - asked for in a chat
    door: object = services.channels.get(origin.channel)
    if not isinstance(door, OpensForms):
        return False
    at = Outgoing(
        origin.account, origin.chat, "", thread=origin.thread, extra=origin.extra
    )
    return await door.open_form(form, at)


def _was_due(services: Services, ctx: Ctx) -> bool:
    """Whether a window was to open, and was refused."""
    assert ctx.origin is not None  # noqa: S101 - asked for in a chat
    door: object = services.channels.get(ctx.origin.channel)
    return isinstance(door, OpensForms) and "trigger_id" in ctx.origin.extra


async def _ask(ctx: Ctx, form: Form, *, is_late: bool = False) -> None:
    known = _known(form)
    first = next((one for one in form.fields if one.wire not in known), None)
    names = ",".join(one.name for one in form.fields)
    about = {FORM: form.name, GIVEN: _standing(form), FIELDS: names}
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="form",
        step=first.name if first else SURE,
        answers={**about, **known},
        subject_type=SUBJECT,
    )
    opened = await conversations.ask(ctx.session, ctx.caller, dialog, minutes=MINUTES)
    opening = words.NOW_HERE if is_late else ""
    if first is not None:
        await _question(ctx, opened, form, first, opening)
    else:
        await _show(ctx, opened, form, opening)


def _standing(form: Form) -> str:
    """What the call is made with where a question is skipped."""
    stands = {
        one.name: one.default
        for one in form.fields
        if one.default and not one.fault and one.kind is not FieldKind.SECRET
    }
    given: dict[str, object] = json.loads(form.given or "{}") | stands
    return json.dumps(given) if given else ""


def _known(form: Form) -> dict[str, str]:
    """What need not be asked: what was given, or all but what was wrong."""
    is_again = any(one.fault for one in form.fields)
    return {
        one.wire: one.default
        for one in form.fields
        if one.kind is not FieldKind.SECRET
        and not one.fault
        and (is_again or (one.required and one.default))
    }


async def ask_for(ctx: Ctx, dialog: Dialog, form: Form, field: Field) -> None:
    """Ask for one field of a form that stands open."""
    answers = {k: v for k, v in dialog.answers.items() if k != field.wire}
    moved = replace(dialog, step=field.name, answers=answers)
    await conversations.move(ctx.session, moved)
    await _question(ctx, dialog.id, form, field)


async def change(ctx: Ctx, dialog: Dialog) -> None:
    """Ask for all fields of a form, one by one, with what stands there."""
    form = form_in(dialog)
    about = {name: dialog.answers.get(name, "") for name in (FORM, GIVEN, FIELDS)}
    await ask_for(ctx, replace(dialog, answers=about), form, form.fields[0])


async def _show(ctx: Ctx, dialog_id: UUID, form: Form, opening: str) -> None:
    message = words.whole(form, str(dialog_id), SURE)
    text = "\n\n".join(filter(None, (opening, message.text)))
    await reply(ctx, replace(message, text=text))


async def _question(
    ctx: Ctx, dialog_id: UUID, form: Form, field: Field, opening: str = ""
) -> None:
    at = [one.name for one in form.fields].index(field.name)
    message = words.question(form, field, at + 1)
    text = "\n\n".join(filter(None, (opening, message.text)))
    ref = {"dialog_id": str(dialog_id)}
    choices = [
        replace(one, params={**one.params, **ref, "step": field.name})
        for one in message.choices
    ]
    if _may_end(form, at):
        choices.append(Choice("Done", "memory.finish", ref, row=9))
    choices.append(Choice("Leave it", "memory.leave", ref, row=9))
    await reply(ctx, replace(message, text=text, choices=tuple(choices)))


def _may_end(form: Form, at: int) -> bool:
    """Whether all that is still to be asked can be left out at once."""
    left = form.fields[at:]
    return len(left) > 1 and all(can_be_left(one) for one in left)


def can_be_left(field: Field) -> bool:
    """Whether a field needs no answer."""
    return not field.required or bool(field.default)


def form_in(dialog: Dialog) -> Form:
    """The form that a dialog asks its way through."""
    op = forms.op_of(dialog.answers.get(FORM, ""))
    raw = json.loads(dialog.answers.get(GIVEN) or "{}")
    also = dialog.answers.get(FIELDS, "").split(",")
    found = forms.form_of(op, raw, {}, also) if op else None
    return found or Form(dialog.answers.get(FORM, ""), "", ())


def wrapped(ctx: Ctx, dialog_id: UUID, field: Field, secret: str) -> str:
    """A secret answer, sealed for its way through the dialog."""
    sealed = ctx.at_home.key.wrap(secret.encode(), _bound(dialog_id, field))
    return base64.b64encode(sealed).decode()


def unwrapped(ctx: Ctx, dialog_id: UUID, field: Field, sealed: str) -> str:
    """The secret answer; empty when it does not open."""
    try:
        plain = ctx.at_home.key.unwrap(
            base64.b64decode(sealed), _bound(dialog_id, field)
        )
    except (CannotOpen, ValueError):
        return ""
    return plain.decode()


def _bound(dialog_id: UUID, field: Field) -> bytes:
    return f"dialogs|{dialog_id}|{field.name}".encode()
