"""Reviews in words: what was kept, what becomes of it, and what can be added."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.runs.amend_operations import EditKept
from agent.runs.review_schemas import Judged, Review, Saved
from agent.runs.schemas import Lesson
from bot.render.words import brief, name

SHOWN = 120
"""Characters of one answer."""
SCORES = {
    "overall": "overall",
    "accuracy": "accuracy",
    "quality": "quality",
    "usefulness": "usefulness",
    "rule_compliance": "your rules",
}
USED = "It counts in how this skill does (`/quality`), and new rules are made from it."

TAUGHT: Mapping[Lesson, str] = {
    "skill": "It will shape the next ones.",
    "rehearsal": "This was a rehearsal, which teaches me nothing; real pieces do.",
    "answer": "A plain answer teaches me nothing; what skills write does.",
}
"""What becomes of words about a piece."""


def saved(value: Saved) -> Message:
    """Thanks, with what stands now."""
    head = f"Thank you, that is kept with **{name(value.title)}** (#{value.number})."
    listed = "\n".join(f"- {line}" for line in _lines(value))
    used = USED if value.about == "skill" else TAUGHT[value.about]
    return Message(f"{head}\n\n{listed}\n\n{used}", choices=_more(value))


def review(value: Review) -> Message:
    """What a person said of a piece so far."""
    head = f"**{name(value.title)}** (#{value.number})"
    if not value.overall:
        return Message(f"{head}: you have not said yet how good it is.")
    listed = "\n".join(f"- {line}" for line in _lines(value))
    return Message(f"{head}, as you found it:\n\n{listed}", choices=_more(value))


def thanked(value: Judged) -> Message:
    """Thanks for a thumb."""
    if value.liked:
        return Message("Thank you! It is kept as a good one: more like this, then.")
    return Message("Thank you. What was off? Tell me, and the next one is better.")


def judged(value: Judged, shown: Mapping[str, Any]) -> Message:
    """The answer again, with thanks under it."""
    thumbed = thumbs(value.run_id)
    return Message(shown["text"], choices=thumbed, note=thanked(value).text)


def thumbs(run_id: object) -> tuple[Choice, Choice]:
    """The two buttons that a messenger of its own kind shows as thumbs."""
    ref = {"run_id": str(run_id)}
    return (
        Choice("👍", "runs.judge", {**ref, "liked": True}, row=9),
        Choice("👎", "runs.judge", {**ref, "liked": False}, row=9),
    )


def tell_more(output_id: object, row: int) -> Choice:
    """The way from a quick score to all the rest."""
    return Choice("Tell me more", "runs.feedback", {"output_id": str(output_id)}, row)


def _more(value: Review) -> tuple[Choice, ...]:
    ref = {"output_id": str(value.output_id)}
    label = "Add another issue" if value.issues else "Add an issue"
    return (
        Choice(label, "runs.report_issue", ref, ask=True),
        Choice("Change it", "runs.feedback", ref),
    )


def _lines(value: Review) -> Iterator[str]:
    scores = {said: getattr(value, field) for field, said in SCORES.items()}
    told = ", ".join(f"{said} {n} of 5" for said, n in scores.items() if n)
    yield told[:1].upper() + told[1:]
    if value.what_worked:
        yield f"What worked: {brief(value.what_worked, SHOWN)}"
    for issue in value.issues:
        instead = brief(issue.suggested_fix, SHOWN)
        fix = f" → {instead}" if instead else ""
        yield f"Issue ({issue.severity}): {brief(issue.description, SHOWN)}{fix}"
    for rule in value.rules:
        yield f"A rule for the next ones: {brief(rule, SHOWN)}"
    if value.comment:
        yield f"On the whole: {brief(value.comment, SHOWN)}"


def edited(value: EditKept) -> Message:
    """Thanks for a piece as it should read."""
    passages = "1 passage" if value.changes == 1 else f"{value.changes} passages"
    return Message(
        f"Thank you. I keep your version of **{name(value.title)}** "
        f"(#{value.number}) as how it should read: {passages} changed. "
        f"{TAUGHT[value.about]}"
    )


WORDS: dict[type, Callable[[Any], Message]] = {
    EditKept: edited,
    Judged: thanked,
    Review: review,
    Saved: saved,
}
