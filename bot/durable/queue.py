"""Jobs and their leases: who calls which run next, by the database's clock."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.durable.database import Connection
from bot.durable.leaseclock import ALWAYS

# A call is for those who have its function, or for anybody when nobody has it any more.
# A look-up a job, not a join: a join may tempt the planner to sort the whole backlog.
CALLABLE = """
    (kind <> 'call' OR
        (SELECT r.function_id = ANY ({functions}) OR NOT EXISTS
            (SELECT FROM engine.functions f WHERE f.id = r.function_id)
        FROM engine.runs r WHERE r.id = j.run_id))
"""
# A worker's name on a job that is due again means that its lease ran out.
DUE = f"""
        SELECT j.id, j.due_at, j.priority FROM engine.jobs j
        WHERE NOT blocked AND due_at <= now() AND j.id <> ALL ($4::bigint[])
            AND (worker IS NULL OR now() <= $8)
            AND losses + (worker IS NOT NULL)::integer < $5
            AND {CALLABLE.format(functions="$7::text[]")}
"""  # noqa: S608 - a condition of ours
FIRST_COME = f"{DUE} ORDER BY due_at LIMIT $1 FOR UPDATE OF j SKIP LOCKED"
# Of those that have waited longest the most urgent ones, if they are still to be had.
MOST_URGENT = f"""
        SELECT j.id FROM ({DUE} ORDER BY due_at LIMIT 1000) AS early
        JOIN engine.jobs j ON j.id = early.id
        WHERE NOT j.blocked AND j.due_at <= now()
        ORDER BY early.due_at - make_interval(secs => early.priority), early.id
        LIMIT $1 FOR UPDATE OF j SKIP LOCKED
"""  # noqa: S608 - a condition of ours
CLAIM = f"""
    WITH due AS ({{due}}
    ), suspect AS (
        SELECT j.id FROM engine.jobs j
        WHERE losses > 0 AND losses + (worker IS NOT NULL)::integer >= $5
            AND NOT blocked AND due_at <= now() AND j.id <> ALL ($4::bigint[])
            AND (worker IS NULL OR now() <= $8)
            AND {CALLABLE.format(functions="$7::text[]")}
        ORDER BY due_at LIMIT $6
        FOR UPDATE OF j SKIP LOCKED
    ), taken AS (
        UPDATE engine.jobs j SET
            worker = $2, due_at = now() + $3, token = j.token + 1,
            attempt = j.attempt + (j.worker IS NOT NULL)::integer,
            losses = j.losses + (j.worker IS NOT NULL)::integer
        WHERE j.id IN (SELECT id FROM due UNION ALL SELECT id FROM suspect)
        RETURNING j.*
    )
    SELECT t.id, t.token, t.run_id, t.step_id, t.name, t.kind, t.attempt, t.losses,
        t.answer::text, r.function_id, r.racing, r.lane,
        r.invoked_by IS NOT NULL AS invoked,
        CASE WHEN r.batched THEN ARRAY(
            SELECT json_build_object('id', b.id, 'name', b.name, 'data', b.data,
                'user', b.person,
                'ts', (extract(epoch FROM b.sent_at) * 1000)::bigint)::text
            FROM engine.batches JOIN engine.events b ON b.id = event_id
            WHERE run_id = t.run_id ORDER BY place) END AS batch,
        e.id AS event_id, e.name AS event_name, e.data, e.person,
        (extract(epoch FROM e.sent_at) * 1000)::bigint AS ts,
        ARRAY(SELECT step_id FROM engine.memos m WHERE m.run_id = t.run_id
              ORDER BY created_at, step_id) AS steps,
        ARRAY(SELECT body::text FROM engine.memos m WHERE m.run_id = t.run_id
              ORDER BY created_at, step_id) AS bodies
    FROM taken t
    JOIN engine.runs r ON r.id = t.run_id
    JOIN engine.events e ON e.id = r.event_id
    ORDER BY r.rank NULLS FIRST, r.seq
