"""The engine's own way to PostgreSQL: a small pool as the worker role, and its ear.

It goes past SQLAlchemy because a step's cost is counted in round trips, and past
``db.tenancy`` because it touches schema ``engine`` only, where no tenant's rows are.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db import roles

CHANNEL = "engine"
BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
STOPPED_MS = "15000"
"""A process that stops inside a transaction holds its locks no longer than that."""
LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""What passes by itself: the same statement may succeed a moment later."""

T = TypeVar("T")
Connection: TypeAlias = asyncpg.Connection
log = structlog.get_logger()


class Database:
    """Connections of the worker role, opened when first needed."""

    def __init__(self, engine: AsyncEngine, size: int) -> None:
        """Take the address from ``engine``, a pool of ``agent_system``."""
        self._options = _options(engine)
        self._size = size
        self._pool: asyncpg.Pool | None = None
        self.trouble = ""
        """Why the last statement did not arrive; empty while all is well."""

    async def open(self) -> None:
        """Connect."""
        self._pool = await asyncpg.create_pool(
            **self._options, min_size=0, max_size=self._size, reset=_as_it_is
        )

    async def close(self) -> None:
        """Give the connections back."""
        if self._pool:
            pool, self._pool = self._pool, None
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(pool.close(), timeout=5)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; every statement on it commits by itself."""
        if self._pool is None:
            raise asyncpg.InterfaceError("the engine is not started")
        async with self._pool.acquire() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction; commit on a clean exit."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what ``work`` returns, again and again while the database is away."""
        for failures in range(1_000_000):
            try:
                done = await work()
            except LOST as error:
                self._note(repr(error))
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            else:
                self._note("")
                return done
        raise AssertionError("unreachable")

    def _note(self, trouble: str) -> None:
        if trouble and not self.trouble:
            log.warning("engine.database_away", reason=trouble)
        if self.trouble and not trouble:
            log.info("engine.database_back")
        self.trouble = trouble

    async def listen(self, hear: Callable[[str], None], ready: asyncio.Event) -> None:
        """Call ``hear`` with every payload, through reconnects, until cancelled.

        ``hear("")`` is also called after each reconnect, for what was missed.
        """
        while True:
            await self.insist(lambda: self._listen_once(hear, ready))

    async def _listen_once(
        self, hear: Callable[[str], None], ready: asyncio.Event
    ) -> None:
        lost = asyncio.Event()
        connection = await asyncpg.connect(**self._options)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, _payload(hear))
            ready.set()
            hear("")
            await lost.wait()
        finally:
            connection.terminate()


async def _as_it_is(_: Connection) -> None:
    """Spare the round trip that resets a session: nothing here outlives a transaction.

    An open transaction is rolled back all the same.
    """


def _payload(hear: Callable[[str], None]) -> Callable[..., None]:
    def heard(_connection: Any, _pid: int, _channel: str, payload: str) -> None:
        hear(payload)

    return heard


def _options(engine: AsyncEngine) -> dict[str, Any]:
    # The dialect knows how its URLs map to the driver's arguments, sockets and TLS too.
    _, options = engine.dialect.create_connect_args(engine.url)
    settings = {
        "role": roles.WORKER,
        "application_name": "draper-engine",
        "idle_in_transaction_session_timeout": STOPPED_MS,
    }
    limits = {"timeout": 10, "command_timeout": 30}
    return {**options, **limits, "server_settings": settings}
