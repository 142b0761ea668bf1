"""Complaints that say the same, told as one issue. Pure.

About one rule they are alike by its code; else by their words (`likeness`). Sources are
kept apart: what people wrote, what they did and what a check found are never one issue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.catalog.evidence import Complaint, Severity, Source
from agent.catalog.likeness import alike

LIKE = 0.5
"""So much of the words of the shorter complaint the other has, too."""
RANKS: tuple[Severity, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Issue:
    """Something people found wrong, and how often."""

    text: str
    """In the words of one who said it, the plainest."""
    rule_code: str
    source: Source
    severity: Severity
    """The gravest that was said."""
    count: int
    pieces: int
    people: int
    weight: float
    """One person's many complaints weigh little more than one."""


def grouped(complaints: Iterable[Complaint]) -> list[Issue]:
    """The issues, the weightiest first."""
    groups: list[list[Complaint]] = []
    for one in complaints:
        group = next((each for each in groups if _belongs(one, each)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return sorted(map(_issue, groups), key=_rank, reverse=True)


def _belongs(one: Complaint, group: Sequence[Complaint]) -> bool:
    first = group[0]
    if (one.source, one.rule_code) != (first.source, first.rule_code):
        return False
    return bool(one.rule_code) or any(alike(one.text, x.text) >= LIKE for x in group)


def _issue(group: Sequence[Complaint]) -> Issue:
    return Issue(
        text=min((one.text for one in group), key=len),
        rule_code=group[0].rule_code,
        source=group[0].source,
        severity=max((one.severity for one in group), key=RANKS.index),
        count=len(group),
        pieces=len({one.output_id for one in group}),
        people=len({one.reviewer_key for one in group}),
        weight=sum(one.weight for one in group),
    )


def _rank(issue: Issue) -> tuple[float, int, int]:
    return issue.weight, RANKS.index(issue.severity), issue.pieces
