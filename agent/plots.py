"""Drawing, as the agent asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DayCost:
    """What one day cost, for a plot."""

    day: date
    cost_usd: Decimal


class Plots(Protocol):
    """Drawing."""

    async def month(
        self, days: Sequence[DayCost], limit_usd: Decimal | None, title: str
    ) -> bytes:
        """A month's spending, by day and summed up, as PNG; equal input, equal bytes.

        Raises:
            Unavailable: It could not be drawn in time.
        """
        ...
