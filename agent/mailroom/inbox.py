"""The inbox: nothing is acknowledged before it is kept here, nothing is kept twice."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from agent.mailroom import queries
from agent.mailroom.schemas import RawEvent
from db import faultpoints
from db.tenancy import system

faultpoints.declare("keep.before_commit", "keep.after_commit")

Waiting = tuple[Sequence[RawEvent], "asyncio.Future[None]"]


class Inbox:
    """Keeps raw events, gathering those that arrive together into one commit.

    One batch is written at a time: while it commits, the next one gathers, so the
    batch grows with the load and a lone event waits for nobody.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Write through ``engine``, a pool of ``agent_system`` kept for this alone."""
        self._engine = engine
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, events: Sequence[RawEvent]) -> None:
        """Return once ``events`` are committed; those already kept are left alone.

        Raises:
            SQLAlchemyError, OSError: The database did not take them.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._write([event for events, _ in batch for event in events])
            except Exception as error:  # noqa: BLE001 - each waiter gets it
                _settle(batch, error)
            else:
                _settle(batch, None)
        self._writer = None

    async def _write(self, events: Sequence[RawEvent]) -> None:
        async with system(self._engine, "door") as session:
            await queries.insert_events(session, events)
            faultpoints.reach("keep.before_commit")
        faultpoints.reach("keep.after_commit")


def _settle(batch: Sequence[Waiting], error: Exception | None) -> None:
    for _, done in batch:
        if done.done():
            continue  # its sender gave up waiting
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
