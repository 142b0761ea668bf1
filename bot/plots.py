"""A month's spending as a picture, drawn in a process of its own.

matplotlib takes a second to load and some 60 MB to keep. A short-lived child pays both,
and the serving process neither. As a program (``python -m bot.plots png``) this module
is that child: what to draw comes in as JSON, the picture goes out.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

from agent.errors import Unavailable
from agent.plots import DayCost

Form = Literal["png", "svg"]

TIMEOUT_S = 5.0
"""Whoever asked waits in a chat, under a lease of 10 s; the numbers come without it."""
INK, BAR, LINE, LIMIT = "#1f2933", "#3b7dd8", "#0b3d91", "#b42318"
SIZE_INCHES = (6.4, 4.0)
DPI = 150
LIMIT_SHOWN_ABOVE = 0.25
"""Below this share of the limit its line would only flatten the bars."""


@dataclass(frozen=True, slots=True)
class UsagePlots:
    """``Plots`` in child processes, one at a time: two cores are shared with chats."""

    timeout_s: float = TIMEOUT_S
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        """A month's spending, by day and summed up, as PNG; equal input, equal bytes.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        return await self.draw(days, limit_usd, title, "png")

    async def draw(
        self,
        days: Sequence[DayCost],
        limit_usd: Decimal | None,
        title: str,
        form: Form,
    ) -> bytes:
        """The same as PNG or SVG."""
        asked = json.dumps(told(days, limit_usd, title)).encode()
        async with self._turn:
            return await self._child(asked, form)

    async def _child(self, asked: bytes, form: Form) -> bytes:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, form),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(self.timeout_s):
                drawn, _ = await child.communicate(asked)
        except TimeoutError:
            drawn = b""
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode or not drawn:
            raise Unavailable("The plot could not be drawn.", hint="Try again.")
        return drawn


def told(
    days: Sequence[DayCost], limit_usd: Decimal | None, title: str
) -> dict[str, Any]:
    """What the child is told, as JSON values."""
    return {
        "days": [[one.day.isoformat(), str(one.cost_usd)] for one in days],
        "limit": None if limit_usd is None else str(limit_usd),
        "title": title,
    }


def picture(asked: dict[str, Any], form: Form) -> bytes:
    """Draw it: bars for days, a line for their sum, the limit where it is near."""
    import matplotlib as mpl  # noqa: PLC0415 - only the child may pay for it

    mpl.use("Agg")
    # Bytes must be equal for equal data: no dates, no random ids.
    mpl.rcParams |= {"svg.hashsalt": "draper", "font.size": 11, "text.color": INK}
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    _draw(figure.add_subplot(), asked)
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    out = BytesIO()
    plain = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    figure.savefig(out, format=form, dpi=DPI, metadata=plain)
    return out.getvalue()


def _draw(axes: Any, asked: dict[str, Any]) -> None:
    days = [date.fromisoformat(day).day for day, _ in asked["days"]]
    costs = [float(cost) for _, cost in asked["days"]]
    sums = [sum(costs[: at + 1]) for at in range(len(costs))]
    limit = None if asked["limit"] is None else float(asked["limit"])
    axes.bar(days, costs, color=BAR, label="each day")
    axes.plot(days, sums, color=LINE, linewidth=2, marker=".", label="so far")
    if limit and sums and sums[-1] >= limit * LIMIT_SHOWN_ABOVE:
        axes.axhline(limit, color=LIMIT, linestyle="--", label="limit")
    axes.set(title=asked["title"], xlabel="Day of the month", ylabel="US dollars")
    axes.set_xlim(0.4, max([*days, 7]) + 0.6)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)


if __name__ == "__main__":
    chosen: Form = "svg" if sys.argv[1:] == ["svg"] else "png"
    sys.stdout.buffer.write(picture(json.load(sys.stdin), chosen))
