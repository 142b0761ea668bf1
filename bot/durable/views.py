"""Durable runs as an operator sees them."""

import json
from typing import Any
from uuid import UUID

from bot.durable.database import Connection
from bot.durable.port import RunStatus, RunView, StepView

RUNS = """
    SELECT id, function_id, event_id, status, output, error, created_at, ended_at
    FROM engine.runs
    WHERE {} ORDER BY seq
"""
BY_ID, BY_EVENT = RUNS.format("id = $1"), RUNS.format("event_id = $1")
# How many are looked at for each that is wanted, where the status is our own reading.
LOOKED_AT = 20
LATEST = """
    SELECT id, function_id, event_id, status, output, error, created_at, ended_at
    FROM engine.runs WHERE cardinality($2::text[]) = 0 OR status = ANY ($2)
    ORDER BY id DESC LIMIT $1
"""
JOBS = """
    SELECT step_id, name, kind, attempt, error, due_at, worker IS NOT NULL AS held,
        due_at > now() AS later
    FROM engine.jobs WHERE run_id = $1 ORDER BY id
"""
MEMOS = """
    SELECT step_id, name, attempt, failed, body, created_at FROM engine.memos
    WHERE run_id = $1 ORDER BY created_at, step_id
"""


async def get(connection: Connection, run_id: UUID) -> RunView | None:
    """Return one run."""
    row = await connection.fetchrow(BY_ID, run_id)
    return await _view(connection, row) if row else None


async def find(connection: Connection, event_id: str) -> list[RunView]:
    """Return the runs an event started."""
    rows = await connection.fetch(BY_EVENT, event_id)
    return [await _view(connection, row) for row in rows]


async def latest(
    connection: Connection, limit: int, status: RunStatus | None = None
) -> list[RunView]:
    """Return the newest runs of all functions; ``status``: only those."""
    kept = [] if status is None else ["active" if status in _BUSY else status.value]
    n = limit * LOOKED_AT if kept == ["active"] else limit
    rows = await connection.fetch(LATEST, n, kept)
    found: list[RunView] = []
    for row in rows:
        view = await _view(connection, row)
        if status in (None, view.status):
            found.append(view)
        if len(found) == limit:
            break
    return found


async def _view(connection: Connection, run: Any) -> RunView:
    jobs = await connection.fetch(JOBS, run["id"])
    memos = await connection.fetch(MEMOS, run["id"])
    error = json.loads(run["error"]) if run["error"] else {}
    return RunView(
        id=str(run["id"]),
        function_id=run["function_id"],
        event_id=run["event_id"],
        status=_status(run["status"], jobs),
        attempt=max((job["attempt"] for job in jobs), default=0),
        steps=(*map(_finished, memos), *map(_waiting, jobs)),
        output=json.loads(run["output"]) if run["output"] else None,
        error=str(error.get("message", "")),
        created_at=run["created_at"],
        ended_at=run["ended_at"],
    )


def _status(kept: str, jobs: list[Any]) -> RunStatus:
    if kept != "active":
        return RunStatus(kept)
    return max(
        (_job_status(job) for job in jobs), key=_BUSY.index, default=RunStatus.QUEUED
    )


_BUSY = [RunStatus.WAITING, RunStatus.QUEUED, RunStatus.RUNNING]


def _job_status(job: Any) -> RunStatus:
    if job["held"]:
        return RunStatus.RUNNING
    if job["kind"] != "call" and job["later"]:
        return RunStatus.WAITING
    return RunStatus.QUEUED


def _finished(memo: Any) -> StepView:
    error = json.loads(memo["body"])["error"]["message"] if memo["failed"] else ""
    return StepView(
        id=memo["step_id"],
        name=memo["name"],
        status=RunStatus.FAILED if memo["failed"] else RunStatus.COMPLETED,
        attempt=memo["attempt"],
        error=str(error),
        ended_at=memo["created_at"],
    )


def _waiting(job: Any) -> StepView:
    return StepView(
        id=job["step_id"],
        name=job["name"],
        status=_job_status(job),
        attempt=job["attempt"],
        error=job["error"],
        due_at=None if job["held"] else job["due_at"],
        kind=job["kind"],
    )
