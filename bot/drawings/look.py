"""Colours, sizes and axes that all plots share.

Whether a messenger is light or dark is not known here, so that a picture brings its own
ground: a soft white, on which every mark has a contrast of 4.5 : 1 or more. Blue and
vermilion stay apart for every kind of colour vision.
Source: Okabe and Ito (2008), Color Universal Design.
"""

from typing import Any

GROUND, INK, SOFT = "#fbfbf9", "#1f2933", "#5b6770"
BAR, LINE, LIMIT = "#3b7dd8", "#0b3d91", "#b42318"
FIRST, SECOND = "#005a9c", "#b34700"
"""Okabe and Ito's blue and vermilion, darkened until they can be read on the ground."""

TEXT_PT = 11
STYLE: Any = {
    # Bytes must be equal for equal data: no random ids.
    "svg.hashsalt": "draper",
    "font.size": TEXT_PT,
    "figure.facecolor": GROUND,
    "axes.facecolor": GROUND,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
}


def plain(axes: Any, *, grid: str) -> None:
    """Leave an axes what is read: two spines, and a faint grid along one axis."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, alpha=0.25)
    axes.set_axisbelow(True)
