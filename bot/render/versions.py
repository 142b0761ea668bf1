"""Versions of a skill, in words: listed, compared, chosen, rolled back."""

from collections.abc import Callable
from typing import Any

from agent.catalog.version_schemas import (
    Difference,
    RolledBack,
    SkillVersions,
    VersionLine,
    VersionPinned,
    VersionsCompared,
    VersionTaken,
)
from agent.mailroom.schemas import Choice, Message, StoredFile
from bot.render import overtaken
from bot.render.words import name

LISTED = 12
"""Versions, or differences, in one message."""
SHOWN = 280
"""Characters of a rule or passage."""


def _versions(value: SkillVersions) -> Message:
    lines = [_line(one, is_house=value.is_house) for one in value.lines[:LISTED]]
    parts = [f"**{name(value.title)}**, its versions:", "\n".join(lines)]
    here = next((one.number for one in value.lines if one.is_in_force), "")
    if value.newer:
        parts.append(f"{value.newer} is out; you work by {here}.")
    return Message("\n\n".join(parts), choices=tuple(_ways_on(value, here)))


def _line(one: VersionLine, *, is_house: bool) -> str:
    marks = ["yours"] if one.is_own and is_house else []
    marks += ["in force"] if one.is_in_force else []
    marks += [f"pinned for {name(client)}" for client in one.pinned_for]
    by = f"{name(one.made_by)}, " if one.made_by else ""
    facts = [f"{by}{one.made_at:%-d %b %Y}"]
    if one.mean is not None:
        scores = "score" if one.n == 1 else "scores"
        facts.append(f"{one.mean:.1f} of 5 ({one.n} {scores})")
    head = ", ".join([f"**{one.number}**", *marks])
    said = name(one.changelog.rstrip("."), SHOWN) or "no word about it"
    return f"- {head}: {said}. {'; '.join(facts)}."


def _ways_on(value: SkillVersions, here: str) -> list[Choice]:
    ref = {"skill": value.skill}
    found = []
    if len(value.lines) > 1:
        found.append(Choice("See what changed", "catalog.diff", ref))
    if value.may_change and value.newer:
        newer = {**ref, "old": here, "new": f"house {value.newer}"}
        found = [Choice(f"What is in {value.newer}", "catalog.diff", newer), *found]
        found.append(Choice(f"Take {value.newer}", "catalog.take_version", ref))
    if value.may_change and len(value.lines) > 1 and value.lines[-1].number != here:
        leaving = {**ref, "leaves": here}
        found.append(Choice("Roll back", "catalog.roll_back", leaving))
    return found


def _compared(value: VersionsCompared) -> Message:
    head = f"**{name(value.title)}**, {value.old} → {value.new}"
    if not value.changes:
        return Message(f"{head}: nothing but the number differs.")
    told = [_difference(one) for one in value.changes[:LISTED]]
    more = len(value.changes) - len(told)
    if more:
        told.append(f"- {more} more.")
    files: tuple[StoredFile, ...] = ()
    if value.storage_key:
        called = f"{value.skill}-{value.old}-{value.new}.md"
        file = StoredFile(called, "text/markdown", value.storage_key, value.size_bytes)
        files = (file,)
    return Message(f"{head}:\n\n" + "\n".join(told), files=files)


def _difference(one: Difference) -> str:
    before, after = name(one.before, SHOWN), name(one.after, SHOWN)
    if one.what == "file":
        fate = "changed" if before and after else "is new" if after else "is gone"
        return f"- `{one.name}` {fate}."
    what = f"Rule **{one.name}**" if one.what == "rule" else "The method"
    if not before:
        return f"- {what}, new: {after}"
    if not after:
        return f"- {what}, gone: {before}"
    return f"- {what}: {after}\n  was: {before}"


def _pinned(value: VersionPinned) -> Message:
    whose = f" for {name(value.client)}" if value.client else ""
    title = name(value.title)
    if value.follows:
        said = f"{title}{whose} follows the default again: {value.version}."
        return Message(said + overtaken.over(value.overtaken))
    yours = ", yours," if value.is_own else ""
    said = f"{title}{whose} stays at {value.version}{yours} from now on."
    if value.was and value.was != value.version:
        said += f" It was {value.was}."
    said += overtaken.over(value.overtaken)
    ref = {"skill": value.skill, "client": value.client}
    return Message(said, choices=(Choice("Unpin", "catalog.unpin", ref),))


def _rolled_back(value: RolledBack) -> Message:
    said = (
        f"{name(value.title)} is back at {value.version}; it was {value.was}. "
        "What is being written now is finished by the version it began with."
    )
    said += overtaken.over(value.overtaken)
    again = {"skill": value.skill, "version": value.was}
    return Message(
        said, choices=(Choice(f"Back to {value.was}", "catalog.pin", again),)
    )


def _taken(value: VersionTaken) -> Message:
    title = name(value.title)
    if not value.carried:
        said = f"{title} is at {value.house} now; all of yours is in it already."
        return Message(said + overtaken.over(value.overtaken))
    said = f"{title} is at {value.version} now: {value.house} with your "
    said += f"{', '.join(value.carried)}."
    if value.kept:
        said += f" Both of you had changed {', '.join(value.kept)}: yours stands."
    said += overtaken.over(value.overtaken)
    ref = {"skill": value.skill}
    leaving = {**ref, "to": value.was, "leaves": value.version}
    return Message(
        said,
        choices=(
            Choice("See what changed", "catalog.diff", ref),
            Choice("Roll back", "catalog.roll_back", leaving),
        ),
    )


WORDS: dict[type, Callable[[Any], Message]] = {
    SkillVersions: _versions,
    VersionsCompared: _compared,
    VersionPinned: _pinned,
    RolledBack: _rolled_back,
    VersionTaken: _taken,
}
