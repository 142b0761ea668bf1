"""What is being worked on stays ours: only the work of the dead is taken by others."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import Services

log = structlog.get_logger()

OFTEN = 3
"""Times within one lease: a beat may come late, or be lost."""

T = TypeVar("T")


async def prolong(
    services: Services,
    lease_s: float,
    held: Collection[T],
    renew: Callable[[AsyncSession, list[T]], Awaitable[None]],
) -> None:
    """Prolong the leases of what ``held`` has at the time, until cancelled."""
    while True:
        await asyncio.sleep(lease_s / OFTEN)
        if not held:
            continue
        try:
            async with services.as_role("worker") as session:
                await renew(session, list(held))
        except Exception as error:  # noqa: BLE001 - the database comes back
            log.warning("leases.not_prolonged", error=type(error).__name__)
