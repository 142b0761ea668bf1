"""A PostgreSQL of the torture's own, to be killed and started again."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from db import schema
from db.server import Server
from db.server_bootstrap import Urls, connected
from tests.torture import ledger

VICTIM = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"


@dataclass
class Postgres:
    """The server, and what befell it."""

    server: Server
    urls: Urls
    gone: list[tuple[float, float]] = field(default_factory=list)
    """From when to when it was away."""

    async def dies(self, chance: random.Random) -> None:
        """Die in one of the ways there are, and come back."""
        ways: list[Callable[[], Awaitable[None]]] = [
            lambda: self._restarted(signal.SIGKILL),
            lambda: self._restarted(signal.SIGQUIT),
            lambda: self._restarted(signal.SIGINT),
            lambda: self._backend_killed(chance),
        ]
        began = time.time()
        await chance.choice(ways)()
        await self._answers()
        self.gone.append((began, time.time()))

    async def _restarted(self, how: signal.Signals) -> None:
        """End the postmaster: at once, without a shutdown, or in order."""
        assert self.server.pid
        os.kill(self.server.pid, how)
        await self.server.stop()
        await self.server.start()

    async def _backend_killed(self, chance: random.Random) -> None:
        """Kill one session, whereupon PostgreSQL throws out all and recovers."""
        async with connected(self.urls.admin) as connection:
            mine = connection.get_server_pid()
            rows = await connection.fetch(VICTIM)
        pids = [row["pid"] for row in rows if row["pid"] != mine] or [mine]
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(pids), signal.SIGKILL)

    async def _answers(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
                async with connected(self.urls.admin) as connection:
                    await connection.fetchval("SELECT 1")
                return
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def started(folder: Path, *, durable: bool) -> AsyncIterator[Postgres]:
    """A server with our schema and the ledger's table."""
    server = Server(folder, durable=durable)
    urls = await server.start()
    try:
        owner = create_async_engine(urls.owner)
        async with owner.begin() as connection:
            await connection.run_sync(schema.upgrade)
        await owner.dispose()
        await ledger.create(urls.admin)
        yield Postgres(server, urls)
    finally:
        await server.stop()
