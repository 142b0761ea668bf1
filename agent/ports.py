"""What the agent asks of the outside world; ``bot.wiring`` supplies each one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class Who(Protocol):
    """The part of a caller that ports need."""

    @property
    def workspace_id(self) -> UUID:
        """The tenant."""
        ...

    @property
    def user_id(self) -> UUID:
        """The person."""
        ...

    @property
    def channel(self) -> str:
        """The door they came through."""
        ...

    @property
    def via(self) -> str:
        """``person``, ``model`` or ``operator``: who chose the call for them."""
        ...


class Approvals(Protocol):
    """People's consents, each to one call."""

    async def use(
        self, session: AsyncSession, approval_id: UUID, *, params_hash: str
    ) -> bool:
        """Use the approval up; False unless it was given for this call and is unused.

        It happens in the caller's own transaction, so of two racing calls one wins,
        and a call that fails gives its approval back.
        """
        ...


class Budget(Protocol):
    """The ceilings on what machines may cost."""

    async def ensure_left(self, session: AsyncSession, who: Who) -> None:
        """Return when there is anything left to spend.

        Raises:
            OverBudget: A day or month limit of the workspace or person is used up.
        """
        ...


class Audit(Protocol):
    """The append-only history of who did what."""

    async def record(self, session: AsyncSession, who: Who, *, action: str) -> None:
        """Append one line; it stands only if the caller's transaction commits."""
        ...

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        """Append that ``key`` was taken up; False when it was before."""
        ...


class Clock(Protocol):
    """Time, so that tests can hold it still."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class Ids(Protocol):
    """New identifiers, in time order (UUIDv7)."""

    def new(self) -> UUID:
        """Return an id never returned before."""
        ...


class Events(Protocol):
    """Requests to the durable engine; they leave only if the transaction commits."""

    async def emit(
        self,
        session: AsyncSession,
        name: str,
        data: Mapping[str, object],
        *,
        key: str,
    ) -> None:
        """Queue event ``name``; a second one with the same ``key`` is dropped."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How the durable engine stands with one attempt of a run."""

    failed_tries: int = 0
    """Of the step it is at."""
    next_try_at: datetime | None = None
    """When that step is tried again, if it failed and will be."""


class Engine(Protocol):
    """The durable engine, as far as people are told of it."""

    async def progress(self, event_id: str) -> Progress | None:
        """How it stands with what the event began; None when that cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class SkillRef:
    """A skill as it stands now: which one, and which version of it."""

    id: UUID
    version_id: UUID
    name: str
    title: str


class Skills(Protocol):
    """The skills loaded in this process."""

    def find(self, name: str) -> SkillRef | None:
        """The skill of that name, if it is loaded and active."""
        ...


class Objects(Protocol):
    """The object store: whole files under keys, private."""

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body`` under ``key``; writing the same key again replaces it.

        Raises:
            Unavailable: The store did not answer in time, or refused.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Return the file.

        Raises:
            NotFound: Nothing is kept under ``key``.
            Unavailable: The store did not answer in time, or refused.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the file; deleting what is not there is fine."""
        ...

    async def ping(self) -> None:
        """Raise Unavailable unless the store can be written and read."""
        ...
