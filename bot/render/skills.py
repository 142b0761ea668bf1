"""Skills, in words: the catalogue, one of them, and those that people make."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from agent.catalog.imports import Brought
from agent.catalog.loaded_operations import Loaded
from agent.catalog.scan import Finding, Verdict
from agent.catalog.skill_schemas import (
    SkillCard,
    SkillDropped,
    SkillLine,
    SkillList,
    SkillRenamed,
    SkillSaved,
    Switched,
)
from agent.mailroom.schemas import Choice, Message
from agent.runs.own_skill_operations import Drafted
from bot.render.words import brief, name

LINE, LONG_LINE = 70, 200
"""Characters about a skill in the whole list, and in that of a category."""
SHORTEST = 15
BUTTONS = 10
LATEST = 15
SHOWN = 6
"""Findings of each kind."""
ENOUGH = 12
"""Skills from which on categories have buttons."""


def _skills(value: SkillList) -> Message:
    groups: dict[str, list[SkillLine]] = {}
    for line in value.lines:
        groups.setdefault(line.category, []).append(line)
    longest = LONG_LINE if value.category else LINE
    listed = "\n\n".join(
        f"**{category.capitalize()}**\n\n"
        + "\n".join(_line(line, longest) for line in lines)
        for category, lines in groups.items()
    )
    parts = [f"What I can write:\n\n{listed}" if listed else "All skills are off here."]
    if value.off:
        parts.append(f"Off here: {', '.join(value.off)}.")
    if value.problems:
        told = "\n".join(f"- `{problem}`" for problem in value.problems[:5])
        parts.append(f"Could not be read, their last good version serves:\n\n{told}")
    parts.append("Just say what you need.")
    return Message("\n\n".join(parts), choices=_choices(value, list(groups)))


def _loaded(value: Loaded) -> Message:
    if not value.lines:
        return Message("No version of that is here. `/skills` lists what there is.")
    lines = []
    for one in value.lines[:LATEST]:
        state = "" if one.is_current else f", {one.status}"
        told = f": {brief(one.changelog, 120)}" if one.changelog else ""
        lines.append(
            f"- **{one.name} {one.version}**, {one.at:%d %b %H:%M}{state}{told}"
        )
    return Message("Loaded lately:\n\n" + "\n".join(lines))


def _line(line: SkillLine, longest: int) -> str:
    marks = [word for word, is_so in _marks(line) if is_so]
    marked = f" _{', '.join(marks)}_" if marks else ""
    told = _gist(line.description, longest)
    return f"- **{name(line.title)}** (`/{line.name}`){marked}: {told}"


def _gist(description: str, longest: int) -> str:
    """What a skill does, in a sentence; a long one ends where its details begin."""
    first, _, _ = description.partition(". ")
    first = first.rstrip(".")
    if len(first) > longest:
        head = re.split("[:;]", first, maxsplit=1)[0]
        first = head if len(head) >= SHORTEST else first
    return f"{first}." if len(first) <= longest else brief(first, longest)


def _marks(line: SkillLine) -> tuple[tuple[str, bool], ...]:
    return ("yours", line.is_own), ("beta", line.is_beta)


def _choices(value: SkillList, categories: list[str]) -> tuple[Choice, ...]:
    if value.category:
        shown = [
            Choice(line.title, "catalog.skill", {"name": line.name})
            for line in value.lines[: BUTTONS - 1]
        ]
        return (*shown, Choice("All skills", "catalog.skills"))
    if len(value.lines) < ENOUGH:
        return ()
    return tuple(
        Choice(category.capitalize(), "catalog.skills", {"category": category})
        for category in categories
    )


def _card(value: SkillCard) -> Message:
    state = "" if value.is_on else ", off here" if value.version else ", not saved yet"
    marks = "yours, " if value.is_own else "beta, " if value.is_beta else ""
    about = f"{marks}{value.category}, version {value.version or 'none'}{state}"
    parts = [f"**{name(value.title)}** (`/{value.name}`): {about}", value.description]
    if value.asks:
        asked = "\n".join(f"- {brief(question, 120)}" for question in value.asks)
        parts.append(f"When the brief is thin, it asks:\n\n{asked}")
    facts = []
    if value.rules:
        facts.append(f"Its work is checked against {value.rules} rules.")
    if value.mean is not None:
        facts.append(f"People gave it {value.mean:.1f} of 5 ({value.n} scores).")
    if value.calls:
        said = ", ".join(f'"{call}"' for call in value.calls)
        facts.append(f"Say for example: {said}.")
    if facts:
        parts.append(" ".join(facts))
    return Message("\n\n".join(parts), choices=tuple(_of_card(value)))


def _of_card(value: SkillCard) -> list[Choice]:
    ref = {"name": value.name}
    if not value.may_change:
        return []
    if not value.version:
        return _of_draft(value.name, value.wish)
    found = [
        Choice("Turn off", "catalog.skill_off", ref)
        if value.is_on
        else Choice("Turn on", "catalog.skill_on", ref)
    ]
    if value.is_own and value.wish:
        given = {**ref, **value.wish}
        found.append(Choice("Change", "runs.change_skill", given, ask=True))
    if value.is_own:
        found.append(Choice("Delete", "catalog.delete_skill", ref))
    return found


def _drafted(value: Drafted) -> Message:
    parts = [f"**{name(value.title)}**, as I understood it:", _quoted(value.delivers)]
    if value.asks:
        asked = "\n".join(f"- {brief(question, 120)}" for question in value.asks)
        parts.append(f"It asks when the brief is thin:\n\n{asked}")
    if value.rules:
        kept = "\n".join(f"- {brief(rule, 160)}" for rule in value.rules)
        parts.append(f"Its work is checked against:\n\n{kept}")
    said = ", ".join(f'"{call}"' for call in value.calls[:6])
    parts.append(f"You will call it with: {said}.")
    parts.append(
        f'Above I try it on "{brief(value.brief, 120)}" (run #{value.number}).'
    )
    return Message("\n\n".join(parts), choices=tuple(_of_draft(value.name, value.wish)))


def _quoted(said: str) -> str:
    """What somebody wrote, quoted line by line."""
    lines = said.strip().splitlines()[:12]
    return "\n".join(f"> {brief(line, 300)}" if line.strip() else ">" for line in lines)


def _of_draft(called: str, wish: dict[str, Any]) -> list[Choice]:
    ref = {"name": called}
    return [
        Choice("Save", "catalog.save_skill", ref),
        Choice("Change", "runs.change_skill", {**ref, **wish}, ask=True),
        Choice("Drop", "catalog.drop_skill", ref),
    ]


def imported(it: Brought) -> Message:
    """What was found in a skill from elsewhere, before it is turned on."""
    bad = [one for one in it.findings if one.verdict is Verdict.BAD]
    warned = [one for one in it.findings if one.verdict is Verdict.WARN]
    noted = [one for one in it.findings if one.verdict is Verdict.NOTE]
    parts = [
        f"Import this skill? It would be `/{it.name}`. It is off until you say so."
    ]
    if bad:
        parts.append(f"**No honest skill needs this:**\n\n{_found(bad)}")
    if warned:
        parts.append(f"To look at:\n\n{_found(warned)}")
    if noted:
        parts.append(f"Left out or changed:\n\n{_found(noted)}")
    if not it.findings:
        parts.append("I found nothing odd in it. Nothing of it is ever run.")
    ref = {"name": it.name}
    label = "Turn on anyway" if bad else "Turn on"
    return Message(
        "\n\n".join(parts),
        choices=(
            Choice(label, "catalog.save_skill", ref),
            Choice("Drop", "catalog.drop_skill", ref),
        ),
    )


def _found(findings: Sequence[Finding]) -> str:
    lines = [
        f"- `{one.path}`: {name(brief(one.detail, 160))}" for one in findings[:SHOWN]
    ]
    if left := len(findings) - SHOWN:
        lines += [f"- and {left} more"] if left > 0 else []
    return "\n".join(lines)


def _saved(value: SkillSaved) -> Message:
    said = f' or say "{value.calls[0]} ..."' if value.calls else ""
    return Message(
        f"Saved: **{name(value.title)}** {value.version}. "
        f"Type `/{value.name}`{said}; your whole team can.",
        choices=(Choice("Show it", "catalog.skill", {"name": value.name}),),
    )


def _dropped(value: SkillDropped) -> Message:
    if value.is_whole:
        return Message(f"{value.name} is gone.")
    return Message(f"Dropped. {value.name} stays as it was.")


def _switched(value: Switched) -> Message:
    title = name(value.title)
    back = "catalog.skill_off" if value.is_on else "catalog.skill_on"
    label = "Turn off" if value.is_on else "Turn on again"
    told = "on again" if value.is_on else "off in this workspace"
    return Message(
        f"**{title}**: {told}.", choices=(Choice(label, back, {"name": value.name}),)
    )


def off(called: str) -> Message:
    """What is said of a skill that the workspace does without."""
    return Message(
        f"{called} is off in this workspace. An admin can turn it on again.",
        choices=(Choice("Turn on again", "catalog.skill_on", {"name": called}),),
    )


def _renamed(value: SkillRenamed) -> Message:
    return Message(
        f"{value.was} is called {value.name} now.",
        choices=(Choice("Show it", "catalog.skill", {"name": value.name}),),
    )


WORDS: dict[type, Callable[[Any], Message]] = {
    Drafted: _drafted,
    Loaded: _loaded,
    SkillCard: _card,
    SkillDropped: _dropped,
    SkillList: _skills,
    SkillRenamed: _renamed,
    SkillSaved: _saved,
    Switched: _switched,
}
