"""Two versions compared: each one's mean as more is heard, and where it surely lies."""

from collections.abc import Mapping
from typing import Any

from bot.drawings.look import FIRST, SECOND, SOFT, plain

SIZE_INCHES = (5.0, 4.2)
SCALE = (1, 2, 3, 4, 5)
ENDS = (0.8, 5.2)
ROOM = 1.22
"""Beyond the last rating there is room for the last means."""
KEY = "Line: mean so far. Shade: where it lies, however often one looks (95 %)."


def draw(figure: Any, told: Mapping[str, Any]) -> None:
    """Draw it; ``told``: ``title``, ``control`` and ``candidate``.

    Each side: ``{label, points}``, a point being ``(ratings, mean, low, high)``; there
    is one at least.
    """
    figure.set_size_inches(SIZE_INCHES)
    figure.suptitle(told["title"], fontweight="bold")
    figure.supxlabel(KEY, fontsize="small", color=SOFT)
    axes = figure.add_subplot()
    sides = (told["control"], FIRST, "o", "//"), (told["candidate"], SECOND, "D", "..")
    last = max(side["points"][-1][0] for side, *_ in sides)
    for side, colour, shape, hatch in sides:
        points = [*side["points"], (last, *side["points"][-1][1:])]
        _side(axes, {**side, "points": points}, colour, (shape, hatch))
    _name_last(axes, [(side, colour) for side, colour, *_ in sides], last)
    axes.set_xlim(0, last * ROOM)
    axes.set_ylim(*ENDS)
    axes.set_yticks(SCALE)
    axes.set(xlabel="Ratings in the test", ylabel="Mean score")
    axes.legend(frameon=False, loc="lower right", ncols=2, fontsize="small")
    plain(axes, grid="y")


def _side(axes: Any, side: Any, colour: str, marks: tuple[str, str]) -> None:
    at, mean, low, high = zip(*side["points"], strict=True)
    shape, hatch = marks
    axes.fill_between(
        at,
        low,
        high,
        step="post",
        facecolor=colour,
        edgecolor=colour,
        hatch=hatch,
        alpha=0.16,
        linewidth=0,
    )
    axes.plot(at, mean, color=colour, linewidth=2, label=side["label"])
    axes.plot(at[-1], mean[-1], color=colour, marker=shape, markersize=8)


def _name_last(axes: Any, sides: Any, last: int) -> None:
    """The last means as numbers, apart from each other where they are close."""
    ordered = sorted(sides, key=lambda one: one[0]["points"][-1][1])
    for place, (side, colour) in enumerate(ordered):
        mean = side["points"][-1][1]
        axes.annotate(
            f"{mean:.1f}",
            (last, mean),
            xytext=(10, 7 if place else -7),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight="bold",
        )
