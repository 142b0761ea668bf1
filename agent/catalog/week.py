"""What a week taught: rules, versions, tests, choices; what it cost and changed.

Whether a skill became better is asked of every skill with enough scores at once, so a
difference has to be so much clearer: of k skills each interval holds 1 - 0.05/k
(Bonferroni), and in 95 of 100 weeks nothing is called a change that is none.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import quality_queries, week_queries
from agent.catalog.quality import SURE, Score, change
from agent.catalog.quality_shown import given
from agent.catalog.week_schemas import (
    EndedTest,
    Learnt,
    RuleLearnt,
    RuleWaiting,
    SkillMoved,
    VersionMade,
)

BEFORE = timedelta(weeks=4)
"""A week is held against so long before it."""

Sides = Mapping[str, tuple[list[Score], list[Score]]]


def last_week(now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The last whole week, Monday to Monday, by the clocks of that zone."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return _midnight(monday - timedelta(days=7), zone), _midnight(monday, zone)


def key_of(since: datetime) -> str:
    """``2026-W47``, of a week's first moment."""
    year, week, _ = since.isocalendar()
    return f"{year}-W{week:02d}"


async def learnt(session: AsyncSession, since: datetime, until: datetime) -> Learnt:
    """What was learnt in a span, and what waits for a decision now."""
    facts = await week_queries.facts(session, since, until)
    taught = await _taught(session, since) - await _taught(session, until)
    sides = _sides(await quality_queries.scores(session, ""), since, until)
    titles = {
        one["name"]: one["title"] for one in await quality_queries.skills(session, "")
    }
    compared = [
        name for name, (old, new) in sides.items() if change(old, new) is not None
    ]
    return Learnt(
        since=since,
        until=until,
        rules=[RuleLearnt(**row) for row in facts["rules"]],
        versions=[VersionMade(**row) for row in facts["versions"]],
        tests=[EndedTest(**row) for row in facts["tests"]],
        taught=taught,
        scores=sum(len(new) for _, new in sides.values()),
        moved=list(_moved(sides, compared, titles)),
        compared=len(compared),
        cost_usd=facts["cost_usd"],
        learning_usd=facts["learning_usd"],
        waiting=[RuleWaiting(**row) for row in facts["waiting"]],
        running=facts["running"],
    )


async def _taught(session: AsyncSession, since: datetime) -> int:
    """Choices that taught which skill is meant, from then until now."""
    counts = await quality_queries.counts(session, "", since)
    return sum(row["n"] for row in counts if row["kind"] == "taught")


def _sides(rows: Sequence[RowMapping], since: datetime, until: datetime) -> Sides:
    """By skill, the scores before the span and those in it."""
    before: dict[str, list[RowMapping]] = defaultdict(list)
    within: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        if since <= row["given_at"] < until:
            within[row["skill"]].append(row)
        elif since - BEFORE <= row["given_at"] < since:
            before[row["skill"]].append(row)
    return {name: (given(before[name]), given(new)) for name, new in within.items()}


def _moved(
    sides: Sides, compared: Sequence[str], titles: Mapping[str, str]
) -> Iterator[SkillMoved]:
    sure = 1 - (1 - SURE) / max(1, len(compared))
    for name in compared:
        old, new = sides[name]
        found = change(old, new, sure)
        if found is not None and found.is_clear:
            yield SkillMoved(
                skill=name,
                title=titles.get(name, name),
                n=len(new),
                by=found.by,
                low=found.low,
                high=found.high,
            )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
