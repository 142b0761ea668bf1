"""How often something may be tried, counted over all processes."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import queries


async def allow(
    session: AsyncSession, key: str, *, limit: int, window: timedelta
) -> bool:
    """Count a try of ``key``; False when it is one too many in this window.

    Runs on ``system("door")``; the try counts only if the transaction commits.
    """
    return await queries.count_try(session, key, window) <= limit
