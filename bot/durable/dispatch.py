"""Events in, runs out: by one dispatcher at a time, in the order of the events."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from bot.durable import endings, flow, starts, watches
from bot.durable.arrived import COLUMNS, INVOKED, Arrived
from bot.durable.database import Connection, Database
from bot.durable.flow import Wanted
from bot.durable.registry import Registry
from db import faultpoints

faultpoints.declare("engine.run_insert")

BATCH = 200
LOCK = 0x647261706572
"""One dispatcher at a time, so that runs are numbered in the order of their events."""

PENDING = f"""
    SELECT {COLUMNS},
        EXISTS (SELECT FROM engine.watches w WHERE w.event = e.name) AS watched
    FROM engine.events e WHERE dispatched_at IS NULL ORDER BY seq LIMIT $1
"""
DISPATCHED = """
    UPDATE engine.events SET dispatched_at = now() WHERE id = ANY($1::text[])
"""
EXPIRED = """
    SELECT id FROM engine.runs
    WHERE status = 'active' AND expires_at <= now() LIMIT $1
"""


async def dispatch(database: Database, registry: Registry) -> int:
    """Let waiting events and the clock do what they do; return how many events."""
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        rows = await connection.fetch(PENDING, BATCH)
        events = [Arrived.of(row) for row in rows]
        wanted = [one for event in events for one in _wanted(event, registry)]
        begun = await flow.admit(connection, wanted)
        begun += await flow.ripen(connection, registry.known)
        entered = await starts.begin(connection, begun)
        heard = {row["id"] for row in rows if row["watched"]}
        for event in events:
            if event.id in heard or event.name in registry.cancelling:
                await _end(connection, await watches.answer(connection, event))
        await _expire(connection)
        await starts.admit(connection, entered)
        if events:
            await connection.execute(DISPATCHED, [event.id for event in events])
        if events or begun:
            await connection.execute("SELECT pg_notify('engine', 'jobs')")
            faultpoints.reach("engine.run_insert")
    return len(events)


def _wanted(event: Arrived, registry: Registry) -> Iterator[Wanted]:
    if event.name == INVOKED:
        one = registry.known.get(event.facts["data"]["_inngest"]["fn_id"])
        if one:
            yield one.plan, event
        return
    for one in registry.known.values():
        if any(trigger.matches(event.facts) for trigger in one.plan.triggers):
            yield one.plan, event


async def _expire(connection: Connection) -> None:
    rows: list[Any] = await connection.fetch(EXPIRED, BATCH)
    await _end(connection, (row["id"] for row in rows), endings.TIMED_OUT)


async def _end(
    connection: Connection, runs: Iterable[UUID], error: endings.Error | None = None
) -> None:
    for run_id in sorted(runs):
        await endings.cancel(connection, run_id, error)
