"""A month's spending: bars for days, a line for their sum, the limit if it is near."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.drawings.look import BAR, LIMIT, LINE, plain

SIZE_INCHES = (6.4, 4.0)
LIMIT_SHOWN_ABOVE = 0.25
"""Below this share of the limit its line would only flatten the bars."""


def draw(figure: Any, told: Mapping[str, Any]) -> None:
    """Draw it; ``told``: ``days`` as ``[iso day, usd]``, ``limit``, ``title``."""
    figure.set_size_inches(SIZE_INCHES)
    axes = figure.add_subplot()
    days = [date.fromisoformat(day).day for day, _ in told["days"]]
    costs = [float(cost) for _, cost in told["days"]]
    sums = [sum(costs[: at + 1]) for at in range(len(costs))]
    limit = None if told["limit"] is None else float(told["limit"])
    axes.bar(days, costs, color=BAR, label="each day")
    axes.plot(days, sums, color=LINE, linewidth=2, marker=".", label="so far")
    if limit and sums and sums[-1] >= limit * LIMIT_SHOWN_ABOVE:
        axes.axhline(limit, color=LIMIT, linestyle="--", label="limit")
    axes.set(title=told["title"], xlabel="Day of the month", ylabel="US dollars")
    axes.set_xlim(0.4, max([*days, 7]) + 0.6)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    plain(axes, grid="y")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
