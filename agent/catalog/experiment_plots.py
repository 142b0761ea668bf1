"""A test as a picture in the object store."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from agent.catalog.experiments import CANDIDATE, CONTROL, Test
from agent.errors import Unavailable
from agent.plots import Course, Plots, TrialFigure
from agent.ports import Objects

FEWEST = 2
"""Units heard in each arm; with fewer there is no line to draw."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A kept picture."""

    key: str
    size_bytes: int
    alt: str
    """What it shows, in words."""


async def draw(
    plots: Plots | None, objects: Objects, workspace_id: UUID, test: Test
) -> Picture | None:
    """The test's picture; None where there is nothing to show, or no way to draw it.

    Raises:
        Unavailable: The object store does not answer.
    """
    if plots is None or min(test.reading.heard) < FEWEST:
        return None
    shown = figure(test)
    try:
        drawn = await plots.trial(shown)
    except Unavailable:
        return None  # the numbers say the same
    digest = hashlib.sha256(drawn).hexdigest()[:24]
    key = f"{workspace_id}/plots/{digest}.png"
    await objects.put(key, drawn, media_type="image/png")
    return Picture(key, len(drawn), _alt(shown))


def figure(test: Test) -> TrialFigure:
    """What is drawn of a test."""
    control, candidate = (
        Course(
            test.arms[key]["version"],
            [(one.at, one.mean, one.low, one.high) for one in test.course(key)],
        )
        for key in (CONTROL, CANDIDATE)
    )
    title = f"{test.row['title']}: {candidate.label} against {control.label}"
    return TrialFigure(title, control, candidate)


def _alt(shown: TrialFigure) -> str:
    said = [
        f"{side.label} has a mean of {mean:.1f}, surely between {low:.1f} and "
        f"{high:.1f}, over {len(side.points)} clients and people"
        for side in (shown.candidate, shown.control)
        for _, mean, low, high in side.points[-1:]
    ]
    return f"{shown.title}. After all ratings so far {'; '.join(said)}."
