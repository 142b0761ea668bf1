"""Jobs and their leases: who calls which run next, by the database's clock."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.durable.database import Connection

# A worker's name on a job that is due again means that its lease ran out.
CLAIM = """
    WITH due AS (
        SELECT id FROM engine.jobs
        WHERE NOT blocked AND due_at <= now() AND id <> ALL ($4::bigint[])
            AND losses + (worker IS NOT NULL)::integer < $5
        ORDER BY due_at LIMIT $1
        FOR UPDATE SKIP LOCKED
    ), suspect AS (
        SELECT id FROM engine.jobs
        WHERE NOT blocked AND due_at <= now() AND id <> ALL ($4::bigint[])
            AND losses + (worker IS NOT NULL)::integer >= $5
        ORDER BY due_at LIMIT $6
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE engine.jobs j SET
            worker = $2, due_at = now() + $3, token = j.token + 1,
            attempt = j.attempt + (j.worker IS NOT NULL)::integer,
            losses = j.losses + (j.worker IS NOT NULL)::integer
        WHERE j.id IN (SELECT id FROM due UNION ALL SELECT id FROM suspect)
        RETURNING j.*
    )
    SELECT t.id, t.token, t.run_id, t.step_id, t.name, t.kind, t.attempt, t.losses,
        r.function_id, r.racing, r.lane,
        e.id AS event_id, e.name AS event_name, e.data, e.person,
        (extract(epoch FROM e.sent_at) * 1000)::bigint AS ts,
        ARRAY(SELECT step_id FROM engine.memos m WHERE m.run_id = t.run_id
              ORDER BY created_at, step_id) AS steps,
        ARRAY(SELECT body::text FROM engine.memos m WHERE m.run_id = t.run_id
              ORDER BY created_at, step_id) AS bodies
    FROM taken t
    JOIN engine.runs r ON r.id = t.run_id
    JOIN engine.events e ON e.id = r.event_id
    ORDER BY r.seq
"""
RENEW = """
    UPDATE engine.jobs j SET due_at = now() + $2
    FROM unnest($3::bigint[], $4::bigint[]) AS held (id, token)
    WHERE j.id = held.id AND j.token = held.token AND j.worker = $1
    RETURNING j.id
"""
RELEASE = """
    UPDATE engine.jobs SET
        worker = NULL, due_at = now(), attempt = attempt + $3, token = token + 1
    WHERE id = $1 AND token = $2
"""
DISOWN = """
    UPDATE engine.jobs SET worker = NULL, due_at = now(), token = token + 1
    WHERE worker = $1 AND id <> ALL ($2::bigint[])
"""
OUTLOOK = """
    SELECT
        (SELECT min(due_at) FROM engine.jobs WHERE NOT blocked
            AND ($2 > 0 OR losses + (worker IS NOT NULL)::integer < $1)
        ) - now() AS next_due,
        (SELECT count(*) FROM engine.jobs WHERE worker IS NULL AND kind = 'call')
            AS queued
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed call of a run, with all it needs."""

    id: int
    token: int
    run_id: UUID
    function_id: str
    step_id: str
    name: str
    kind: str
    attempt: int
    losses: int
    racing: bool
    lane: str | None
    event: str
    memos: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Room:
    """What a worker can take on.

    Whatever is in hand when a worker dies is blamed for it. So that the guilty one
    does not drag the others along, those blamed ``suspicious`` times go one by one.
    """

    jobs: int
    suspects: int
    suspicious: int
    held: Collection[int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to come."""

    next_due: timedelta | None
    queued: int


async def claim(
    connection: Connection, worker: UUID, lease: timedelta, room: Room
) -> list[Job]:
    """Lease the due jobs there is room for, but none of those held."""
    limits = (room.suspicious, room.suspects)
    rows = await connection.fetch(
        CLAIM, room.jobs, worker, lease, list(room.held), *limits
    )
    return [_job(row) for row in rows]


async def renew(
    connection: Connection, worker: UUID, lease: timedelta, held: Mapping[int, int]
) -> set[int]:
    """Prolong the leases (job id -> token); return the ids that were still ours."""
    ids, tokens = list(held), list(held.values())
    rows = await connection.fetch(RENEW, worker, lease, ids, tokens)
    return {row["id"] for row in rows}


async def release(connection: Connection, job: Job, *, spent: bool) -> None:
    """Give a job back; ``spent`` when it may have been done in part."""
    await connection.execute(RELEASE, job.id, job.token, int(spent))


async def disown(connection: Connection, worker: UUID, held: Collection[int]) -> None:
    """Give back what was claimed by a statement whose answer never came."""
    await connection.execute(DISOWN, worker, list(held))


async def outlook(connection: Connection, room: Room) -> Outlook:
    """Return when the next job is due that there is room for, and how many wait."""
    row = await connection.fetchrow(OUTLOOK, room.suspicious, room.suspects)
    return Outlook(row["next_due"], row["queued"])


def _job(row: Any) -> Job:
    return Job(
        id=row["id"],
        token=row["token"],
        run_id=row["run_id"],
        function_id=row["function_id"],
        step_id=row["step_id"],
        name=row["name"],
        kind=row["kind"],
        attempt=row["attempt"],
        losses=row["losses"],
        racing=row["racing"],
        lane=row["lane"],
        event=_event(row),
        memos=dict(zip(row["steps"], row["bodies"], strict=True)),
    )


def _event(row: Any) -> str:
    head = json.dumps(
        {"id": row["event_id"], "name": row["event_name"], "ts": row["ts"]}
    )
    return f'{head[:-1]},"data":{row["data"]},"user":{row["person"]}}}'
