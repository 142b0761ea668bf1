"""What was wrong with a skill's pieces: who says so, of which, how much it weighs.

Three sources, never mixed in one figure: ``human`` (what people scored and wrote),
``implicit`` (what they did with a piece: changed it, wished it otherwise, refused it)
and ``judge`` (rules that a check found broken; the run's check step is where these are
kept, nowhere else). All of it is data: words of strangers and of the team, which a
model may read and never obey.

One person is one voice. Their complaints of a skill weigh 1 each up to
``MOST_OF_ONE``; beyond that they share it, so that a flood weighs as much as three
complaints and no more. Where a colleague gave the same piece two points more, a
complaint weighs half. Who has left the team is read, and weighs nothing: what is good
enough is for those to say who are there. What checks found weighs 1 a piece and rule.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import evidence_queries as queries

MOST_OF_ONE = 3.0
"""What all complaints of one person of one skill weigh together, at most."""
DISPUTED = 0.5

Source = Literal["human", "implicit", "judge"]
Severity = Literal["high", "medium", "low"]

_OF_RULE: Mapping[str, Severity] = {"must": "high", "should": "medium", "may": "low"}
_COLUMNS = ("output_id", "run_id", "version_id", "model", "client_id", "persona_id")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that was wrong with one piece."""

    output_id: UUID
    feedback_id: UUID | None
    """None: a check found it; see the run."""
    run_id: UUID
    version_id: UUID | None
    model: str
    """``<provider>/<model>`` that wrote the piece."""
    client_id: UUID | None
    persona_id: UUID | None
    source: Source
    score: int | None
    """1-5 by that person of the whole piece, where they gave one."""
    text: str
    severity: Severity
    rule_code: str
    """The rule that it is about, such as ``C07``; empty: none was named."""
    reviewer_key: str
    said_at: datetime
    weight: float = 1.0
    has_left: bool = False
    """Who said it is no longer of the team."""
    is_disputed: bool = False
    """Somebody else thought much better of the same piece."""


async def complaints(
    session: AsyncSession, skill: str, since: datetime
) -> list[Complaint]:
    """What was wrong with the pieces of a skill, newest first within each source.

    ``session`` is a person's: pieces of chats that they may not read are left out.
    Rehearsals are no pieces. A piece that was deleted took what was said of it along.
    """
    asked = {"skill": skill, "since": since}
    said = [_said(row) for row in await queries.said(session, asked)]
    ruled = [_ruled(row) for row in await queries.ruled(session, asked)]
    return [*weighed(said), *ruled]


def _said(row: RowMapping) -> Complaint:
    return Complaint(
        **{name: row[name] for name in _COLUMNS},
        feedback_id=row["feedback_id"],
        source=row["source"],
        score=row["score"],
        text=row["text"],
        severity=row["severity"],
        rule_code=row["rule_code"] or "",
        reviewer_key=row["reviewer_key"],
        said_at=row["said_at"],
        has_left=row["has_left"],
        is_disputed=row["is_disputed"],
    )


def _ruled(row: RowMapping) -> Complaint:
    why = f": {row['why']}" if row["why"] else ""
    return Complaint(
        **{name: row[name] for name in _COLUMNS},
        feedback_id=None,
        source="judge",
        score=None,
        text=f"{row['rule'].rstrip('.')}{why}",
        severity=_OF_RULE.get(row["severity"], "medium"),
        rule_code=row["rule_code"],
        reviewer_key=f"judge:{row['how']}",
        said_at=row["said_at"],
    )


def weighed(found: Iterable[Complaint]) -> list[Complaint]:
    """These complaints, each with what it weighs among them.

    Weigh anew what several readers found: each saw a part of one person's flood.
    """
    found = list(found)
    voices = Counter((one.source, one.reviewer_key) for one in found)
    return [
        replace(one, weight=_weight(one, voices[one.source, one.reviewer_key]))
        for one in found
    ]


def _weight(one: Complaint, of_this_voice: int) -> float:
    if one.has_left:
        return 0.0
    share = min(1.0, MOST_OF_ONE / of_this_voice)
    return share * (DISPUTED if one.is_disputed else 1.0)
