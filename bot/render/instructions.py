"""Standing instructions, in words."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agent.catalog.instruction_operations import (
    Forgotten,
    Instructed,
    InstructionLine,
    Instructions,
)
from agent.mailroom.schemas import Choice, Message
from agent.runs.rulings import Outcome, Ruling
from bot.render.words import brief

HELD = {
    Outcome.KEPT: "Kept",
    Outcome.BROKEN: "Not kept",
    Outcome.UNKNOWN: "Not checked",
}
RULE, NOTE = 60, 220
"""Characters of a rule in a note, and of such a note: it shares a message's end."""
SHOWN = 4
"""Instructions of a list that have a button."""
SEE = Choice("All instructions", "catalog.instructions")


def kept(rulings: Iterable[Ruling]) -> str:
    """What stands under a piece about the instructions it was checked against."""
    found: dict[Outcome, list[Ruling]] = {outcome: [] for outcome in Outcome}
    for ruling in rulings:
        found[ruling.outcome].append(ruling)
    lines = [
        f"{word}: {'; '.join(map(_named, found[outcome]))}."
        for outcome, word in HELD.items()
        if found[outcome]
    ]
    return brief(" ".join(lines), NOTE)


def _named(ruling: Ruling) -> str:
    said = brief(ruling.rule[:1].lower() + ruling.rule[1:], RULE)
    is_open = ruling.outcome is Outcome.UNKNOWN and ruling.why
    return f"{said} ({ruling.why})" if is_open else said


def _instructed(value: Instructed) -> Message:
    whom = "your team" if value.is_team else "you"
    said = []
    if value.lines:
        said.append(
            f"Noted, for everything I write for {whom}:\n\n{_listed(value.lines)}\n\n"
            "I check each piece against it, and tell you what I could not keep."
        )
    if value.language:
        said.append(f"From now on I write in {value.language}.")
    if value.known:
        said.append(f"This stood already: {'; '.join(value.known)}.")
    return Message("\n\n".join(said), choices=(SEE,))


def _instructions(value: Instructions) -> Message:
    parts = []
    if value.mine:
        parts.append(f"Your standing instructions:\n\n{_listed(value.mine)}")
    if value.team:
        parts.append(f"Your team's:\n\n{_listed(value.team)}")
    if value.language:
        parts.append(f"I write in {value.language}.")
    if not parts:
        return Message(
            "No standing instructions yet. Tell me one, for example: never use emojis"
        )
    if value.mine or value.team:
        first = (*value.mine, *value.team)[0].label
        parts.append(f"`/forget {first}` drops one.")
    return Message("\n\n".join(parts), choices=tuple(map(_drop, value.mine[:SHOWN])))


def _forgotten(value: Forgotten) -> Message:
    return Message(f"Dropped: {value.statement}.", choices=(SEE,))


def _drop(line: InstructionLine) -> Choice:
    params = {"number": line.label}
    return Choice(f"Forget {line.label}", "catalog.forget_instruction", params)


def _listed(lines: Sequence[InstructionLine]) -> str:
    return "\n".join(f"- **{line.label}** {line.statement}" for line in lines)


WORDS: dict[type, Callable[[Any], Message]] = {
    Forgotten: _forgotten,
    Instructed: _instructed,
    Instructions: _instructions,
}
