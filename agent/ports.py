"""What the agent asks of the outside world; ``bot.wiring`` supplies each one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class Approvals(Protocol):
    """People's consents, each to one call."""

    async def use(self, approval_id: UUID, *, operation: str, params_hash: str) -> bool:
        """Use the approval up; False unless it was given for this call and is unused.

        It happens in the caller's own transaction, so of two racing calls one wins,
        and a call that fails gives its approval back.
        """
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
