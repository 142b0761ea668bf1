"""Whoever sends the errands, tells the waiting, cancels, and waits for the end."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import create_async_engine

from bot.durable import events, transitions
from bot.durable.database import Database
from bot.durable.port import Event
from db.server_bootstrap import Urls
from tests.torture.programs import EITHER, HEARD, Errand, event

AWAITED = """
    SELECT w.run_id::text, w.event, e.data->>'key' AS key
    FROM engine.watches w JOIN engine.runs r ON r.id = w.run_id
    JOIN engine.events e ON e.id = r.event_id
    WHERE starts_with(w.event, $1) OR starts_with(w.event, $2)
"""
OPEN = """
    SELECT (SELECT count(*) FROM engine.runs WHERE status = 'active')
        + (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL)
"""
STOPPABLE = """
    SELECT r.id, r.event_id FROM engine.runs r
    WHERE function_id = 't-stoppable' AND status = 'active'
"""
TICK = "UPDATE engine.crons SET next_at = now()"
CHUNK = 25


class Driver:
    """Goes on through whatever befalls workers and database."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        self._chance = chance

    async def send(self, errands: Sequence[Errand], per_s: float) -> None:
        """Send the errands at a pace, some of them twice."""
        for start in range(0, len(errands), CHUNK):
            chunk = errands[start : start + CHUNK]
            again = [one for one in chunk if self._chance.random() < 0.1]
            await self.tell(*map(event, [*chunk, *again]))
            await asyncio.sleep(len(chunk) / per_s)

    async def tell(self, *told: Event) -> None:
        """Send events until they are kept."""

        async def send() -> None:
            async with self._database.connection() as connection:
                await events.send(connection, told)

        await self._database.insist(send)

    async def answer(self) -> None:
        """Tell runs what they wait for, now and then, forever."""
        while True:
            rows = await self.rows(AWAITED, f"{HEARD}.", f"{EITHER}.")
            told = [
                Event(name, {"key": key}, f"{run_id}:{name}")
                for run_id, name, key in rows
                if name.startswith(HEARD) or self._chance.random() < 0.3
            ]
            if told:
                await self.tell(*told)
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))

    async def stop_some(self) -> None:
        """Cancel a run now and then, by event or by call, forever."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.05, 0.2))
            rows = await self.rows(STOPPABLE)
            if not rows:
                continue
            run_id, key = self._chance.choice(rows)
            if self._chance.random() < 0.5:
                await self.tell(Event("stop", {"key": key}, f"stop:{key}"))
            else:
                await self._cancel(run_id)

    async def tick(self) -> None:
        """Let the crons' time come every now and then, forever."""
        while True:
            await self.rows(TICK)
            await asyncio.sleep(0.2)

    async def _cancel(self, run_id: UUID) -> None:
        cancel = partial(transitions.cancel, self._database, run_id)
        await self._database.insist(cancel)

    async def ended(self, within_s: float) -> bool:
        """Wait until nothing is left to do; False when that took too long."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            [[left]] = await self.rows(OPEN)
            if not left:
                return True
            await asyncio.sleep(0.1)
        return False

    async def has(self, event_id: str) -> bool:
        """Whether an event was kept."""
        return bool(
            await self.rows("SELECT FROM engine.events WHERE id = $1", event_id)
        )

    async def rows(self, query: str, *values: object) -> list[Any]:
        """Return what a query finds, once there is a database to ask."""

        async def ask() -> list[Any]:
            async with self._database.connection() as connection:
                return list(await connection.fetch(query, *values))

        return await self._database.insist(ask)


@contextlib.asynccontextmanager
async def driving(urls: Urls, chance: random.Random) -> AsyncIterator[Driver]:
    """A driver with connections of its own."""
    system = create_async_engine(urls.system)
    database = Database(system, 4)
    await database.open()
    try:
        yield Driver(database, chance)
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def beside(*doing: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let coroutines go on for as long as the block takes; their errors end it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in doing]
        yield
        for task in tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def haunted(
    deed: Callable[[], Awaitable[None]], pause_s: Callable[[], float]
) -> AsyncIterator[None]:
    """Let a deed be done again and again during the block, the last one to its end."""
    over = asyncio.Event()

    async def haunt() -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause_s())
                return
            await deed()

    async with asyncio.TaskGroup() as group:
        group.create_task(haunt())
        yield
        over.set()
