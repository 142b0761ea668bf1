"""Events in, runs out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.durable import lanes
from bot.durable.database import Connection, Database
from bot.durable.functions import Plan
from bot.durable.port import Event
from bot.durable.protocol import dump
from db import faultpoints

faultpoints.declare("engine.event_insert", "engine.run_insert")

BATCH = 200
EVENTS, JOBS, CANCEL = "events", "jobs", "cancel:"
"""What NOTIFY says: there are new events, new jobs, or a run to stop."""
DISPATCH_LOCK = 0x647261706572
"""One dispatcher at a time, so that runs are numbered in the order of their events."""

# No conflict target: naming one would need the right to read the table.
INSERT = """
    WITH kept AS (
        INSERT INTO engine.events (id, name, data, person)
        SELECT * FROM unnest(
            CAST({ids} AS text[]), CAST({names} AS text[]),
            CAST({data} AS json[]), CAST({persons} AS json[])
        )
        ON CONFLICT DO NOTHING
    )
    SELECT pg_notify('engine', 'events')
"""
INSERT_IN = text(INSERT.format(ids=":ids", names=":names", data=":data", persons=":p"))
INSERT_OWN = INSERT.format(ids="$1", names="$2", data="$3", persons="$4")
PENDING = """
    SELECT id, name, data FROM engine.events
    WHERE dispatched_at IS NULL ORDER BY seq LIMIT $1
"""
START = """
    WITH wanted AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[])
        WITH ORDINALITY AS w (function_id, event_id, lane, lane_limit, place)
    ), started AS (
        INSERT INTO engine.runs (function_id, event_id, lane, lane_limit)
        SELECT function_id, event_id, lane, lane_limit FROM wanted ORDER BY place
        ON CONFLICT (event_id, function_id) DO NOTHING
        RETURNING id, lane
    )
    INSERT INTO engine.jobs (run_id, blocked)
    SELECT id, lane IS NOT NULL FROM started
"""
DISPATCHED = """
    UPDATE engine.events SET dispatched_at = now() WHERE id = ANY($1::text[])
"""

Start = tuple[str, str, str | None, int | None]


async def send_in(session: AsyncSession, events: Sequence[Event]) -> list[str]:
    """Queue events in the caller's transaction; return their ids."""
    ids, names, data, persons = _columns(events)
    values = {"ids": ids, "names": names, "data": data, "p": persons}
    await session.execute(INSERT_IN, values)
    faultpoints.reach("engine.event_insert")
    return ids


async def send(connection: Connection, events: Sequence[Event]) -> list[str]:
    """Queue events on the engine's own connection; return their ids."""
    columns = _columns(events)
    await connection.execute(INSERT_OWN, *columns)
    return columns[0]


async def dispatch(database: Database, plans: Mapping[str, Plan]) -> int:
    """Start the runs that waiting events ask for; return how many events there were."""
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", DISPATCH_LOCK)
        events = await connection.fetch(PENDING, BATCH)
        starts = [start for event in events for start in _starts(event, plans)]
        if starts:
            await _start(connection, starts)
        if events:
            ids = [event["id"] for event in events]
            await connection.execute(DISPATCHED, ids)
            faultpoints.reach("engine.run_insert")
    return len(events)


def _starts(event: Any, plans: Mapping[str, Plan]) -> list[Start]:
    name = event["name"]
    found = [
        plan
        for plan in plans.values()
        if any(trigger.event == name for trigger in plan.triggers)
    ]
    if not found:
        return []
    data = json.loads(event["data"])
    return [
        (plan.id, event["id"], plan.lane(data), plan.limit)
        for plan in found
        if any(trigger.matches(name, data) for trigger in plan.triggers)
    ]


async def _start(connection: Connection, starts: Sequence[Start]) -> None:
    await connection.execute(
        START, *(list(column) for column in zip(*starts, strict=True))
    )
    busy = {lane: limit for _, _, lane, limit in starts if lane and limit}
    # In one order, so that two transactions with the same lanes cannot deadlock.
    for lane in sorted(busy):
        await lanes.admit(connection, lane, busy[lane])
    await connection.execute("SELECT pg_notify('engine', 'jobs')")


def _columns(events: Sequence[Event]) -> tuple[list[str], ...]:
    return (
        [event.id for event in events],
        [event.name for event in events],
        [dump(dict(event.data)) for event in events],
        [dump(dict(event.user)) for event in events],
    )
