"""Tests of two versions of a skill: begun, weighed anew, read, ended.

One test at a time of a skill for everybody, and one for each client alone. Nothing of a
test is ever deleted: its arms, who was drawn into which, and how it stood at its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import experiment_queries as queries
from agent.catalog import foresight
from agent.catalog.experiment_errors import NoShare, WeightsDontSum
from agent.catalog.trial_shapes import Aims, ArmSoFar, Before, Rating, Reading
from agent.catalog.trials import Trial

CANDIDATE, CONTROL = "candidate", "control"
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Test:
    """A test with all its ratings."""

    __test__ = False  # pytest: a test of versions

    row: RowMapping
    arms: Mapping[str, RowMapping]
    trial: Trial
    reading: Reading

    @property
    def share(self) -> float:
        """The candidate's share today, 0-1."""
        return float(self.arms[CANDIDATE]["weight"]) / WHOLE

    def course(self, key: str) -> list[ArmSoFar]:
        """An arm's mean, each time one more unit was heard."""
        return self.trial.course(candidate=key == CANDIDATE)


def weights(percent: int, rest: int | None) -> dict[str, int]:
    """The arms' weights.

    Raises:
        WeightsDontSum: They are not a whole together.
        NoShare: One of them is nothing.
    """
    rest = WHOLE - percent if rest is None else rest
    if percent + rest != WHOLE:
        raise WeightsDontSum(percent, rest)
    if not 0 < percent < WHOLE:
        raise NoShare(percent)
    return {CANDIDATE: percent, CONTROL: rest}


def weighed(percent: int, now: datetime) -> dict[str, Any]:
    """An entry of ``result.weights``: since when the candidate has which share."""
    return {"at": now.isoformat(), CANDIDATE: percent}


async def load(session: AsyncSession, test_id: UUID) -> Test | None:
    """The test with its ratings; None where there is none."""
    row = await queries.one(session, test_id)
    if row is None:
        return None
    arms = {arm["key"]: arm for arm in await queries.arms(session, test_id)}
    trial = of_ratings(row, await queries.ratings(session, test_id))
    return Test(row, arms, trial, _at_its_end(row) or trial.read())


def _at_its_end(row: RowMapping) -> Reading | None:
    """How it stood when it was closed; None while it runs."""
    stood = row["result"].get("reading")
    if row["status"] == "running" or not stood:
        return None
    pairs = {name: tuple(stood[name]) for name in ("rated", "heard")}
    return Reading(**{**stood, **pairs})


def of_ratings(test: RowMapping, rows: Sequence[RowMapping]) -> Trial:
    """What the rows of ``experiment_queries.ratings`` say."""
    history = test["result"]["weights"]
    during = [row for row in rows if not row["is_before"]]
    earlier: dict[str, list[float]] = {}
    for row in rows:
        if row["is_before"]:
            earlier.setdefault(row["unit"], []).append(row["score"])
    return Trial(
        [
            Rating(
                row["unit"],
                row["is_candidate"],
                share_at(history, row["exposed_at"]),
                row["rater"],
                row["score"],
            )
            for row in during
        ],
        {
            unit: Before(sum(scores) / len(scores), len(scores))
            for unit, scores in earlier.items()
        },
        Aims(min_effect=test["min_effect"] or Aims().min_effect),
    )


def share_at(history: Sequence[Mapping[str, Any]], at: datetime) -> float:
    """The candidate's share when a unit was drawn, 0-1."""
    past = [one for one in history if datetime.fromisoformat(one["at"]) <= at]
    return float((past or history)[-1 if past else 0][CANDIDATE]) / WHOLE


@dataclass(frozen=True, slots=True)
class Ending:
    """How a test is closed."""

    status: Literal["stopped", "concluded"]
    """What is stopped can go on."""
    winner: str = ""
    """An arm's key."""
    by_itself: bool = False
    """No person did it: people are told."""
    overtaken_by: str = ""
    """What put another version in force than the test compares with."""


async def end(session: AsyncSession, test: Test, now: datetime, ending: Ending) -> bool:
    """Close a test with how it stands; False if somebody did so before."""
    words = {"better": "winner", "worse": "winner", "same": "no_difference"}
    values = {
        "status": ending.status,
        "verdict": words.get(test.reading.verdict, test.reading.verdict),
        "winner_key": ending.winner or None,
        "now": now,
        "result": {
            **kept(test),
            "by_itself": ending.by_itself,
            "overtaken_by": ending.overtaken_by,
        },
    }
    return await queries.end(session, test.row["id"], values)


def kept(test: Test) -> dict[str, Any]:
    """What ``experiments.result`` says of how it stands."""
    last = {key: test.course(key)[-1:] for key in test.arms}
    return {
        **{key: asdict(found[0]) if found else None for key, found in last.items()},
        "srm_p": test.reading.imbalance,
        "reading": asdict(test.reading),
    }


def remaining(test: Test) -> foresight.Remaining | None:
    """What it still needs; None where it is decided or has ended."""
    if test.row["status"] != "running" or test.reading.verdict != "none":
        return None
    return foresight.remaining(test.trial, test.share)
