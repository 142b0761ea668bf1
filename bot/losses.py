"""Messages whose sender was lost: each is tried again alone, and not for ever.

What kills the process that sends it takes along all that is sent beside it. Tried by
itself it kills nothing else, and the count is its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.mailroom import loss_queries
from agent.mailroom.schemas import Delivery
from agent.ports import AsRole

MOST = 4
"""Tries after the first one that was lost."""
TOO_OFTEN = "unanswered: its sender was lost each time"


class Losses:
    """One process's way with such messages."""

    def __init__(self, as_role: AsRole) -> None:
        """Keep the count in rows that ``as_role`` opens."""
        self._as_role = as_role
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def apart(self, delivery: Delivery) -> AsyncIterator[bool]:
        """Whether it may be tried; while it is, nothing else that was lost is."""
        if not delivery.was_lost:
            yield True
            return
        async with self._alone:
            async with self._as_role("worker") as session:
                tries = await loss_queries.count(session, delivery)
            yield tries <= MOST
