"""The agent's ports over the real world."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

import structlog
import uuid_utils.compat as uuids
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import NotFound, Unavailable
from agent.ports import Progress
from bot.durable.port import EngineHealth, Event, RunEngine, RunView
from db.objects import LocalObjects, ObjectMissing, ObjectsUnavailable, S3Objects

T = TypeVar("T")
PATIENCE_S = 2.0

log = structlog.get_logger()


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine


class TimeOrderedIds:
    """UUIDv7."""

    def new(self) -> UUID:
        """An id never returned before."""
        return uuids.uuid7()


class Sends(Protocol):
    """The part of an engine that takes events."""

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        """Queue events in the caller's transaction."""
        ...


class Finds(Protocol):
    """The part of an engine that finds runs."""

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started."""
        ...


class LateEngine:
    """An engine that is known later than those who call it."""

    engine: RunEngine

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        """Queue events in the caller's transaction."""
        return await self.engine.send_in(session, *events)

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started."""
        return await self.engine.find(event_id)

    def health(self) -> EngineHealth:
        """How it stands, from memory."""
        return self.engine.health()


class EngineEvents:
    """Emits to the durable engine in the caller's transaction."""

    def __init__(self, engine: Sends) -> None:
        """Emit to ``engine``."""
        self._engine = engine

    async def emit(
        self, session: AsyncSession, name: str, data: Mapping[str, object], *, key: str
    ) -> None:
        """Queue event ``name``; a second one with the same ``key`` is dropped."""
        await self._engine.send_in(session, Event(name=name, data=data, id=key))


class EngineProgress:
    """How runs get on in the durable engine, for people; never a reason to fail."""

    def __init__(self, engine: Finds) -> None:
        """Ask ``engine``."""
        self._engine = engine

    async def progress(self, event_id: str) -> Progress | None:
        """How it stands with what the event began; None when that cannot be told."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                runs = await self._engine.find(event_id)
        except Exception as error:  # noqa: BLE001 - the rest is worth showing without it
            log.warning("engine.not_asked", error=type(error).__name__)
            return None
        steps = [step for run in runs for step in run.steps]
        failing = [step for step in steps if step.attempt and step.due_at]
        if not runs:
            return None
        if not failing:
            return Progress()
        worst = max(failing, key=lambda step: step.attempt)
        return Progress(worst.attempt, worst.due_at)


class KeptObjects:
    """The object store, refusing in the agent's own words."""

    def __init__(self, store: LocalObjects | S3Objects) -> None:
        """Keep files in ``store``."""
        self._store = store

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body`` under ``key``."""
        await _said(self._store.put(key, body, media_type=media_type))

    async def get(self, key: str) -> bytes:
        """Return the file."""
        return await _said(self._store.get(key))

    async def delete(self, key: str) -> None:
        """Forget the file."""
        await _said(self._store.delete(key))

    async def pages(self) -> AsyncIterator[Sequence[tuple[str, datetime]]]:
        """Yield all files there are, each with when it was put, a page at a time."""
        found = self._store.pages()
        while (page := await _said(anext(found, None))) is not None:
            yield page

    async def ping(self) -> None:
        """Raise Unavailable unless the store can be written and read."""
        await _said(self._store.ping())


async def _said(call: Awaitable[T]) -> T:
    try:
        return await call
    except ObjectMissing as error:
        raise NotFound("That file is no longer kept.", hint="Ask for it again.") from (
            error
        )
    except ObjectsUnavailable as error:
        raise Unavailable(
            f"The file store failed: {error}.", hint="Try again in a minute."
        ) from error
