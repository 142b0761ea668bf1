"""A month's spending: bars for days, a line for their sum, the limit if it is near.

The highest day says its amount over its bar, the sum says it in the legend.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from agent.billing.money import dollars
from bot.drawings.look import BAR, GROUND, INK, LIMIT, LINE, plain

SIZE_INCHES = (6.4, 4.0)
EARLY, HEADROOM = 2, 0.12
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
    total = f"in total: {_dollars(sum(costs))}"
    axes.plot(days, sums, color=LINE, linewidth=2, marker=".", label=total)
    if limit and sums and sums[-1] >= limit * LIMIT_SHOWN_ABOVE:
        axes.axhline(limit, color=LIMIT, linestyle="--", label="limit")
    axes.set(title=told["title"], xlabel="Day of the month", ylabel="US dollars")
    axes.set_xlim(0.4, max([*days, 7]) + 0.6)
    axes.margins(y=HEADROOM)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if any(costs):
        _name_highest(axes, days, costs)
    plain(axes, grid="y")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)


def _name_highest(axes: Any, days: Sequence[int], costs: Sequence[float]) -> None:
    """Over its bar, on a ground of its own: the line may pass there."""
    at = costs.index(max(costs))
    axes.annotate(
        _dollars(costs[at]),
        (days[at], costs[at]),
        xytext=(0, 8),
        textcoords="offset points",
        # The axis and its numbers are close to the first days.
        ha="left" if days[at] <= EARLY else "center",
        fontsize="small",
        color=INK,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": GROUND, "linewidth": 0},
    )


def _dollars(amount: float) -> str:
    return dollars(Decimal(str(amount)))
