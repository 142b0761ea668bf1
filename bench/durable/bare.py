"""The least a durable step must do: a look, and a row of its own, committed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

from bench.durable.contest import Watch
from bot.durable.limits import Limits

CREATE = """
    CREATE TABLE IF NOT EXISTS bare_steps (
        run text, step integer, body json NOT NULL, PRIMARY KEY (run, step))
"""
LOOK = "SELECT body FROM bare_steps WHERE run = $1 AND step = $2"
KEEP = "INSERT INTO bare_steps (run, step, body) VALUES ($1, $2, '{}')"


class Bare:
    """Has no queue, no lease, no recovery; its runs would be lost in a crash."""

    name = "bare asyncpg"

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.watch = Watch()
        self._pool = pool
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self, name: str, steps: int) -> None:
        """Start a task."""
        task = asyncio.create_task(self._run(name, steps))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, name: str, steps: int) -> None:
        self.watch.begin(name)
        for step in range(steps):
            async with self._pool.acquire() as connection:
                await connection.fetch(LOOK, name, step)
                await connection.execute(KEEP, name, step)
        self.watch.end(name)


@contextlib.asynccontextmanager
async def bare(admin: URL) -> AsyncIterator[Bare]:
    """As many connections as the engine has."""
    _, options = create_async_engine(admin).dialect.create_connect_args(admin)
    async with asyncpg.create_pool(
        **options, min_size=0, max_size=Limits().connections
    ) as pool:
        await pool.execute(CREATE)
        yield Bare(pool)
