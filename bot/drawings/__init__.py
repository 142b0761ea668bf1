"""What each plot looks like: it is told as JSON values, and drawn on a Figure.

matplotlib is loaded by the process that draws (`bot.plots`), and by nobody else: a
drawing is handed its figure and imports none of it.

To add one: a module with `draw(figure, told)`, its line in `DRAW`, its values in
`bot.plots`. Colours and marks are of `look`: they differ in shape and lightness, too,
so that nobody has to tell them by their hue.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.drawings import month, quality, trial

Draw = Callable[[Any, Mapping[str, Any]], None]

DRAW: Mapping[str, Draw] = {
    "month": month.draw,
    "quality": quality.draw,
    "trial": trial.draw,
}
