"""What trying a proposed rule came to: means, spread, and whether good pieces suffered.

The scores are a judge's, from 1 to 5, and are never averaged with people's. The spread
is the standard deviation of single differences (one criterion, one pair, one look), so
that a gain within it is seen for what it is. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from agent.runs.trial_cases import Kind

WORSE = 0.25
"""Points that anchors may lose before it counts, if that is no mere noise."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One case, tried."""

    key: str
    kind: Kind
    scores: tuple[tuple[float, float], ...] = ()
    """Before and after, an answer each."""
    unclear: int = 0
    """Questions that the judge failed at, or answered with nonsense."""
    output_id: str = ""
    is_private: bool = False
    is_written: bool = True
    """False: a text could not be had."""
    place: str = ""
    """Its part of the keys of what was written for it."""

    @property
    def kept(self) -> dict[str, Any]:
        """It as JSON."""
        return asdict(self)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Tried":
        """It back from JSON."""
        scores = tuple((before, after) for before, after in kept["scores"])
        return cls(**{**kept, "kind": Kind(kept["kind"]), "scores": scores})


def summary(tried: Sequence[Tried], stages: int) -> dict[str, Any]:
    """What all cases came to together, as a proposal keeps it under ``tried``.

    ``state`` is ``tried``, or ``no_answer`` where not one case could be judged. Means
    are of cases, each counting once; None where there is no case of a sort. ``stages``:
    how many the skill has; all was written without them.
    """
    judged = [one for one in tried if one.scores]
    low = [one for one in judged if not one.kind.is_anchor]
    held = [one for one in low if one.kind is Kind.HELD_OUT]
    anchors = [one for one in judged if one.kind.is_anchor]
    before, after = _means(low)
    held_before, held_after = _means(held)
    anchors_before, anchors_after = _means(anchors)
    return {
        "state": "tried" if judged else "no_answer",
        "cases": len(low),
        "held_out": len(held),
        "anchors": len(anchors),
        "before": before,
        "after": after,
        "held_before": held_before,
        "held_after": held_after,
        "anchors_before": anchors_before,
        "anchors_after": anchors_after,
        "spread": _spread(low),
        "is_harm": _is_harm(anchors),
        "unclear": sum(one.unclear for one in tried),
        "asked": sum(one.unclear + len(one.scores) for one in tried),
        "unwritten": sum(not one.is_written for one in tried),
        "skips_stages": stages > 0,
        "example": _example([*low, *anchors]),
    }


def _example(tried: Iterable[Tried]) -> str:
    """Where a case lies that everybody may see; those that it was made for go first."""
    return next((one.place or one.key for one in tried if not one.is_private), "")


def _means(tried: Iterable[Tried]) -> tuple[float | None, float | None]:
    pairs = [
        (fmean(before for before, _ in one.scores), fmean(a for _, a in one.scores))
        for one in tried
    ]
    if not pairs:
        return None, None
    return (
        round(fmean(before for before, _ in pairs), 3),
        round(fmean(after for _, after in pairs), 3),
    )


def _differences(tried: Iterable[Tried]) -> list[float]:
    return [after - before for one in tried for before, after in one.scores]


def _spread(tried: Iterable[Tried]) -> float | None:
    found = _differences(tried)
    return round(stdev(found), 3) if len(found) > 1 else None


def _is_harm(anchors: Sequence[Tried]) -> bool:
    """Worse by more than ``WORSE``, and by two standard errors where they are known."""
    found = _differences(anchors)
    if not found:
        return False
    noise = 2 * stdev(found) / sqrt(len(found)) if len(found) > 1 else 0.0
    return -fmean(found) > max(WORSE, noise)
