"""Clients in words: lists, profiles, their history."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from agent.clients.errors import ClientArchived
from agent.clients.facts import PARTS
from agent.clients.mentions import Brand
from agent.clients.schemas import (
    Chosen,
    ClientLine,
    Clients,
    PartEdited,
    PartShown,
    Picked,
    Profile,
    Renamed,
    Shelved,
)
from agent.clients.version_schemas import (
    Comparison,
    Difference,
    OneVersion,
    VersionLine,
    VersionRestored,
    Versions,
)
from agent.mailroom.schemas import Choice, Message
from agent.memory.operations import Retelling
from bot.render.paging import more
from bot.render.words import brief, name

ROOM, LEAST, LONGEST = 2_800, 60, 400
"""Characters of all facts in a message, and at least and at most of one."""


def _longest(count: int) -> int:
    """So much of each, when there are so many."""
    return max(LEAST, min(LONGEST, ROOM // max(count, 1)))


def _chosen(value: Chosen) -> Message:
    if value.created:
        return Message(f"**{name(value.name)}** is added, and we work on it now.")
    return Message(
        f"From now on this chat is about **{name(value.name)}**.",
        choices=(Choice("Show profile", "clients.show", {"name": value.name}),),
    )


def _clients(value: Clients) -> Message:
    if not value.lines:
        none = "No client is archived." if value.archived else "No clients yet."
        hint = "" if value.archived else " `/client new <name>` adds one."
        return Message(none + hint)
    listed = "\n".join(_listed(line, value.current) for line in value.lines)
    title = "Put away:" if value.archived else "Your clients:"
    return Message(
        f"{title}\n\n{listed}",
        choices=(*_first_choices(value), *more("clients.list", value, **_same(value))),
    )


def _same(value: Clients) -> Mapping[str, object]:
    return {"archived": True} if value.archived else {}


def _listed(line: ClientLine, current: str) -> str:
    here = " (current)" if line.name == current else ""
    return f"- **{name(line.name)}**{here}"


def _first_choices(value: Clients) -> list[Choice]:
    verb, operation = ("Use", "memory.focus")
    if value.archived:
        verb, operation = ("Restore", "clients.restore")
    others = [line.name for line in value.lines if line.name != value.current][:4]
    return [
        Choice(brief(f"{verb} {one}", 40), operation, {"name": one}, row=at // 2)
        for at, one in enumerate(others)
    ]


def _picked(value: Picked) -> Message:
    names = ", ".join(f"**{name(line.name)}**" for line in value.lines)
    return Message(f"That is about {names}." if names else "It names no client.")


def _profile(value: Profile) -> Message:
    shown = value.shown
    version = f"version {value.version}" if shown is None else f"as of version {shown}"
    away = " (archived)" if value.is_archived else ""
    head = f"**{name(value.name)}**{away}, profile {version}"
    return Message(
        "\n\n".join(filter(None, (head, *_parts(value.parts)))),
        choices=_then_choices(value) if shown is not None else _profile_choices(value),
    )


def _parts(parts: Sequence[PartShown]) -> list[str]:
    longest = _longest(sum(len(part.facts) for part in parts))
    known = [_part(part, longest) for part in parts if part.facts]
    empty = ", ".join(part.title for part in parts if not part.facts)
    return [*known, f"Still empty: {empty}." if empty else "Every part is filled in."]


def _part(part: PartShown, longest: int) -> str:
    lines = [f"- {label}: {brief(text, longest)}" for label, text in part.facts.items()]
    return f"**{part.title}**\n\n" + "\n".join(lines)


def _profile_choices(value: Profile) -> tuple[Choice, ...]:
    if value.is_archived:
        return (Choice("Restore", "clients.restore", {"name": value.name}),)
    one = {"client_id": str(value.client_id)}
    choices = [
        Choice("Edit", "memory.retell", one),
        Choice("History", "clients.history", {"name": value.name}),
    ]
    if any(not part.facts for part in value.parts):
        choices.insert(0, Choice("Fill in what is empty", "memory.interview", one))
    return tuple(choices)


def _then_choices(value: Profile) -> tuple[Choice, ...]:
    if value.shown == value.version:
        return ()
    return (_restore(value.name, value.shown or 0),)


def _restore(client: str, number: int) -> Choice:
    params = {"name": client, "when": str(number)}
    return Choice(f"Restore version {number}", "clients.restore_version", params)


def _retelling(value: Retelling) -> Message:
    choices = [
        Choice(
            part.title,
            "memory.retell",
            {"client_id": str(value.client_id), "part": part.name},
            row=at // 2,
        )
        for at, part in enumerate(PARTS)
    ]
    text = f"Which part of **{name(value.name)}** shall change?"
    return Message(text, choices=tuple(choices))


def _edited(value: PartEdited) -> Message:
    if not value.is_new:
        return Message(f"{value.part} says that already (v{value.version}).")
    was = f"\n\nBefore: {brief(value.before, LONGEST)}" if value.before else ""
    now = brief(value.after, LONGEST) if value.after else "_nothing_"
    choices = [Choice("History", "clients.history", {"name": value.name})]
    if value.version > 1:
        previous = {"name": value.name, "when": str(value.version - 1)}
        choices.insert(0, Choice("Undo", "clients.restore_version", previous))
    return Message(
        f"{value.part} updated (v{value.version}).\n\n"
        f"**{name(value.name)}**: {now}{was}",
        choices=tuple(choices),
    )


def _renamed(value: Renamed) -> Message:
    return Message(
        f"**{name(value.before)}** is called **{name(value.name)}** now. "
        "What was written for it stays with it."
    )


def _shelved(value: Shelved) -> Message:
    if value.is_archived:
        text = f"**{name(value.name)}** is archived. Nothing of it is lost."
        return Message(
            text, choices=(Choice("Restore", "clients.restore", {"name": value.name}),)
        )
    back = "is back" if value.is_new else "was not archived"
    return Message(
        f"**{name(value.name)}** {back}.",
        choices=(
            Choice("Work on it", "memory.focus", {"name": value.name}),
            Choice("Show profile", "clients.show", {"name": value.name}),
        ),
    )


def _version_line(line: VersionLine, current: int) -> str:
    here = ", in force" if line.number == current else ""
    by = f", {name(brief(line.author, 30))}" if line.author else ""
    text = name(brief(line.changelog, 50))
    return f"- **v{line.number}**{here}: {text} ({line.at:%Y-%m-%d %H:%M} UTC{by})"


def _versions(value: Versions) -> Message:
    if not value.lines:
        return Message(f"Nothing was told about **{name(value.name)}** yet.")
    listed = "\n".join(_version_line(line, value.current) for line in value.lines)
    return Message(
        f"How **{name(value.name)}** came to be:\n\n{listed}",
        choices=(
            *_earlier(value),
            *more("clients.history", value, name=value.name),
        ),
    )


def _earlier(value: Versions) -> list[Choice]:
    compared = {"name": value.name, "old": value.current - 1, "new": value.current}
    choices = []
    if value.current > 1:
        choices.append(Choice("What changed last", "clients.compare", compared))
    others = [line.number for line in value.lines if line.number != value.current]
    return [*choices, *(_restore(value.name, number) for number in others[:2])]


def _one_version(value: OneVersion) -> Message:
    head = f"**{name(value.name)}** as it stood:"
    line = _version_line(value.version, value.current)
    is_now = value.version.number == value.current
    return Message(
        "\n\n".join((head, line, *_parts(value.parts))),
        choices=() if is_now else (_restore(value.name, value.version.number),),
    )


def _comparison(value: Comparison) -> Message:
    which = f"version {value.old} and version {value.new} of **{name(value.name)}**"
    if not value.lines:
        return Message(f"{which.capitalize()} say the same.")
    longest = _longest(2 * len(value.lines))
    listed = "\n".join(_difference(line, longest) for line in value.lines)
    return Message(f"Between {which}:\n\n{listed}")


def _difference(line: Difference, longest: int) -> str:
    before = brief(line.before, longest) or "_nothing_"
    after = brief(line.after, longest) or "_nothing_"
    return f"- {line.label}: {before} → {after}"


def _version_restored(value: VersionRestored) -> Message:
    if not value.is_new:
        return Message(f"**{name(value.name)}** says just that already.")
    return Message(
        f"Version {value.restored} of **{name(value.name)}** is in force again, "
        f"as version {value.version}.",
        choices=(Choice("Show profile", "clients.show", {"name": value.name}),),
    )


def archived(error: ClientArchived) -> Message:
    """A client was meant that was put away."""
    restore = Choice("Restore", "clients.restore", {"name": error.name})
    return Message(f"{name(error.name)} is archived.", choices=(restore,))


def archived_for(brand: Brand, asked: Mapping[str, Any]) -> Message:
    """A request names a client that was put away; ``asked`` does it all the same."""
    restore = Choice("Restore", "clients.restore", {"name": brand.name})
    again = Choice("Go on", "runs.start", dict(asked))
    text = f"{name(brand.name)} is archived. Restore it, then go on."
    return Message(text, choices=(restore, again))


def which(
    brands: Sequence[Brand], asked: Mapping[str, Any], otherwise: UUID | None
) -> Message:
    """A request may be for several; ``asked`` is what is done for the chosen one."""
    choices = [
        Choice(brief(one.name, 40), "runs.start", _for(asked, one.id), row=at)
        for at, one in enumerate(brands)
    ]
    rest = Choice(
        "None of these", "runs.start", _for(asked, otherwise), row=len(choices)
    )
    return Message("Which one?", choices=(*choices, rest))


def _for(asked: Mapping[str, Any], client_id: UUID | None) -> dict[str, Any]:
    return {**asked, "client_id": client_id and str(client_id)}


WORDS: dict[type, Callable[[Any], Message]] = {
    Chosen: _chosen,
    Clients: _clients,
    Comparison: _comparison,
    OneVersion: _one_version,
    PartEdited: _edited,
    Picked: _picked,
    Profile: _profile,
    Renamed: _renamed,
    Retelling: _retelling,
    Shelved: _shelved,
    VersionRestored: _version_restored,
    Versions: _versions,
}
