"""Plots without drawing: what was asked for, as bytes that say it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from agent.plots import DayCost, QualityFigure, TrialFigure


@dataclass
class Sketches:
    """Draws at once, whatever the machine is busy with; the real one has its tests."""

    asked: list[object] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    """Of the pictures, in the same order."""

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        self.asked.append((days, limit_usd, title))
        self.titles.append(title)
        total = sum((one.cost_usd for one in days), Decimal(0))
        return f"PNG of {title}, {total:.6f}, {limit_usd}".encode()

    async def quality(self, figure: QualityFigure) -> bytes:
        self.asked.append(figure)
        self.titles.append(figure.title)
        return f"PNG of {figure.title}".encode()

    async def trial(self, figure: TrialFigure) -> bytes:
        self.asked.append(figure)
        self.titles.append(figure.title)
        return f"PNG of {figure.title}".encode()
