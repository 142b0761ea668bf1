"""A test as people are shown it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import experiment_queries as queries
from agent.catalog import foresight
from agent.catalog.experiment_schemas import ArmLine, TestState
from agent.catalog.experiments import CANDIDATE, CONTROL, Test, remaining


async def shown(session: AsyncSession, test: Test) -> TestState:
    """How the test is doing, or how it stood at its end."""
    reading, row, more = test.reading, test.row, remaining(test)
    winner = test.arms.get(row["winner_key"] or "")
    return TestState(
        test_id=row["id"],
        **{name: row[name] for name in ("skill", "title", "client", "status")},
        **{name: row[name] for name in ("started_at", "ended_at")},
        **{name: getattr(reading, name) for name in ("verdict", "difference")},
        **{name: getattr(reading, name) for name in ("low", "high", "ratings")},
        **{name: getattr(reading, name) for name in ("raters", "disagreeing")},
        winner=winner["version"] if winner else "",
        overtaken_by=row["result"].get("overtaken_by", ""),
        candidate=_arm(test, CANDIDATE),
        control=_arm(test, CONTROL),
        more_ratings=more.ratings if more else None,
        is_guess=bool(more and not more.is_observed),
        is_out_of_reach=bool(more and more.is_out_of_reach),
        **await prospects(session, test),
    )


async def prospects(session: AsyncSession, test: Test) -> dict[str, Any]:
    """How many take part here, and how many it takes."""
    return {
        "units_here": await queries.reach(session, test.row["client_id"]),
        "smallest": foresight.smallest_team(test.share),
        "expected": foresight.units_needed(test.share),
    }


def _arm(test: Test, key: str) -> ArmLine:
    arm, at = test.arms[key], int(key == CANDIDATE)
    course = test.course(key)
    last = course[-1] if course else None
    return ArmLine(
        key=key,
        version=arm["version"],
        percent=arm["weight"],
        units=test.reading.rated[at],
        heard=test.reading.heard[at],
        mean=last.mean if last else None,
        low=last.low if last else None,
        high=last.high if last else None,
    )
