"""What a running comparison of two versions says so far, from its ratings alone; pure.

The unit is whoever was drawn into an arm: a client, or a person where there is none. A
unit says one thing, when it has `RATINGS` ratings: the mean over its people, each of
whom counts once, by their own mean. So a flood of ratings by one person outweighs
nobody else in the unit, and reaches no other unit.

What is compared is by how much a unit departs from what was expected of it: from what
it gave before the comparison as far as there was anything (which sets strict people
right), else from what the others gave. More than `MOST` points count as `MOST`, so that
a small team can end a test: one angry day does not decide it, nor does it stall it.

A rating that is changed later counts as changed. Promised is: where a candidate changes
nothing it wins in at most 5 % of comparisons, however often one looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.catalog.sequential import (
    Floats,
    contrasts,
    log_imbalance,
    log_wealth,
    lower,
    upper,
)

RATINGS = 3
"""After how many ratings a unit is heard."""
MOST = 1.0
"""Points that a unit can be above or below what was expected of it."""
ALPHA = 0.05
"""How often a version that changes nothing may win, and may be stopped as harmful."""
ALPHA_RATIO = 0.01
"""How often units that were drawn as planned may be called uneven."""
USUAL, FIRMNESS = 3.6, 2.0
"""Expected of a unit of which nothing is known, as if so many ratings had said it."""
APART = 2.0
"""Points between two people in one unit that are worth a word."""

Verdict = Literal["none", "better", "worse", "same", "imbalanced"]


@dataclass(frozen=True, slots=True)
class Rating:
    """A person's score of a piece that a unit got."""

    unit: str
    candidate: bool
    """Which arm the unit was drawn into."""
    share: float
    """The candidate's share when it was, 0-1."""
    rater: str
    score: float
    """1-5."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a unit gave before the comparison began."""

    mean: float
    """1-5."""
    n: int


