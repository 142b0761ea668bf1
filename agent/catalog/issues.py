"""Complaints that say the same, told as one issue. Pure.

They are put together as for proposals (`complaint_groups`). Sources are kept apart:
what people wrote, what they did and what a check found are never one issue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from agent.catalog import complaint_groups
from agent.catalog.evidence import Complaint, Severity, Source

RANKS: tuple[Severity, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Issue:
    """Something people found wrong, and how often."""

    text: str
    """The commonest wording."""
    rule_code: str
    """The rule it is about; empty: none was named."""
    source: Source
    severity: Severity
    """The gravest that was said."""
    pieces: int
    people: int
    count: int
    weight: float
    """One person's many complaints weigh little more than one."""


def grouped(complaints: Iterable[Complaint]) -> list[Issue]:
    """The issues, the weightiest first."""
    by_source = groupby(sorted(complaints, key=_source), key=_source)
    issues: list[Issue] = []
    for _, of_source in by_source:
        said = list(of_source)
        issues += [
            _issue(group.theme, [said[at] for at in group.members])
            for group in complaint_groups.by_words(said)
        ]
    return sorted(issues, key=_rank, reverse=True)


def _source(one: Complaint) -> Source:
    return one.source


def _issue(theme: str, said: Sequence[Complaint]) -> Issue:
    return Issue(
        text=theme,
        rule_code=next((one.rule_code for one in said if one.rule_code), ""),
        source=said[0].source,
        severity=max((one.severity for one in said), key=RANKS.index),
        pieces=len({one.output_id for one in said}),
        people=len({one.reviewer_key for one in said}),
        count=len(said),
        weight=sum(one.weight for one in said),
    )


def _rank(issue: Issue) -> tuple[float, int, int]:
    return issue.weight, RANKS.index(issue.severity), issue.pieces
