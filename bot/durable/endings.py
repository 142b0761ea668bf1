"""How a run ends: its row, what it leaves behind, and which events tell of it.

Locks are taken in one order: the run's row, its jobs, its memos, its lane.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bot.durable import lanes
from bot.durable.arrived import CANCELLED, FAILED, FINISHED
from bot.durable.database import Connection
from bot.durable.protocol import Error, dump, error_of

TIMED_OUT = error_of("TimedOut", "It took longer than its function allows.")

ANSWERED = "invalid status code: 500"
"""What Inngest's server adds to an error that a function answered with."""

LOCK = """
    SELECT id, function_id, event_id, lane, lane_limit, racing, invoked_by
    FROM engine.runs WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE
"""
HOLD = """
    SELECT FROM engine.runs WHERE id = ANY ($1::uuid[]) AND status = 'active'
    ORDER BY id FOR NO KEY UPDATE
"""
END = """
    UPDATE engine.runs
    SET status = $2, output = $3, error = $4, ended_at = now() WHERE id = $1
"""
CLEAR = "DELETE FROM engine.jobs WHERE run_id = $1"
DEAFEN = "DELETE FROM engine.watches WHERE run_id = $1"
# A failed run is told of as the SDK's failure handlers expect it.
REPORT = """
    INSERT INTO engine.events (id, name, data)
    SELECT $1 || ':' || $2::text, $3, json_build_object(
        'function_id', $4::text, 'run_id', $2::text, 'error', $5::json,
        'event', json_build_object('id', id, 'name', name, 'data', data,
            'user', person, 'ts', (extract(epoch FROM sent_at) * 1000)::bigint))
    FROM engine.events WHERE id = $6 ON CONFLICT DO NOTHING
"""
ANSWER = """
    INSERT INTO engine.events (id, name, data)
    VALUES ('finished:' || $1::text, $2, json_build_object(
        'function_id', $3::text, 'run_id', $1::text, 'correlation_id', $4::text,
        'result', $5::json, 'error', $6::json))
    ON CONFLICT DO NOTHING
"""
NOTIFY = "SELECT pg_notify('engine', $1)"


async def lock(connection: Connection, run_id: UUID) -> Any:
    """Return the run's row, locked; None when it has ended, or there is none."""
    return await connection.fetchrow(LOCK, run_id)


async def hold(connection: Connection, runs: Iterable[UUID]) -> None:
    """Lock the rows of several runs, before anything else of any of them."""
    ids = list(runs)
    if ids:
        await connection.execute(HOLD, ids)


async def complete(connection: Connection, run: Any, output: str) -> None:
    """End a locked run well."""
    await _close(connection, run, "completed", output=output)
    await leave(connection, run)


async def fail(
    connection: Connection, run: Any, error: Error, *, tell: bool = True
) -> None:
    """End a locked run badly, and let failure handlers know if ``tell``."""
    await _close(connection, run, "failed", error=error)
    await leave(connection, run)
    if tell:
        await _report(connection, run, ("failed", FAILED), error)


async def cancel(
    connection: Connection, run_id: UUID, error: Error | None = None
) -> bool:
    """End a run now, for a reason if one is given; False when it has ended."""
    run = await cut(connection, run_id, error)
    if run is not None:
        await leave(connection, run)
    return run is not None


async def cut(connection: Connection, run_id: UUID, error: Error | None = None) -> Any:
    """End a run now, but let nobody into its lane yet; None when it has ended."""
    run = await lock(connection, run_id)
    if run is None:
        return None
    await _close(connection, run, "cancelled", error=error)
    said = error or error_of("Cancelled", "It was cancelled.")
    await _report(connection, run, ("cancelled", CANCELLED), said)
    await connection.execute(NOTIFY, f"cancel:{run_id}")
    return run


async def leave(connection: Connection, run: Any) -> None:
    """Let others into the lane of a run that has ended."""
    await lanes.settle(connection, run["id"], run["lane"], run["lane_limit"])
    if run["lane"]:
        await connection.execute(NOTIFY, "jobs")


async def _close(
    connection: Connection,
    run: Any,
    status: str,
    *,
    output: str | None = None,
    error: Error | None = None,
) -> None:
    said = dump(error) if error else None
    await connection.execute(CLEAR, run["id"])
    await connection.execute(DEAFEN, run["id"])
    await connection.execute(END, run["id"], status, output, said)
    if run["invoked_by"]:
        if status == "cancelled":
            said = dump(error or error_of("Cancelled", "It was cancelled."))
        told = (run["function_id"], run["invoked_by"], output, said)
        await connection.execute(ANSWER, str(run["id"]), FINISHED, *told)
        await connection.execute(NOTIFY, "events")


async def _report(
    connection: Connection, run: Any, as_event: tuple[str, str], error: Error
) -> None:
    prefix, name = as_event
    values = (run["function_id"], dump(_reported(error)), run["event_id"])
    await connection.execute(REPORT, prefix, str(run["id"]), name, *values)
    await connection.execute(NOTIFY, "events")


def _reported(error: Error) -> Error:
    """Return the error as failure handlers get it from Inngest's server."""
    said = ANSWERED if "code" in error else error.get("message")
    told = {key: error.get(key) for key in ("name", "message", "stack")}
    return {"error": said, **told}
