"""The embedded engine: durable runs in this process, their state in our PostgreSQL."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.durable import events as mail
from bot.durable import flow, queue, registry, transitions, views
from bot.durable.books import Books
from bot.durable.database import Database
from bot.durable.dispatch import BATCH, dispatch
from bot.durable.host import Host
from bot.durable.limits import Limits
from bot.durable.observer import NOBODY, Observer
from bot.durable.port import EngineHealth, Event, RunView
from bot.durable.registry import Registry
from bot.durable.worker import Worker

RUSH_S = 0.01
"""The least pause when a job is due that another process just holds."""

log = structlog.get_logger()


class EmbeddedEngine:
    """A RunEngine that needs nothing but the database."""

    def __init__(
        self,
        system_engine: AsyncEngine,
        host: Host,
        limits: Limits | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        """Get ready to run the host's functions; nothing happens before ``start``.

        Args:
            system_engine: A pool of ``agent_system``; its address is used.
            host: Where the functions live.
            limits: Pace; the defaults suit one machine.
            observer: Hears of what happens, to count and trace it.
        """
        self._limits = limits or Limits()
        self._host = host
        self._registry = Registry()
        self._database = Database(system_engine, self._limits.connections)
        self._observer = observer
        books = Books(self._database, host, self._registry, self._limits, observer)
        self._worker = Worker(self._database, host, books, self._limits, observer)
        self._wake, self._mail = asyncio.Event(), asyncio.Event()
        self._worker.freed = self._wake.set
        self._tasks: list[asyncio.Task[None]] = []
        self._stale = False
        """The functions may have changed since they were read."""
        self._tick_at = 0.0
        """When, by the loop's clock, the dispatcher is to look though nothing came."""
        self._queued = 0
        self._trouble = "not started"

    async def start(self) -> None:
        """Begin to work; returns once events are being taken."""
        await self._database.open()
        await self._database.insist(self._register)
        listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._database.listen(self._hear, listening)),
            asyncio.create_task(self._forever(self._turn)),
            asyncio.create_task(self._forever(self._beat)),
        ]
        await listening.wait()
        self._trouble = ""
        log.info("engine.started", functions=sorted(self._host.plans))

    async def stop(self, drain: timedelta) -> None:
        """Take nothing new, let running steps end within ``drain``, then stop."""
        self._trouble = "stopping"
        await self._worker.drain(drain)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._database.close()
        self._trouble = "stopped"

    async def send(self, *events: Event) -> list[str]:
        """Queue events on their own; returns their ids. Idempotent by ``Event.id``."""

        async def send() -> list[str]:
            async with self._database.connection() as connection:
                return await mail.send(connection, events)

        return await self._database.insist(send)

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        """Queue events in the caller's transaction: they leave only if it commits."""
        return await mail.send_in(session, events)

    async def cancel(self, run_id: str) -> bool:
        """Stop a run, the step it is in too; False when it had already ended."""
        key = _uuid(run_id)
        if key is None:
            return False
        cancel = partial(transitions.cancel, self._database, key)
        done = await self._database.insist(cancel)
        if done:
            self._worker.cut(run_id)
        return done

    async def get(self, run_id: str) -> RunView | None:
        """One run with its steps; None when there is none (or it was pruned)."""
        key = _uuid(run_id)
        async with self._database.connection() as connection:
            return await views.get(connection, key) if key else None

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started."""
        async with self._database.connection() as connection:
            return await views.find(connection, event_id)

    def health(self) -> EngineHealth:
        """How it stands, from memory, without a round trip."""
        trouble = self._trouble or self._database.trouble
        return EngineHealth(
            ok=not trouble,
            detail=trouble or "working",
            queued=self._queued,
            running=self._worker.running,
        )

    def _hear(self, payload: str) -> None:
        if payload.startswith(mail.CANCEL):
            self._worker.cut(payload.removeprefix(mail.CANCEL))
            return
        if payload in ("", registry.FUNCTIONS):
            self._stale = True
        if payload != mail.JOBS:
            self._mail.set()
        self._wake.set()

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await self._database.insist(work)
            except Exception:
                # One of the edges: the engine outlives whatever befalls one turn.
                log.exception("engine.turn_broke")
                await asyncio.sleep(self._limits.poll.total_seconds())

    async def _turn(self) -> None:
        """Turn events into runs and runs into calls, then wait for news."""
        woken = self._wake.is_set() and _now() < self._tick_at
        news = self._mail.is_set() or not woken
        self._wake.clear()
        self._mail.clear()
        if self._stale:
            await self._load()
        while news and await self._dispatch() == BATCH:
            pass
        wait_s = self._limits.poll.total_seconds()
        if news:
            self._tick_at = _now() + wait_s
        if await self._worker.fill():
            wait_s = min(wait_s, await self._look_ahead())
        elif news:
            # No room for jobs, but the clock does not wait for it.
            await self._look_ahead()
        wait_s = max(RUSH_S, min(wait_s, self._tick_at - _now()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._wake.wait()

    async def _dispatch(self) -> int:
        return await dispatch(self._database, self._registry, self._observer)

    async def _look_ahead(self) -> float:
        """Return the seconds until there is something to do that there is room for."""
        async with self._database.connection() as connection:
            room, known = self._worker.room(), self._registry.known
            outlook = await queue.outlook(connection, room, known)
        await self._worker.see(outlook.now)
        poll = self._limits.poll
        tick, due = outlook.next_tick or poll, outlook.next_due or poll
        self._tick_at = _now() + min(tick, poll).total_seconds()
        return max(RUSH_S, min(tick, due).total_seconds())

    async def _register(self) -> None:
        if self._host.app:
            async with self._database.connection() as connection:
                await registry.sync(connection, self._host.app, "", self._host.configs)
        await self._load()

    async def _load(self) -> None:
        # Before reading: what changes meanwhile is read again. And again if it fails.
        self._stale = False
        try:
            async with self._database.connection() as connection:
                await self._registry.load(connection)
                await flow.adjust(connection, self._registry.known)
        except Exception:
            self._stale = True
            raise
        self._host.learn(self._registry.known)

    async def _beat(self) -> None:
        await asyncio.sleep(self._limits.lease.total_seconds() / 3)
        # At once again if it fails: a lease does not wait for another third of it.
        await self._database.insist(self._worker.beat)
        async with self._database.connection() as connection:
            self._queued = await queue.queued(connection)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
