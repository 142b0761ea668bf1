"""A run's steps as its page tells them: what was found about its rules is one line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from agent.runs.rule_operations import RuleLine
from agent.runs.rulings import Outcome
from agent.runs.schemas import StepLine

SAID = {Outcome.KEPT: "met", Outcome.BROKEN: "not", Outcome.UNKNOWN: "n/a"}
UNDER_WAY, CUT_SHORT = ("running", " so far"), ("cancelled", "")
"""How a check that is not over stands, and what is said after its count."""
_WHOLE = re.compile(r"check(-\d+)?")
"""The step that is kept last, when every rule was looked at."""
_AGAIN = re.compile(r"^(check(?:-\d+)?-)again-")


@dataclass(frozen=True, slots=True)
class Checked:
    """Every look at a rule of one draft, as one step."""

    said: str
    status: str
    attempt: int
    started_at: datetime | None
    seconds: float | None
    rules: Sequence[RuleLine] = ()
    """What was found; empty where a later draft took its place, or none is yet."""

    kind = "check"
    error = ""


def has_checks(steps: Iterable[StepLine]) -> bool:
    """Whether a draft of this run was held against rules."""
    return any(step.kind == "check" for step in steps)


def folded(
    steps: Sequence[StepLine], rules: Sequence[RuleLine], *, is_alive: bool
) -> list[StepLine | Checked]:
    """The steps in their order, those of each check as one where it ended.

    ``rules``: what the last check that came to an end found.
    """
    told: list[StepLine | Checked] = []
    ends = UNDER_WAY if is_alive else CUT_SHORT
    last = next((step for step in reversed(steps) if _is_whole(step)), None)
    for (_, is_check), group in groupby(steps, _place):
        found = list(group)
        looks = [step for step in found if step.kind == "check"]
        # A draft put right in between is a step of its own.
        told += [step for step in found if step.kind != "check"]
        if is_check and looks:
            told.append(_one(looks, rules if last in looks else (), ends))
    return told


def _place(step: StepLine) -> tuple[int, bool]:
    is_repair = step.name.startswith("check-") and step.name.endswith("-repair")
    return step.attempt, step.kind == "check" or is_repair


def _is_whole(step: StepLine) -> bool:
    is_done = step.kind == "check" and step.status == "completed"
    return is_done and bool(_WHOLE.fullmatch(step.name))


def _one(
    looks: Sequence[StepLine], rules: Sequence[RuleLine], open_end: tuple[str, str]
) -> Checked:
    is_whole = any(map(_is_whole, looks))
    status, so_far = ("completed", "") if is_whole else open_end
    seen = {_AGAIN.sub(r"\1", one.name) for one in looks if not _is_whole(one)}
    if rules:
        said = f"{_rules(len(rules))} checked: {_counted(rules)}"
    elif status == "completed":
        said = f"{_rules(len(seen))} checked, of an earlier draft"
    else:
        said = f"{_rules(len(seen))} looked at{so_far}"
    began, seconds = _span(looks)
    return Checked(said, status, looks[0].attempt, began, seconds, rules)


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"


def _counted(rules: Sequence[RuleLine]) -> str:
    counts = dict.fromkeys(SAID.values(), 0)
    for rule in rules:
        counts[SAID[rule.outcome]] += 1
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _span(looks: Sequence[StepLine]) -> tuple[datetime | None, float | None]:
    """When the first began, and how long it was until the last ended."""
    begun = [one.started_at for one in looks if one.started_at]
    ends = [
        one.started_at + timedelta(seconds=one.seconds)
        for one in looks
        if one.started_at and one.seconds is not None
    ]
    if not begun:
        return None, None
    first = min(begun)
    return first, (max(ends) - first).total_seconds() if ends else None
