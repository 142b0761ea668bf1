"""One connection that LISTENs for everybody in this process, fanned out by channel."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy import URL

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

Connect = Callable[[], Awaitable[Any]]
"""Opens the asyncpg connection to listen on."""

log = structlog.get_logger()


def connector(url: URL) -> Connect:
    """Connect to ``url`` as a pool of SQLAlchemy's would."""

    async def connect() -> Any:
        return await asyncpg.connect(
            host=url.host or url.query.get("host"),
            port=url.port or int(str(url.query.get("port", 5432))),
            user=url.username,
            password=url.password,
            database=url.database,
            timeout=10,
            server_settings={"application_name": "draper-web-ears"},
        )

    return connect


class Heard:
    """A flag that something happened; many happenings before a look are one."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._event = asyncio.Event()

    def set(self) -> None:
        """Something happened, or may have."""
        self._event.set()

    async def wait(self, at_most_s: float) -> None:
        """Return when something happened since the last wait, or time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        self._event.clear()


class Ears:
    """Subscriptions to PostgreSQL's notifications, through reconnects.

    What a notification says is not passed on, only that there was one: who heard it
    reads the rows again, with their own rights. So nothing queues up for a slow reader,
    and a notification lost with a connection costs nothing but a look.
    """

    def __init__(self, connect: Connect) -> None:
        """Listen through ``connect``, from the first subscription on."""
        self._connect = connect
        self._wanted: dict[str, set[Heard]] = defaultdict(set)
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hear(self, channel: str) -> AsyncIterator[Heard]:
        """Subscribe; set once more when the subscription has become live."""
        heard = Heard()
        self._wanted[channel].add(heard)
        self._stirred.set()
        self._task = self._task or asyncio.create_task(self._listen())
        try:
            yield heard
        finally:
            self._wanted[channel].discard(heard)
            if not self._wanted[channel]:
                del self._wanted[channel]
            self._stirred.set()

    async def close(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                connection = await self._connect()
                failures = 0
                await self._serve(connection)
            except AWAY as error:
                log.warning("ears.database_away", reason=repr(error))
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _serve(self, connection: Any) -> None:
        listening: set[str] = set()
        connection.add_termination_listener(lambda _: self._stirred.set())
        try:
            while not connection.is_closed():
                self._stirred.clear()
                await self._follow(connection, listening)
                await self._stirred.wait()
        finally:
            connection.terminate()

    async def _follow(self, connection: Any, listening: set[str]) -> None:
        for channel in listening - set(self._wanted):
            await connection.remove_listener(channel, self._heard)
            listening.discard(channel)
        for channel in set(self._wanted) - listening:
            await connection.add_listener(channel, self._heard)
            listening.add(channel)
            self._tell(channel)

    def _heard(self, _connection: Any, _pid: int, channel: str, _: str) -> None:
        self._tell(channel)

    def _tell(self, channel: str) -> None:
        for heard in self._wanted.get(channel, ()):
            heard.set()
