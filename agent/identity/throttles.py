"""How often something may be tried, counted over all processes."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import queries


@dataclass(frozen=True, slots=True)
class Tries:
    """How a window stands after a try."""

    count: int
    left_s: float
    """Until it ends, in seconds."""


async def allow(
    session: AsyncSession, key: str, *, limit: int, window: timedelta
) -> bool:
    """Count a try of ``key``; False when it is one too many in this window.

    Runs on ``system("door")``; the try counts only if the transaction commits.
    """
    return (await count(session, key, window=window)).count <= limit


async def count(session: AsyncSession, key: str, *, window: timedelta) -> Tries:
    """Count a try of ``key``; how many it makes in this window. As ``allow``."""
    return Tries(*await queries.count_try(session, key, window))
