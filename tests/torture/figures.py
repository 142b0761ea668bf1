"""What a part has measured, and what it must not exceed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    most: float | None = None
    """More than this is a fault; None where anything goes."""
    which: tuple[str, ...] = ()
    """Some of those counted."""

    @classmethod
    def none(cls, what: str, found: Iterable[object]) -> "Figure":
        """Count what must not be."""
        each = [str(one) for one in found]
        return cls(what, len(each), 0, tuple(each[:3]))

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        """Return the line."""
        shown = f"{self.value:,.2f}" if self.value % 1 else f"{self.value:,.0f}"
        limit = "" if self.most is None else f"at most {self.most:g}"
        line = f"{self.what:58} {shown:>10}  {limit}"
        return line if self.holds else "\n    ".join((f"{line}  FAULT", *self.which))


def faults(figures: Iterable[Figure]) -> list[str]:
    """Return the lines that do not hold."""
    return [str(figure) for figure in figures if not figure.holds]


def share(values: Iterable[float], part: float) -> float:
    """Return the value below which ``part`` of them lie; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
