"""What the rest of the bot asks of a durable engine. Final: later issues fill it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Event:
    """A request or a fact; two with one ``id`` are one."""

    name: str
    data: Mapping[str, Any]
    id: str
    user: Mapping[str, Any] = field(default_factory=dict)


class RunStatus(StrEnum):
    """Where a durable run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """It sleeps, or waits for an event."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class StepView:
    """One memo of a run: a finished, failed or waiting step."""

    id: str
    name: str
    status: RunStatus
    attempt: int
    error: str = ""
    due_at: datetime | None = None
    kind: str = "call"
    """``call``, or what it waits for: ``sleep``, ``wait``, ``invoke``."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """A durable run as an operator sees it."""

    id: str
    function_id: str
    event_id: str
    status: RunStatus
    attempt: int
    steps: tuple[StepView, ...] = ()
    output: Any = None
    error: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """What the engine is doing; ``ok`` is False when it cannot work."""

    ok: bool
    detail: str
    queued: int = 0
    running: int = 0


class RunEngine(Protocol):
    """Starts durable functions and carries them to their end."""

    async def start(self) -> None:
        """Begin to work; returns once events are being taken."""
        ...

    async def stop(self, drain: timedelta) -> None:
        """Take nothing new, let running steps end within ``drain``, then stop."""
        ...

    async def send(self, *events: Event) -> list[str]:
        """Queue events on their own; returns their ids. Idempotent by ``Event.id``."""
        ...

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        """Queue events in the caller's transaction: they leave only if it commits."""
        ...

    async def cancel(self, run_id: str) -> bool:
        """Stop a run before its next step; False when it had already ended."""
        ...

    async def get(self, run_id: str) -> RunView | None:
        """One run with its steps; None when there is none (or it was pruned)."""
        ...

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started."""
        ...

    def health(self) -> EngineHealth:
        """How it stands, from memory, without a round trip."""
        ...
