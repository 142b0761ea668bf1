"""Plots as pictures, drawn in a process of its own.

matplotlib takes a second to load and some 60 MB to keep. A short-lived child pays both,
and the serving process neither. As a program (``python -m bot.plots png``) this module
is that child: what to draw comes in as JSON, the picture goes out.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

from agent.errors import Unavailable
from agent.plots import DayCost, QualityFigure, TrialFigure

Form = Literal["png", "svg"]

TIMEOUT_S = 5.0
"""Whoever asked waits in a chat, under a lease of 10 s; the numbers come without it."""
DPI = 150


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
        return await self.draw(told(days, limit_usd, title), "png")

    async def quality(self, figure: QualityFigure) -> bytes:
        """Means with their intervals, week by week and by version, as PNG.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        return await self.draw(of_quality(figure), "png")

    async def trial(self, figure: TrialFigure) -> bytes:
        """Both sides' means so far with their always-valid intervals, as PNG.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        return await self.draw({"kind": "trial", **asdict(figure)}, "png")

    async def draw(self, asked: Mapping[str, Any], form: Form) -> bytes:
        """Whatever is told, as PNG or SVG.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        async with self._turn:
            return await self._child(json.dumps(asked).encode(), form)

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
    """What the child is told of a month, as JSON values."""
    return {
        "kind": "month",
        "days": [[one.day.isoformat(), str(one.cost_usd)] for one in days],
        "limit": None if limit_usd is None else str(limit_usd),
        "title": title,
    }


def of_quality(figure: QualityFigure) -> dict[str, Any]:
    """What the child is told of a skill's quality, as JSON values."""
    return {"kind": "quality", **asdict(figure)}


def picture(asked: Mapping[str, Any], form: Form) -> bytes:
    """Draw it, in this process; ``asked["kind"]`` names the drawing."""
    import matplotlib as mpl  # noqa: PLC0415 - only the child may pay for it

    from bot.drawings import DRAW  # noqa: PLC0415
    from bot.drawings.look import STYLE  # noqa: PLC0415

    mpl.use("Agg")
    mpl.rcParams |= STYLE
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(layout="constrained")
    DRAW[asked["kind"]](figure, asked)
    out = BytesIO()
    # Bytes must be equal for equal data: no dates.
    plain = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    figure.savefig(out, format=form, dpi=DPI, metadata=plain)
    return out.getvalue()


if __name__ == "__main__":
    chosen: Form = "svg" if sys.argv[1:] == ["svg"] else "png"
    sys.stdout.buffer.write(picture(json.load(sys.stdin), chosen))