"""  # noqa: S608 - a condition of ours
CLAIM_ANY, CLAIM_URGENT = CLAIM.format(due=FIRST_COME), CLAIM.format(due=MOST_URGENT)
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
# After the clock was set back: nobody's lease is longer than a lease.
SHORTEN = """
    UPDATE engine.jobs SET due_at = now() + $1::interval
    WHERE worker IS NOT NULL AND due_at > now() + $1::interval * 1.5
"""
OUTLOOK = f"""
    SELECT
        (SELECT due_at FROM engine.jobs j
            WHERE NOT blocked
            AND ($2 > 0 OR losses + (worker IS NOT NULL)::integer < $1)
            AND {CALLABLE.format(functions="$3::text[]")}
            ORDER BY due_at LIMIT 1
        ) - now() AS next_due,
        least(
            (SELECT min(due_at) FROM engine.gatherings
                WHERE function_id = ANY ($4::text[])),
            (SELECT min(next_at) FROM engine.crons
                WHERE function_id = ANY ($4::text[])),
            (SELECT min(expires_at) FROM engine.runs
                WHERE status = 'active' AND expires_at IS NOT NULL)
        ) - now() AS next_tick,
        now() AS now
"""  # noqa: S608 - a condition of ours
QUEUED = "SELECT count(*) FROM engine.jobs WHERE worker IS NULL AND kind = 'call'"


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
    invoked: bool
    """Another run waits for what this one returns."""
    answer: str | None
    """The event that a wait or an invocation waited for, as JSON."""
    event: str
    events: tuple[str, ...]
    memos: Mapping[str, str]

    @property
    def facts(self) -> dict[str, Any]:
        """The event that started the run."""
        facts: dict[str, Any] = json.loads(self.event)
        return facts


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
    functions: Collection[str]
    """Those that can be called from here."""
    latest: datetime = ALWAYS
    """Up to what database time leases may be taken over that ran out."""
    urgency: bool = False
    """Some of the functions let runs overtake others."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to come, and in what time."""

    next_due: timedelta | None
    """A job there is room for."""
    next_tick: timedelta | None
    """A cron, a gathering or the end of a run's patience: the dispatcher's work."""
    now: datetime
    """The database's time."""


async def claim(
    connection: Connection, worker: UUID, lease: timedelta, room: Room
) -> list[Job]:
    """Lease the due jobs there is room for, but none of those held."""
    limits = (room.suspicious, room.suspects, list(room.functions), room.latest)
    statement = CLAIM_URGENT if room.urgency else CLAIM_ANY
    given = (room.jobs, worker, lease, list(room.held))
    rows = await connection.fetch(statement, *given, *limits)
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


async def outlook(
    connection: Connection, room: Room, known: Collection[str]
) -> Outlook:
    """Return when there will be something to do; ``known`` can be dispatched to."""
    limits = (room.suspicious, room.suspects, list(room.functions), list(known))
    row = await connection.fetchrow(OUTLOOK, *limits)
    return Outlook(row["next_due"], row["next_tick"], row["now"])


async def shorten(connection: Connection, lease: timedelta) -> None:
    """End the leases in time that a clock set back would prolong."""
    await connection.execute(SHORTEN, lease)


async def queued(connection: Connection) -> int:
    """Return how many calls wait for a worker."""
    return int(await connection.fetchval(QUEUED))


def _job(row: Any) -> Job:
    event = _event(row)
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
        invoked=row["invoked"],
        answer=row["answer"],
        event=event,
        events=tuple(row["batch"] or (event,)),
        memos=dict(zip(row["steps"], row["bodies"], strict=True)),
    )


def _event(row: Any) -> str:
    head = json.dumps(
        {"id": row["event_id"], "name": row["event_name"], "ts": row["ts"]}
    )
    return f'{head[:-1]},"data":{row["data"]},"user":{row["person"]}}}'