@dataclass(frozen=True, slots=True)
class Aims:
    """What is worth knowing, in points of the 1-5 scale."""

    min_effect: float = 0.25
    """Less than this is not worth a change."""
    harm: float = 0.1
    """Surely worse, and by more than this as far as one can see: stopped."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The units that have said their thing, in the order in which they did."""

    surprise: Floats
    """Points above what was expected, as a share of `MOST`."""
    candidate: NDArray[np.bool_]
    share: Floats
    at: NDArray[np.int_]
    """After how many ratings of the whole comparison."""

    @property
    def contrasts(self) -> tuple[Floats, Floats, Floats]:
        """What each says of the difference, the least and the most it could have."""
        return contrasts(self.surprise, self.candidate, self.share)

    @property
    def differences(self) -> Floats:
        """Candidate minus control after each unit, in points; NaN while one is mute."""
        with np.errstate(invalid="ignore"):
            new, old = (
                np.cumsum(self.surprise * arm) / np.cumsum(arm)
                for arm in (self.candidate, ~self.candidate)
            )
        return np.asarray(new - old) * MOST


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of a comparison."""

    verdict: Verdict
    at: int
    """After how many ratings it was reached; 0: not yet."""
    difference: float | None
    """Candidate minus control, in points; None while an arm has said nothing."""
    low: float
    high: float
    """Its always-valid interval: each end is wrong in at most 5 % of comparisons."""
    ratings: int
    rated: tuple[int, int]
    """Units with a rating: the control's, the candidate's."""
    heard: tuple[int, int]
    """Those of them with enough ratings to be heard."""
    raters: int
    disagreeing: int
    """Units whose people are two points or more apart."""
    imbalance: float
    """How often chance alone splits the units as unevenly, at most (0-1)."""


@dataclass(slots=True)
class _Unit:
    scores: dict[str, list[float]] = field(default_factory=dict)
    n: int = 0

    def hear(self, rating: Rating) -> None:
        self.scores.setdefault(rating.rater, []).append(rating.score)
        self.n += 1

    @property
    def means(self) -> list[float]:
        return [sum(given) / len(given) for given in self.scores.values()]

    @property
    def value(self) -> float:
        return sum(self.means) / len(self.means)


@dataclass(frozen=True)
class Trial:
    """The ratings of one comparison in their order, and what was known before."""

    ratings: Sequence[Rating]
    before: Mapping[str, Before] = field(default_factory=dict)
    aims: Aims = Aims()

    def read(self) -> Reading:
        """What it says so far."""
        verdict, at = self.verdict
        known = self.heard.differences[-1:]
        low, high = self.interval
        return Reading(
            verdict=verdict,
            at=at,
            difference=float(known[0]) if np.isfinite(known).any() else None,
            low=low,
            high=high,
            ratings=len(self.ratings),
            rated=_split([one.candidate for one in self._firsts]),
            heard=_split(self.heard.candidate.tolist()),
            raters=len({rating.rater for rating in self.ratings}),
            disagreeing=sum(_is_split(unit) for unit in self.units.values()),
            imbalance=float(min(1.0, np.exp(-self._log_imbalance))),
        )

    @cached_property
    def units(self) -> dict[str, _Unit]:
        """Each unit and all it has said."""
        found: dict[str, _Unit] = {}
        for rating in self.ratings:
            found.setdefault(rating.unit, _Unit()).hear(rating)
        return found

    @cached_property
    def heard(self) -> Heard:
        """What the units have said that have enough ratings."""
        units: dict[str, _Unit] = {}
        rows: list[tuple[float, bool, float, int]] = []
        total, weight = USUAL * FIRMNESS, FIRMNESS
        for at, rating in enumerate(self.ratings, start=1):
            unit = units.setdefault(rating.unit, _Unit())
            unit.hear(rating)
            if unit.n != RATINGS:
                continue
            above = unit.value - self._expected(rating.unit, total / weight)
            bounded = max(-1.0, min(1.0, above / MOST))
            rows.append((bounded, rating.candidate, rating.share, at))
            total, weight = total + unit.value, weight + 1
        surprise, arm, share, ats = zip(*rows, strict=True) if rows else [()] * 4
        return Heard(
            surprise=np.array(surprise, float),
            candidate=np.array(arm, bool),
            share=np.array(share, float),
            at=np.array(ats, int),
        )

    def _expected(self, unit: str, others: float) -> float:
        known = self.before.get(unit, Before(0, 0))
        return (known.mean * known.n + others * FIRMNESS) / (known.n + FIRMNESS)

    @cached_property
    def verdict(self) -> tuple[Verdict, int]:
        """The first verdict and after how many ratings; none while units are uneven.

        "same" (surely not better by as much as is worth it) is a reason to end, and
        gives way to "worse" as soon as that is sure, too.
        """
        if self._log_imbalance >= -np.log(ALPHA_RATIO):
            return "imbalanced", len(self.ratings)
        better, worse, same = self._reached()
        if better or worse:
            return min(better + worse)[::-1]
        return same[0][::-1] if same else ("none", 0)

    def _reached(self) -> tuple[list[tuple[int, Verdict]], ...]:
        x, least, most = self.heard.contrasts
        apart, aims = self.heard.differences, self.aims
        with np.errstate(invalid="ignore"):
            better = _refuted(x, least, 0.0) & (apart >= aims.min_effect)
            worse = _refuted(-x, -most, 0.0) & (apart <= -aims.harm)
        same = _refuted(-x, -most, -aims.min_effect / MOST)
        return (
            self._first(better, "better"),
            self._first(worse, "worse"),
            self._first(same, "same"),
        )

    def _first(
        self, found: NDArray[np.bool_], verdict: Verdict
    ) -> list[tuple[int, Verdict]]:
        at = self.heard.at
        return [(int(at[found.argmax()]), verdict)] if found.any() else []

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Where the difference lies, in points."""
        if not len(self.heard.at):
            return -2 * MOST, 2 * MOST
        ends = self.heard.contrasts
        low, high = (float(end(*ends, ALPHA)[-1]) for end in (lower, upper))
        return float(max(low, -2.0) * MOST), float(min(high, 2.0) * MOST)

    @property
    def _firsts(self) -> list[Rating]:
        firsts: dict[str, Rating] = {}
        for rating in self.ratings:
            firsts.setdefault(rating.unit, rating)
        return list(firsts.values())

    @cached_property
    def _log_imbalance(self) -> float:
        firsts = self._firsts
        wealth = log_imbalance(
            [int(one.candidate) for one in firsts],
            [(1 - one.share, one.share) for one in firsts],
        )
        return float(max(wealth, default=0.0))


def _refuted(x: Floats, floor: Floats, claim: float) -> NDArray[np.bool_]:
    """After which observations the claim was refuted; once is for ever."""
    enough = log_wealth(x, floor, claim) >= -np.log(ALPHA)
    return np.asarray(np.maximum.accumulate(enough))


def _split(arms: Sequence[bool]) -> tuple[int, int]:
    return len(arms) - sum(arms), sum(arms)


def _is_split(unit: _Unit) -> bool:
    return max(unit.means) - min(unit.means) >= APART
