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

import numpy as np
from numpy.typing import NDArray

from agent.catalog.sequential import log_imbalance, lower, refuted, upper
from agent.catalog.trial_shapes import (
    MOST,
    Aims,
    ArmSoFar,
    Before,
    Heard,
    Rating,
    Reading,
    Verdict,
)

LOWEST, HIGHEST = 1.0, 5.0
RATINGS = 3
"""After how many ratings a unit is heard."""
ALPHA = 0.05
"""How often a version that changes nothing may win, and may be stopped as harmful."""
ALPHA_RATIO = 0.01
"""How often units that were drawn as planned may be called uneven."""
USUAL, FIRMNESS = 3.6, 2.0
"""Expected of a unit of which nothing is known, as if so many ratings had said it."""
APART = 2.0
"""Points between two people in one unit that are worth a word."""


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
    aims: Aims = field(default_factory=Aims)

    def read(self) -> Reading:
        """What it says so far."""
        verdict, at = self.verdict
        known = self.heard.differences[-1:]
        low, high = self.interval
        apart = (
            float(np.clip(known, low, high)[0]) if np.isfinite(known).any() else None
        )
        return Reading(
            verdict=verdict,
            at=at,
            difference=apart,
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
        rows: list[tuple[float, bool, float, int, float]] = []
        total, weight = USUAL * FIRMNESS, FIRMNESS
        for at, rating in enumerate(self.ratings, start=1):
            unit = units.setdefault(rating.unit, _Unit())
            unit.hear(rating)
            if unit.n != RATINGS:
                continue
            above = unit.value - self._expected(rating.unit, total / weight)
            bounded = max(-1.0, min(1.0, above / MOST))
            rows.append((bounded, rating.candidate, rating.share, at, unit.value))
            total, weight = total + unit.value, weight + 1
        columns = zip(*rows, strict=True) if rows else [()] * 5
        surprise, arm, share, ats, values = columns
        return Heard(
            surprise=np.array(surprise, float),
            candidate=np.array(arm, bool),
            share=np.array(share, float),
            at=np.array(ats, int),
            value=np.array(values, float),
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
            better = refuted(x, least, 0.0, ALPHA) & (apart >= aims.min_effect)
            worse = refuted(-x, -most, 0.0, ALPHA) & (apart <= -aims.harm)
        same = refuted(-x, -most, -aims.min_effect / MOST, ALPHA)
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

    def course(self, *, candidate: bool) -> list[ArmSoFar]:
        """An arm's mean over its units, each time one more was heard."""
        chosen = self.heard.candidate == candidate
        values, at = self.heard.value[chosen], self.heard.at[chosen]
        if not len(values):
            return []
        ends = np.full(len(values), LOWEST), np.full(len(values), HIGHEST)
        low, high = (end(values, *ends, ALPHA / 2) for end in (lower, upper))
        means = np.cumsum(values) / np.arange(1, len(values) + 1)
        rows = zip(at, means, low, high, strict=True)
        return [
            ArmSoFar(int(after), n, float(mean), float(least), float(most))
            for n, (after, mean, least, most) in enumerate(rows, start=1)
        ]

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


def _split(arms: Sequence[bool]) -> tuple[int, int]:
    return len(arms) - sum(arms), sum(arms)


def _is_split(unit: _Unit) -> bool:
    return max(unit.means) - min(unit.means) >= APART
