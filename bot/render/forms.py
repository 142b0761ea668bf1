"""What is said while a form is filled in, question by question."""

from collections.abc import Callable
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.memory.operations import Finished, Unfilled
from agent.memory.resume_operations import Resumed
from channels.forms import Field, FieldKind, Form

CHANGED = "That form has changed meanwhile. Send the command again, please."
SENT = "Sent."
LATE = "The form could not be opened in time. The question above is still open."
NOW_HERE = "The form could not be opened in time, so I ask here."
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
    if field.required or not field.default or field.choices:
        return ""
    return f"_Unless you say otherwise: {field.default}_"


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
    return tuple(made)


WORDS: dict[type, Callable[[Any], Message]] = {
    Finished: lambda _: Message("All right, that will do."),
    Unfilled: lambda _: Message(LATE),
    Resumed: lambda _: Message("All right, let us go on."),
}
