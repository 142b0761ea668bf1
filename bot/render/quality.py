"""How good the skills are, in words: sure where there is enough, plain where not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agent.catalog.complaint_groups import Missing
from agent.catalog.quality_schemas import (
    Figure,
    IssueLine,
    Moved,
    Qualities,
    SkillDetail,
    SkillQuality,
    Unhappy,
)
from agent.mailroom.schemas import Choice, Message, StoredFile
from bot.render.words import brief, name

LISTED = 25
SAID = 90
"""Characters of one issue."""
SIDES = 3
ALT = 900
CAPTION = 1000
"""What stands under a picture in every messenger."""
SIGNALS = {
    "edit": "changed by hand",
    "revise": "sent back with a wish",
    "regenerate": "asked for another take",
    "reject": "refused",
    "accept": "approved",
    "publish": "used",
    "ignored": "left unanswered",
}
GRAVE = {"high": ", serious", "medium": "", "low": ", minor"}
NOBODY = (
    "Nobody has rated a piece of {} yet. Scores are given below each piece; "
    "those of rehearsals do not count."
)


def qualities(value: Qualities) -> Message:
    """All skills by their mean, or one by all that is known of it."""
    if value.detail is not None:
        return _one(value, value.lines[0], value.detail)
    rated = [line for line in value.lines if line.n]
    if not rated:
        return Message(NOBODY.format("mine"))
    best = sorted(rated, key=lambda line: (line.low is None, -(line.mean or 0)))
    listed = "\n".join(f"- **{name(one.title)}**: {_sum(one)}" for one in best[:LISTED])
    choices = [
        Choice(one.title, "catalog.quality", {"skill": one.name}, row=row)
        for row, one in enumerate(best[:3])
    ]
    wrong = Choice("What is wrong", "catalog.unhappy", row=3)
    text = f"What people think of my pieces:\n\n{listed}"
    return Message(text, choices=(*choices, wrong))


def _one(value: Qualities, line: SkillQuality, detail: SkillDetail) -> Message:
    title, files = name(line.title), _picture(value, line, detail)
    version = f" {line.version}" if line.version else ""
    if not line.n:
        said = [NOBODY.format(f"**{title}**"), *_beside(detail)]
    else:
        head = f"**{title}**{version}: {_sum(line)}."
        said = [head, *_people(line, detail), *_beside(detail), *_sides(detail)]
    kept = _fitting(said, CAPTION) if files else said
    other = Choice("All skills", "catalog.quality")
    rest = {"skill": line.name, "picture": False}
    more = (Choice("More", "catalog.quality", rest),) if len(kept) < len(said) else ()
    return Message("\n\n".join(kept), choices=(*more, other), files=files)


def _fitting(parts: Sequence[str], most: int) -> list[str]:
    """The parts that fit, whole, as far as they do."""
    kept: list[str] = []
    for part in parts:
        if sum(len(one) + 2 for one in (*kept, part)) > most:
            break
        kept.append(part)
    return kept


def _sum(line: SkillQuality) -> str:
    """``4.1 of 5 from 12 scores by 3 people, likely 3.6 to 4.5``, or the scores."""
    by = f" by {line.people} people" if line.people > 1 else " by one person"
    if line.low is None or line.high is None:
        told = _and([str(one) for one in line.given[-6:]])
        more = " lately" if len(line.given) > 6 else ""  # noqa: PLR2004 - as above
        few = f"{_scores(line.n)}{_of(line)}{by} ({told}{more})"
        return f"{few}, too few to say how good it is"
    sure = f"likely {line.low:.1f} to {line.high:.1f}"
    return f"{line.mean:.1f} of 5 from {_scores(line.n)}{by}, {sure}"


def _people(line: SkillQuality, detail: SkillDetail) -> Iterator[str]:
    """What people gave, by dimension and over time."""
    if parts := [one for one in detail.dimensions[1:] if one.n]:
        yield "\n".join(f"- {one.label}: {_figure(one)}" for one in parts)
    if line.low is not None:
        yield _trend(detail.moved)


def _sides(detail: SkillDetail) -> Iterator[str]:
    for head, sides in (("version", detail.versions), ("model", detail.models)):
        if len(sides) > 1:
            listed = "\n".join(
                f"- {brief(one.label.rpartition('/')[2], 40)}: {_figure(one)}"
                for one in sides[:SIDES]
            )
            yield f"By {head}:\n{listed}"


def _figure(one: Figure) -> str:
    if one.mean is None:
        return "not scored"
    if one.low is None or one.high is None:
        return f"{one.mean:.1f} from {_scores(one.n)}{_of(one)}, too few to say more"
    return f"{one.mean:.1f}, likely {one.low:.1f} to {one.high:.1f} ({one.n})"


def _trend(moved: Moved | None) -> str:
    if moved is None:
        return "Too few scores yet to say whether it gets better."
    span = f"{moved.by:+.1f} on the eight weeks before"
    sure = f"likely {moved.low:+.1f} to {moved.high:+.1f}"
    if moved.low <= 0 <= moved.high:
        return f"The last four weeks: no clear change ({span}, {sure})."
    word = "better" if moved.by > 0 else "worse"
    return f"The last four weeks were {word}: {span}, {sure}."


def _beside(detail: SkillDetail) -> Iterator[str]:
    """What is known without scores: words, checks, what people did, judges."""
    if detail.issues:
        listed = "\n".join(f"- {_issue(one)}" for one in detail.issues[:SIDES])
        yield f"What people found wrong in {detail.days} days:\n{listed}"
    if detail.rules:
        listed = "\n".join(
            f"- {one.code} in {one.broken} of {one.checked}: {brief(one.rule, SAID)}"
            for one in detail.rules[:SIDES]
        )
        yield f"Rules broken most, as checks found:\n{listed}"
    if detail.signals:
        told = ", ".join(
            f"{one.pieces} {SIGNALS.get(one.signal, one.signal)}"
            for one in detail.signals
        )
        yield f"Of {detail.made} pieces: {told}. That is no score, and counted apart."
    if detail.judged.mean is not None:
        yield (
            f"A judge model gave {detail.judged.mean:.0f} of 100 on the mean of "
            f"{detail.judged.n}, counted apart."
        )


SHORT: Mapping[Missing | None, str] = {
    None: "",
    "piece": ". One more piece with it, and I propose a rule",
    "piece and occasion": ". One more piece with it, by somebody else or on another "
    "day, and I propose a rule",
    "occasion": ". Once somebody else says so, or another day, I propose a rule",
}
"""How near a complaint is to a rule."""


def unhappy(value: Unhappy) -> Message:
    """What people found wrong, the weightiest first."""
    if not value.lines:
        return Message(_nobody(value))
    listed = "\n".join(
        f"{number}. **{name(one.title)}**: {_issue(one)}"
        for number, one in enumerate(value.lines, start=1)
    )
    shown = dict.fromkeys((one.skill, one.title) for one in value.lines)
    choices = [
        Choice(title, "catalog.quality", {"skill": skill}, row=row)
        for row, (skill, title) in enumerate(list(shown)[:3])
    ]
    head = f"What people found wrong in {value.days} days, the weightiest first:"
    return Message(f"{head}\n\n{listed}", choices=choices)


def _nobody(value: Unhappy) -> str:
    if value.is_overheard:
        return (
            f"In {value.days} days nobody complained of a piece that everybody here "
            "may read. What is private I tell you in our own chat: /unhappy there."
        )
    return (
        f"Nobody complained in {value.days} days, rehearsals aside. If something is "
        "off, say so below the piece: I learn from it."
    )


def _issue(one: IssueLine) -> str:
    rule = f" ({one.rule})" if one.rule else ""
    pieces = "one piece" if one.pieces == 1 else f"{one.pieces} pieces"
    who = "one person" if one.people == 1 else f"{one.people} people"
    said = name(brief(one.text, SAID))
    how = f"{GRAVE[one.severity]}{SHORT[one.missing]}"
    return f"\u201c{said}\u201d{rule}: {pieces}, {who}{how}"


def _picture(
    value: Qualities, line: SkillQuality, detail: SkillDetail
) -> tuple[StoredFile, ...]:
    if not value.plot_key:
        return ()
    file, size = f"quality-{line.name}.png", value.plot_bytes
    alt = brief(f"{line.title}: {_sum(line)}. {_alt(line, detail)}", ALT)
    return (StoredFile(file, "image/png", value.plot_key, size, alt=alt),)


def _alt(line: SkillQuality, detail: SkillDetail) -> str:
    parts = [f"{one.label} {_figure(one)}" for one in detail.dimensions if one.n]
    weeks = [f"{one.label} {one.mean:.1f} ({one.n})" for one in line.weeks if one.n]
    sides = [f"version {one.label} {_figure(one)}" for one in detail.versions]
    return "; ".join((*parts, *sides, *weeks))


def _of(one: SkillQuality | Figure) -> str:
    """Of how many pieces, where several people scored the same."""
    if one.pieces == one.n:
        return ""
    return " of one piece" if one.pieces == 1 else f" of {one.pieces} pieces"


def _scores(n: int) -> str:
    return "1 score" if n == 1 else f"{n} scores"


def _and(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


WORDS: dict[type, Callable[[Any], Message]] = {Qualities: qualities, Unhappy: unhappy}
