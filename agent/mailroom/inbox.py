"""The inbox: nothing is acknowledged before it is kept here, nothing is kept twice."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.mailroom import inbox_queries
from agent.mailroom.schemas import RawEvent
from db import faultpoints
from db.tenancy import system

faultpoints.declare("keep.before_commit", "keep.after_commit")

Waiting = tuple[Sequence[RawEvent], "asyncio.Future[None]"]


class Inbox:
    """Keeps raw events, gathering those that arrive together into one commit.

    One batch is written at a time: while it commits, the next one gathers, so the
    batch grows with the load and a lone event waits for nobody. An event that the
    database cannot store as parsed is kept as its raw body, and spoils no other's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Write through ``engine``, a pool of ``agent_system`` kept for this alone."""
        self._engine = engine
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, events: Sequence[RawEvent]) -> None:
        """Return once ``events`` are committed; those already kept are left alone.

        Raises:
            SQLAlchemyError, OSError: The database did not take them.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._write_batch(
                    [event for events, _ in batch for event in events]
                )
            except Exception as error:  # noqa: BLE001 - each waiter gets it
                _settle(batch, error)
            else:
                _settle(batch, None)
        self._writer = None

    async def _write_batch(self, events: Sequence[RawEvent]) -> None:
        try:
            await self._write(events)
        except DBAPIError as error:
            if not _is_about_data(error):
                raise
            for event in events:
                await self._write_alone(event)

    async def _write_alone(self, event: RawEvent) -> None:
        try:
            await self._write([event])
        except DBAPIError as error:
            if not _is_about_data(error):
                raise
            await self._write([_unparsed(event)])

    async def _write(self, events: Sequence[RawEvent]) -> None:
        async with system(self._engine, "door") as session:
            await inbox_queries.insert_events(session, events)
            faultpoints.reach("keep.before_commit")
        faultpoints.reach("keep.after_commit")


def _is_about_data(error: DBAPIError) -> bool:
    # Class 22: a text or number that PostgreSQL cannot hold, such as NUL in JSON.
    return str(getattr(error.orig, "sqlstate", None) or "").startswith("22")


def _unparsed(event: RawEvent) -> RawEvent:
    return RawEvent(
        channel=event.channel,
        account=_printable(event.account),
        event_id=_printable(event.event_id),
        kind=_printable(event.kind),
        body=event.body,
    )


def _printable(text: str) -> str:
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole.replace("\x00", "\\x00")


def _settle(batch: Sequence[Waiting], error: Exception | None) -> None:
    for _, done in batch:
        if done.done():
            continue  # its sender gave up waiting
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
