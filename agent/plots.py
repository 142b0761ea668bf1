"""Drawing, as the agent asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DayCost:
    """What one day cost, for a plot."""

    day: date
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Mark:
    """A mean on the scale from 1 to 5, how many scores it is of, how sure it is."""

    label: str
    n: int
    mean: float
    low: float | None = None
    """None with ``high``: too few scores for an interval."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """How good a skill's pieces were found, as one picture for a telephone."""

    title: str
    dimensions: Sequence[Mark]
    """Accuracy, quality ..., in the order in which they are read."""
    weeks: Sequence[Mark] = ()
    """Oldest first; drawn where there are two."""
    versions: Sequence[Mark] = ()
    """Side by side, where there are two."""


@dataclass(frozen=True, slots=True)
class Course:
    """One side of a comparison, as more and more of it is heard."""

    label: str
    points: Sequence[tuple[int, float, float, float]]
    """After how many ratings: the mean so far on the scale from 1 to 5, and where it
    lies for sure, from and to."""


@dataclass(frozen=True, slots=True)
class TrialFigure:
    """Two versions compared, as one picture for a telephone."""

    title: str
    control: Course
    candidate: Course


class Plots(Protocol):
    """Drawing."""

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        """A month's spending, by day and summed up, as PNG; equal input, equal bytes.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        ...

    async def quality(self, figure: QualityFigure) -> bytes:
        """Means with their intervals, week by week and by version, as PNG.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        ...

    async def trial(self, figure: TrialFigure) -> bytes:
        """Both sides' means so far with their always-valid intervals, as PNG.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        ...
