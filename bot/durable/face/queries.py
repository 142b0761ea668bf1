"""The face's SQL: runs, events and steps as they lie there."""

from typing import Any
from uuid import UUID

from bot.durable.database import Connection

EVENT = """
    SELECT id, name, data::text, person::text, sent_at,
        (extract(epoch FROM sent_at) * 1000)::bigint AS ts
    FROM engine.events WHERE id = $1
"""
RUNS = """
    SELECT id, function_id, event_id, status, output::text, error::text,
        created_at, ended_at, batched,
        EXISTS (SELECT FROM engine.memos m WHERE m.run_id = r.id)
        OR EXISTS (SELECT FROM engine.jobs j WHERE j.run_id = r.id
            AND (j.worker IS NOT NULL OR j.attempt > 0)) AS begun
    FROM engine.runs r WHERE {} ORDER BY seq LIMIT 1000
"""
RUN = RUNS.format("id = $1")
RUNS_OF = RUNS.format(
    "event_id = $1 OR id IN (SELECT run_id FROM engine.batches WHERE event_id = $1)"
)
EVENTS_OF = """
    SELECT e.id, e.name, e.data::text, e.person::text, e.sent_at,
        (extract(epoch FROM e.sent_at) * 1000)::bigint AS ts
    FROM engine.runs r
    LEFT JOIN engine.batches b ON b.run_id = r.id
    JOIN engine.events e ON e.id = coalesce(b.event_id, r.event_id)
    WHERE r.id = $1 ORDER BY b.place
"""
MEMOS = """
    SELECT step_id, name, body::text, failed, created_at FROM engine.memos
    WHERE run_id = $1 ORDER BY created_at, step_id
"""
MEMO = "SELECT body::text FROM engine.memos WHERE run_id = $1 AND step_id = $2"
JOBS = """
    SELECT id, step_id, name, kind, attempt, due_at, worker IS NOT NULL AS held
    FROM engine.jobs WHERE run_id = $1 ORDER BY id LIMIT 1000
"""
FUNCTIONS = """
    SELECT id, app, url, config::text, synced_at
    FROM engine.functions WHERE app = $1 ORDER BY id
"""


async def event(connection: Connection, event_id: str) -> Any:
    """Return one event; None when there is none."""
    return await connection.fetchrow(EVENT, _fit(event_id))


async def run(connection: Connection, run_id: UUID) -> Any:
    """Return one run; None when there is none."""
    return await connection.fetchrow(RUN, run_id)


async def runs_of(connection: Connection, event_id: str) -> list[Any]:
    """Return the runs that an event started, alone or in a batch."""
    return list(await connection.fetch(RUNS_OF, _fit(event_id)))


async def events_of(connection: Connection, run_id: UUID) -> list[Any]:
    """Return what started a run; several events only for a batch."""
    return list(await connection.fetch(EVENTS_OF, run_id))


async def memos(connection: Connection, run_id: UUID) -> list[Any]:
    """Return a run's finished steps, in the order in which they ended."""
    return list(await connection.fetch(MEMOS, run_id))


async def memo(connection: Connection, run_id: UUID, step_id: str) -> str | None:
    """Return the JSON of one finished step."""
    found: str | None = await connection.fetchval(MEMO, run_id, _fit(step_id))
    return found


async def jobs(connection: Connection, run_id: UUID) -> list[Any]:
    """Return what a run is about to do, or waits for."""
    return list(await connection.fetch(JOBS, run_id))


async def functions(connection: Connection, app: str) -> list[Any]:
    """Return what an app has registered."""
    return list(await connection.fetch(FUNCTIONS, _fit(app)))


def _fit(text: str) -> str:
    """Return text as PostgreSQL takes it; what it does not take is nobody's id."""
    return text if text.isprintable() else ""
