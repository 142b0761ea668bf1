"""Why a skill was chosen, and what choices have taught, in words."""

import re
from collections.abc import Callable
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.runs.label_operations import AllTaught, Candidate, Forgotten, Taught, Why
from bot.render.words import brief, name

SHOWN = 120
"""Characters shown of a message."""
OTHERS = 3
"""Of the skills that were thought of, so many are offered."""
FEW = 8
"""Choices of one list that have a button."""

LEAST = 0.03
"""A share below it is no second thought."""

_CLAIM = re.compile(
    r'^(?P<not>not asked for: )?(?:phrase|hint|hand-off from \S+) "(?P<words>.+)" of '
    r"(?P<skill>\S+) [\d.]+:1"
)
_HOW = {
    "press": "You chose it.",
    "command": "Your command named it.",
    "asked": "I was not sure and asked.",
    "model": "The words alone did not tell, so I asked a fast model.",
    "none": "No skill fitted, so I answered plainly.",
}


def _why(value: Why) -> Message:
    run = f"run #{value.number}" if value.number else "what I ask you about now"
    what = f"**{name(value.title)}** for {run}"
    lines = [f"{what}: {_quoted(value.text)}" if value.text else f"{what}."]
    if how := _HOW.get(value.method):
        lines.append(how)
    if said := _said(value):
        lines.append("\n".join(f"- {reason}" for reason in said))
    if not value.method:
        lines.append("It was asked for directly, so nothing had to be guessed.")
    others = [one for one in value.candidates if _counts(one)][:OTHERS]
    if others:
        named = ", ".join(f"{one.title}{_share(one.score)}" for one in others)
        lines.append(f"I also thought of {named}.")
    choices = (
        Choice(
            f"Do it as {one.title}",
            "runs.start",
            {"skill": one.skill, "message_id": str(value.message_id)},
            row=at,
        )
        for at, one in enumerate(others)
        if value.message_id
    )
    return Message("\n\n".join(lines), choices=tuple(choices))


def _said(value: Why) -> list[str]:
    """What spoke for the skill, then against it, without the odds it was given."""
    mine: list[str] = []
    against: list[str] = []
    titles = {one.skill: one.title for one in value.candidates}
    for reason in value.reasons:
        found = _CLAIM.match(reason)
        if found is None:
            mine.append(reason)
        elif found["not"]:
            mine.append(f"you said not to: \u201c{name(found['words'])}\u201d")
        elif found["skill"] == value.skill:
            mine.append(f"you wrote \u201c{name(found['words'])}\u201d")
        elif title := titles.get(found["skill"]):
            words = name(found["words"])
            against.append(f"\u201c{words}\u201d alone could mean {title}, too")
    return list(dict.fromkeys([*mine[:4], *against[:2]]))


def _counts(one: Candidate) -> bool:
    return one.skill != "assistant" and (one.score is None or one.score >= LEAST)


def _taught(value: AllTaught) -> Message:
    if not value.lines:
        return Message(
            "Nothing yet. When I ask which skill you mean and you choose one, I "
            "remember it for messages like that."
        )
    lines = [
        f"{at}. {_quoted(line.text)} is for **{name(line.title)}**"
        for at, line in enumerate(value.lines, 1)
    ]
    choices = [
        _forget(line, f"Forget {at}", row=(at - 1) // 4)
        for at, line in enumerate(value.lines[:FEW], 1)
    ]
    if value.next_cursor:
        more = {"cursor": value.next_cursor}
        choices.append(Choice("Older ones", "runs.labels", more, row=2))
    head = "Your choices taught me this. Messages like these go there:"
    return Message("\n".join([head, "", *lines]), choices=tuple(choices))


def _forget(line: Taught, label: str, row: int) -> Choice:
    return Choice(label, "runs.forget_label", {"label_id": str(line.label_id)}, row=row)


def _forgotten(value: Forgotten) -> Message:
    return Message(
        f"Forgotten. {_quoted(value.text)} is judged by its words alone again."
    )


def _quoted(text: str) -> str:
    return f"\u201c{name(brief(text, SHOWN))}\u201d"


def _share(score: float | None) -> str:
    return f" ({score:.0%})" if score else ""


WORDS: dict[type, Callable[[Any], Message]] = {
    Why: _why,
    AllTaught: _taught,
    Forgotten: _forgotten,
}
