"""What goes into a comparison of two versions, and what comes out of it; pure."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.catalog.sequential import Floats, contrasts

MOST = 1.0
"""Points that a unit can be above or below what was expected of it."""

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
    value: Floats
    """What each said, 1-5."""

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
class ArmSoFar:
    """An arm's units after one more of them has been heard."""

    at: int
    """After how many ratings of the whole comparison."""
    n: int
    mean: float
    """1-5."""
    low: float
    high: float
    """The always-valid 95 % interval."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of a comparison."""

    verdict: Verdict
    at: int
    """After how many ratings it was reached; 0: not yet."""
    difference: float | None
    """Candidate minus control, in points, within the interval; None while an arm has
    said nothing."""
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
