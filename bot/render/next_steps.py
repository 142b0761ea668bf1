"""What stands below a finished piece: change it, go on from it, have it as a file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from agent.mailroom.schemas import Choice, Message, StoredFile
from agent.runs.export_operations import Exported
from agent.runs.next_operations import HandedOver, NextSteps

CHANGING, GOING_ON, FILES = 7, 8, 9
"""Rows, below the scores and what is asked about them."""

MOST = 3
"""Skills that are offered at once."""

ROOM = 38
"""Letters that the buttons of one row show on a telephone."""

AS_FILE, MORE = "As a file", "More"

Related = Sequence[tuple[str, str]]
"""Names of skills and their labels, best first."""


def below(output_id: UUID, related: Related = ()) -> tuple[Choice, ...]:
    """Two rows: changing the piece, and going on from it.

    Who wants what does not fit here asks for more, and has files there, too.
    """
    ref = {"output_id": str(output_id)}
    fitting = _fitting(related)
    label = AS_FILE if len(fitting) == len(related[:MOST]) else MORE
    return (
        *changing(output_id),
        *(_going_on(ref, *one) for one in fitting),
        Choice(label, "runs.next_steps", ref, row=GOING_ON),
    )


def changing(output_id: UUID) -> tuple[Choice, ...]:
    """To have the piece changed."""
    ref = {"output_id": str(output_id)}
    said = ("Shorter", "shorter"), ("Another take", "another take")
    return (
        Choice("Revise", "runs.revise_output", ref, row=CHANGING),
        *(
            Choice(
                label, "runs.revise_output", {**ref, "instruction": wish}, row=CHANGING
            )
            for label, wish in said
        ),
    )


def opened(value: NextSteps, shown: Mapping[str, Any]) -> Message:
    """The message again, with all that can be done with its piece."""
    ref = {"output_id": str(value.output_id)}
    keep = [one for one in kept(shown) if one.operation != "runs.next_steps"]
    there = [dict(one.params) for one in keep]
    skills = (_going_on(ref, one.name, one.label) for one in value.skills)
    files = (
        Choice(one.label, "runs.export", {**ref, "format": one.value}, row=FILES)
        for one in value.formats
    )
    more = [one for one in (*skills, *files) if dict(one.params) not in there]
    return Message(
        shown["text"], choices=(*keep, *more), note=str(shown.get("note", ""))
    )


def without(shown: Mapping[str, Any], pressed: Mapping[str, Any]) -> Message:
    """The message again, without a button that has done its work."""
    rest = [one for one in kept(shown) if dict(one.params) != pressed["params"]]
    return Message(shown["text"], choices=tuple(rest), note=str(shown.get("note", "")))


def standing(shown: Mapping[str, Any]) -> list[Choice]:
    """What stands below a piece, also where it made room for a question meanwhile."""
    hidden = [
        _choice(one)
        for one in shown.get("buttons", ())
        if one["row"] == GOING_ON and not one.get("shown", True)
    ]
    return [*kept(shown, CHANGING, GOING_ON), *hidden, *kept(shown, FILES)]


def kept(shown: Mapping[str, Any], *rows: int) -> list[Choice]:
    """The buttons that a message shows: all of them, or those in these rows."""
    return [
        _choice(one)
        for one in shown.get("buttons", ())
        if one.get("shown", True) and (not rows or one["row"] in rows)
    ]


def exported(value: Exported) -> Message:
    """A piece as a file."""
    file = StoredFile(
        value.file_name, value.media_type, value.storage_key, value.size_bytes
    )
    return Message(f"**{value.title}**, as {_ARTICLES[value.format]}.", files=(file,))


def handed(value: HandedOver) -> Message:
    """A skill works on a piece."""
    return Message(f"On it. This is run #{value.number}.")


def listed(value: NextSteps) -> Message:
    """What can be done with a piece, where there is no message of it to show it in."""
    bare = {"text": "What shall I do with it?", "note": "", "buttons": []}
    return opened(value, bare)


_ARTICLES = {
    "docx": "a Word document",
    "html": "a web page",
    "markdown": "Markdown",
    "csv": "CSV",
    "json": "JSON",
}

WORDS: dict[type, Callable[[Any], Message]] = {
    Exported: exported,
    HandedOver: handed,
    NextSteps: listed,
}


def _choice(button: Mapping[str, Any]) -> Choice:
    return Choice(
        label=button["label"],
        operation=button["operation"],
        params=button["params"],
        row=button["row"],
        ask=button.get("ask", False),
        alone=button.get("alone", False),
    )


def _fitting(related: Related) -> Related:
    """As many as stand in one row with the button behind them."""
    room = ROOM - len(AS_FILE)
    fitting = []
    for name, label in related[:MOST]:
        room -= len(label)
        if room < 0:
            break
        fitting.append((name, label))
    return fitting


def _going_on(ref: Mapping[str, str], name: str, label: str) -> Choice:
    return Choice(label, "runs.hand_over", {**ref, "skill": name}, row=GOING_ON)
