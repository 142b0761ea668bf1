"""Where the marks of small drawings stand; ``console/plots.html`` draws them as SVG.

Each has ``said``, the same in words, for whoever cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LOWEST, HIGHEST = 1.0, 5.0
WIDE, PAD = 240, 6
BARS_WIDE, BARS_HIGH = 640, 160
AMOUNT = 90
"""So much room an amount takes, at its largest: on a telephone."""
LABEL = 110
"""So much room a label takes."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean on the scale from 1 to 5, and how sure it is."""

    said: str
    mean: float
    sure: tuple[float, float] | None
    ticks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """A line of means over time."""

    said: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands under it, how high it is, and that in words."""

    label: str
    value: float
    said: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar in its place."""

    bar: Bar
    x: float
    y: float
    wide: float
    tall: float
    has_label: bool
    is_highest: bool
    """Its amount stands over it."""

    @property
    def middle(self) -> float:
        """Where what stands under it is centred."""
        return self.x + self.wide / 2

    @property
    def over(self) -> tuple[str, float]:
        """Where its amount is anchored: at the ends it may not leave the picture."""
        if self.middle < AMOUNT / 2:
            return "start", self.x
        if self.middle > BARS_WIDE - AMOUNT / 2:
            return "end", self.x + self.wide
        return "middle", self.middle


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars side by side."""

    said: str
    bars: tuple[Placed, ...]
    wide: int
    high: int


def interval(mean: float, low: float | None, high: float | None) -> Interval:
    """Place a mean and its interval."""
    said, sure = f"Mean {mean:.1f} of 5", None
    if low is not None and high is not None:
        said += f", likely between {low:.1f} and {high:.1f}"
        sure = (_x(low), _x(high))
    return Interval(said, _x(mean), sure, tuple(map(_x, (1, 2, 3, 4, 5))))


def trend(means: Sequence[float]) -> Trend | None:
    """Place a line; None for a single mean, which has no direction."""
    if len(means) <= 1:
        return None
    step = (WIDE - 2 * PAD) / (len(means) - 1)
    points = tuple((PAD + step * n, _y(mean)) for n, mean in enumerate(means))
    told = ", ".join(f"{mean:.1f}" for mean in means)
    return Trend(f"Weekly means, oldest first: {told}", points)


def bars(title: str, values: Sequence[Bar]) -> Bars | None:
    """Place bars, the highest as high as there is room; None when there are none."""
    if not values:
        return None
    most = max(bar.value for bar in values) or 1.0
    step, foot, room = BARS_WIDE / len(values), BARS_HIGH - 22, BARS_HIGH - 48
    highest = max(range(len(values)), key=lambda n: values[n].value)
    every = max(1, round(LABEL / step))
    placed = tuple(
        Placed(
            bar=bar,
            x=n * step + step * 0.15,
            y=foot - room * bar.value / most,
            wide=step * 0.7,
            tall=room * bar.value / most,
            has_label=n % every == 0,
            is_highest=n == highest,
        )
        for n, bar in enumerate(values)
    )
    told = "; ".join(f"{bar.label}: {bar.said}" for bar in values)
    return Bars(f"{title}. {told}", placed, BARS_WIDE, BARS_HIGH)


def _x(score: float) -> float:
    return PAD + (score - LOWEST) / (HIGHEST - LOWEST) * (WIDE - 2 * PAD)


def _y(score: float) -> float:
    return 34 - (score - LOWEST) / (HIGHEST - LOWEST) * 28
