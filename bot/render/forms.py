"""What is said while a form is filled in, question by question."""

import re
from collections.abc import Callable
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.memory.operations import Finished, Unfilled
from agent.memory.resume_operations import Resumed
from bot.render.words import name
from channels.forms import Field, FieldKind, Form

CHANGED = "That form has changed meanwhile. Send the command again, please."
SENT = "Sent."
LATE = "The form could not be opened in time. The question above is still open."
NOW_HERE = "The form could not be opened in time, so I ask here."
HELD = 300
"""Characters shown of what stands in a field."""
YES = re.compile(
    r"(?:yes|yep|yeah|ok|okay|sure|save(?: it)?|show(?: it)?|do it|go ahead|ja|s\u00ed)"
    r"(?:,? please)?[\s.!]*",
    re.IGNORECASE,
)
CHANGE = re.compile(r"change(?: it| that| something)?[\s.!]*", re.IGNORECASE)
"""What people say to a form that stands there whole."""
SHORT = 2
"""Characters of a label of which many fit into a row."""
_HOW = {
    FieldKind.DATE: "A date, such as 2026-11-21.",
    FieldKind.NUMBER: "A number.",
    FieldKind.SECRET: (
        "Paste it here; I keep it sealed and show it to nobody. Where I can, I delete "
        "your message at once."
    ),
}


def opening(form: Form) -> str:
    """The line above a form on a page."""
    return f"**{form.title}**"


def question(form: Form, field: Field, number: int) -> Message:
    """One field as a question, with its choices as buttons."""
    of = len(form.fields)
    counted = f"({number} of {of}) {field.label}" if of > 1 else field.label
    hint = _HOW.get(field.kind, "")
    parts = (field.fault, f"**{counted}**", _ended(field.hint), hint, _held(field))
    return Message("\n\n".join(filter(None, parts)), choices=_choices(field))


def _ended(hint: str) -> str:
    return hint if not hint or hint[-1] in ".:?!" else f"{hint}."


def _held(field: Field) -> str:
    if not field.default or field.fault:
        return ""
    stands = dict(field.choices).get(field.default, field.default)
    return f"_Unless you say otherwise: {name(stands, HELD)}_"


def whole(form: Form, dialog_id: str, step: str) -> Message:
    """A form in which all stands already: as it would be sent, to be changed or not."""
    listed = "\n".join(
        f"- {one.label}: {name(dict(one.choices).get(one.default, one.default), HELD)}"
        for one in form.fields
        if one.default
    )
    ref = {"dialog_id": dialog_id}
    change = {**ref, "step": step, "text": "Change"}
    return Message(
        f"{opening(form)}\n\n{listed}\n\nShall I do it like this?",
        choices=(
            Choice(form.submit, "memory.finish", ref),
            Choice("Change", "memory.answer", change),
            Choice("Leave it", "memory.leave", ref),
        ),
    )


def _choices(field: Field) -> tuple[Choice, ...]:
    pairs = field.choices
    if field.kind is FieldKind.YES_NO:
        pairs = (("yes", "Yes"), ("no", "No"))
    # Numbers stand side by side, as on a scale.
    a_row = 8 if all(len(label) <= SHORT for _, label in pairs) else 3
    made = [
        Choice(label, "memory.answer", {"text": value}, row=at // a_row)
        for at, (value, label) in enumerate(pairs[:24])
    ]
    if not field.required:
        made.append(Choice("Skip", "memory.answer", {"text": ""}, row=9))
    elif field.default and not field.fault:
        made.append(Choice("Keep it", "memory.answer", {"text": ""}, row=9))
    return tuple(made)


WORDS: dict[type, Callable[[Any], Message]] = {
    Finished: lambda _: Message("All right, that will do."),
    Unfilled: lambda _: Message(LATE),
    Resumed: lambda _: Message("All right, let us go on."),
}
