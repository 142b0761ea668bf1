"""How good a skill's pieces were found: what it is of, week by week, by version."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from bot.drawings.look import FIRST, GROUND, INK, SECOND, SOFT, plain

WIDE_INCHES = 5.0
"""At 150 dots an inch a telephone shows it as it is, and its letters stay large."""
LINE_INCHES, TREND_INCHES, FRAME_INCHES = 0.46, 1.9, 0.95
TITLE_CHARS = 40
"""Of the title in one line, bold as it is."""
SCALE = (1, 2, 3, 4, 5)
ENDS = (0.8, 5.2)
"""Of the scale, with room for the marks at 1 and 5."""

BAND = {"linewidth": 7, "solid_capstyle": "butt"}
KEY = (
    "Bar: where the true mean likely lies (95 %).\n"
    "Hollow: too few scores to say. (n): scores."
)

Told = Sequence[Mapping[str, Any]]


def draw(figure: Any, told: Mapping[str, Any]) -> None:
    """Draw the parts there are, one below the other.

    ``told``: ``title``; ``dimensions``, ``weeks`` and ``versions`` as lists of
    ``{label, n, mean, low, high}``.
    """
    parts = [
        (_rows, told["dimensions"], "What people gave", FIRST, "o"),
        (_trend, told["weeks"], "Week by week", FIRST, "o"),
        (_rows, told["versions"], "By version", SECOND, "D"),
    ]
    shown = [part for part in parts if part[1]]
    tall = [_inches(part) for part in shown]
    figure.set_size_inches(WIDE_INCHES, sum(tall) + 1.0)
    figure.suptitle(fill(told["title"], TITLE_CHARS), fontweight="bold")
    figure.supxlabel(KEY, fontsize="small", color=SOFT)
    all_axes = figure.subplots(len(shown), gridspec_kw={"height_ratios": tall})
    for axes, (paint, marks, title, colour, shape) in zip(
        all_axes if len(shown) > 1 else [all_axes], shown, strict=True
    ):
        axes.set_title(title, loc="left", fontsize="medium", color=SOFT)
        paint(axes, marks, colour, shape)


def _inches(part: tuple[Any, Told, str, str, str]) -> float:
    paint, marks, *_ = part
    if paint is _trend:
        return TREND_INCHES
    return FRAME_INCHES + LINE_INCHES * len(marks)


def _rows(axes: Any, marks: Told, colour: str, shape: str) -> None:
    """One line a mark: a dot at the mean, a bar where the true mean likely lies."""
    places = range(len(marks))
    for y, one in zip(places, marks, strict=True):
        if one["low"] is not None:
            axes.plot(
                (one["low"], one["high"]), (y, y), color=colour, alpha=0.35, **BAND
            )
        _dot(axes, (one["mean"], y), one, (colour, shape, 9))
        axes.annotate(
            f"{one['mean']:.1f}",
            (one["mean"], y),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize="small",
            color=INK,
        )
    labels = [f"{one['label']}\n({one['n']})" for one in marks]
    axes.set_yticks(list(places), labels, fontsize="small", linespacing=1.15)
    axes.set_ylim(len(marks) - 0.5, -0.75)
    axes.set_xlim(*ENDS)
    axes.set_xticks(SCALE)
    plain(axes, grid="x")


def _trend(axes: Any, marks: Told, colour: str, shape: str) -> None:
    """A line of weekly means; under each week, how many scores it is of."""
    places = list(range(len(marks)))
    means = [one["mean"] for one in marks]
    for x, one in zip(places, marks, strict=True):
        if one["low"] is not None:
            axes.plot(
                (x, x), (one["low"], one["high"]), color=colour, alpha=0.2, **BAND
            )
    axes.plot(places, means, color=colour, linewidth=2)
    for x, one in zip(places, marks, strict=True):
        _dot(axes, (x, one["mean"]), one, (colour, shape, 7))
    every = max(1, -(-len(marks) // 6))
    named = places[::-1][::every][::-1]
    labels = [f"{marks[at]['label']}\n({marks[at]['n']})" for at in named]
    axes.set_xticks(named, labels, fontsize="small", linespacing=1.15)
    axes.set_xlim(-0.5, len(marks) - 0.5)
    axes.set_ylim(*ENDS)
    axes.set_yticks(SCALE)
    plain(axes, grid="y")


def _dot(
    axes: Any,
    at: tuple[float, float],
    mark: Mapping[str, Any],
    look: tuple[str, str, int],
) -> None:
    """Hollow where nothing says how sure it is."""
    colour, shape, size = look
    axes.plot(
        *([at[0]], [at[1]]),
        color=colour if mark["low"] is not None else GROUND,
        marker=shape,
        markersize=size,
        markeredgecolor=colour,
        markeredgewidth=1.8,
    )
