"""The embedded engine: durable runs in this process, their state in our PostgreSQL."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import inngest
import structlog
import uuid_utils.compat as uuids
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.durable import events as mail
from bot.durable import queue, transitions, views
from bot.durable.caller import Caller
from bot.durable.database import Database
from bot.durable.functions import read
from bot.durable.limits import Limits
from bot.durable.port import EngineHealth, Event, RunView
from bot.durable.worker import Worker

RUSH_S = 0.01
"""The least pause when a job is due that another process just holds."""

log = structlog.get_logger()


class EmbeddedEngine:
    """A RunEngine that needs nothing but the database."""

    def __init__(
        self,
        system_engine: AsyncEngine,
        client: inngest.Inngest,
        functions: Sequence[inngest.Function[Any]],
        limits: Limits | None = None,
    ) -> None:
        """Get ready to run ``functions``; nothing happens before ``start``.

        Args:
            system_engine: A pool of ``agent_system``; its address is used.
            client: The SDK's client the functions were made with.
            functions: All there are.
            limits: Pace; the defaults suit one machine.

        Raises:
            Unsupported: A function asks for what this engine does not do.
        """
        self._limits = limits or Limits()
        self._plans = read(functions)
        self._database = Database(system_engine, self._limits.connections)
        caller = Caller(client, functions, self._plans, self._limits.call)
        self._worker = Worker(
            self._database, caller, self._plans, self._limits, uuids.uuid7()
        )
        self._wake, self._mail = asyncio.Event(), asyncio.Event()
        self._worker.freed = self._wake.set
        self._tasks: list[asyncio.Task[None]] = []
        self._queued = 0
        self._trouble = "not started"

    async def start(self) -> None:
        """Begin to work; returns once events are being taken."""
        await self._database.open()
        await self._database.insist(self._look_ahead)
        listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._database.listen(self._hear, listening)),
            asyncio.create_task(self._forever(self._turn)),
            asyncio.create_task(self._forever(self._beat)),
        ]
        await listening.wait()
        self._trouble = ""
        log.info("engine.started", functions=sorted(self._plans))

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
        done = key is not None and await transitions.cancel(self._database, key)
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
        news = self._mail.is_set() or not self._wake.is_set()
        self._wake.clear()
        self._mail.clear()
        while news and await mail.dispatch(self._database, self._plans) == mail.BATCH:
            pass
        wait_s = self._limits.poll.total_seconds()
        if await self._worker.fill():
            wait_s = min(wait_s, await self._look_ahead())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._wake.wait()

    async def _look_ahead(self) -> float:
        """Return the seconds until a job is due that there is room for."""
        async with self._database.connection() as connection:
            outlook = await queue.outlook(connection, self._worker.room())
        self._queued = outlook.queued
        due = outlook.next_due or self._limits.poll
        return max(RUSH_S, due.total_seconds())

    async def _beat(self) -> None:
        await asyncio.sleep(self._limits.lease.total_seconds() / 3)
        await self._worker.beat()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
