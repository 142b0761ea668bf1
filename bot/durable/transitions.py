"""What an outcome does to a run: each function is one transaction.

Locks are taken in one order: the run's row, its jobs, its memos, its lane. Whoever no
longer holds the job's lease changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.durable import endings, lanes, watches
from bot.durable.arrived import FINISHED, INVOKED
from bot.durable.database import Connection, Database
from bot.durable.functions import Plan
from bot.durable.protocol import (
    Error,
    Invoked,
    Op,
    Planned,
    Progress,
    Ran,
    Slept,
    Waited,
    dump,
    storable,
)
from bot.durable.queue import Job
from bot.durable.watches import Watch

# The commonest move in one round trip: a step ran, and its run goes on in this worker.
ADVANCE = """
    WITH run AS MATERIALIZED (
        SELECT id FROM engine.runs
        WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE
    ), job AS (
        UPDATE engine.jobs SET
            token = token + 1, attempt = 0, losses = 0, error = '', due_at = now() + $4
        WHERE id = $2 AND token = $3 AND EXISTS (SELECT FROM run)
        RETURNING token
    ), memo AS (
        INSERT INTO engine.memos (run_id, step_id, name, attempt, failed, body)
        SELECT $1, $5, $6, $7, $8, $9 FROM job ON CONFLICT DO NOTHING
    )
    SELECT token FROM job
"""
# After a lost connection: did the statement above arrive? Nobody else makes this token,
# since a worker never claims a job that it carries.
ADVANCED = "SELECT token FROM engine.jobs WHERE id = $1 AND token = $2 AND worker = $3"
TAKE = "DELETE FROM engine.jobs WHERE id = $1 AND token = $2 RETURNING again"
MEMO = """
    INSERT INTO engine.memos (run_id, step_id, name, attempt, failed, body)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
ADD = """
    INSERT INTO engine.jobs (run_id, step_id, name, kind, due_at)
    SELECT $1, $2, $3, $4, coalesce($5, now() + $6::interval, now())
    WHERE NOT EXISTS (SELECT FROM engine.memos WHERE run_id = $1 AND step_id = $2)
    ON CONFLICT DO NOTHING
"""
# A call that is in flight may not have seen the newest memo: it is made once more.
GO_ON = """
    INSERT INTO engine.jobs (run_id) VALUES ($1)
    ON CONFLICT (run_id, step_id) DO UPDATE SET again = true
"""
RACING = "UPDATE engine.runs SET racing = true WHERE id = $1"
# Whoever dispatches has to look at the clock anew.
EXPECT = """
    WITH expected AS (
        UPDATE engine.runs SET expires_at = now() + $2::interval
        WHERE id = $1 AND status = 'active' AND EXISTS
            (SELECT FROM engine.jobs WHERE id = $3 AND token = $4)
        RETURNING expires_at
    )
    SELECT pg_notify('engine', 'events') FROM expected WHERE expires_at IS NOT NULL
"""
SIZE = "SELECT sum(octet_length(body::text)) FROM engine.memos WHERE run_id = $1"
LEFT = "SELECT count(*) FROM engine.jobs WHERE run_id = $1"
RETRY = """
    UPDATE engine.jobs SET
        worker = NULL, token = token + 1, attempt = attempt + $6, error = $4,
        due_at = coalesce($5, now() + $3::interval * (1 + random() / 5))
    WHERE id = $1 AND token = $2
"""
# The end of a run in one round trip, where it lets nobody else in.
COMPLETE = """
    WITH run AS MATERIALIZED (
        SELECT id FROM engine.runs
        WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE
    ), taken AS (
        DELETE FROM engine.jobs
        WHERE id = $2 AND token = $3 AND EXISTS (SELECT FROM run) RETURNING run_id
    ), cleared AS (
        DELETE FROM engine.jobs j USING taken t WHERE j.run_id = t.run_id AND j.id <> $2
    ), deafened AS (
        DELETE FROM engine.watches w USING taken t WHERE w.run_id = t.run_id
    )
    UPDATE engine.runs r SET status = 'completed', output = $4, ended_at = now()
    FROM taken t WHERE r.id = t.run_id
"""
INVOKE = """
    INSERT INTO engine.events (id, name, data)
    VALUES ('invoke:' || $1::text, $2, $3) ON CONFLICT DO NOTHING
"""
NOTIFY = "SELECT pg_notify('engine', $1)"
MAX_STATE_BYTES = 32 * 2**20
"""What the steps of a run may return in all, as on Inngest's server: every call carries
it, and what no call can carry would stand in the way of all others."""
SMALL = MAX_STATE_BYTES // 1000
"""Characters; as many memos of this size as a run may have need no measuring."""


class StateTooLarge(Exception):
    """The steps of a run have returned more than it may hold."""


async def advance(
    database: Database, job: Job, ran: Ran, worker: UUID, lease: timedelta
) -> int | None:
    """Keep a step's memo and stay on the run; return the new token, None if lost."""
    async with database.connection() as connection:
        token: int | None = await connection.fetchval(
            ADVANCE, job.run_id, job.id, job.token, lease, *_memo(job, ran)
        )
        if token is None:
            token = await connection.fetchval(ADVANCED, job.id, job.token + 1, worker)
    return token


async def progress(database: Database, job: Job, made: Progress) -> bool:
    """Keep what the call got to, and queue what comes next; False if lost.

    Raises:
        StateTooLarge: Nothing was kept.
    """
    async with database.transaction() as connection:
        run = await endings.lock(connection, job.run_id)
        taken = run and await connection.fetchrow(TAKE, job.id, job.token)
        if not run or not taken:
            return False
        if made.racing:
            await connection.execute(RACING, run["id"])
        for op in made.ops:
            await _keep(connection, job, op)
        await _check_size(connection, job, made.ops)
        racing = made.racing or run["racing"]
        if taken["again"] or await _goes_on(connection, job, made.ops, racing=racing):
            await connection.execute(GO_ON, run["id"])
        await lanes.settle(connection, run["id"], run["lane"], run["lane_limit"])
        await connection.execute(NOTIFY, "jobs")
    return True


async def complete(database: Database, job: Job, output: str) -> bool:
    """End the run well; False if lost."""
    if job.lane is None and not job.invoked:
        async with database.connection() as connection:
            said = await connection.execute(
                COMPLETE, job.run_id, job.id, job.token, output
            )
        return bool(said == "UPDATE 1")
    async with database.transaction() as connection:
        run = await _take(connection, job)
        if run:
            await endings.complete(connection, run, output)
    return bool(run)


async def fail(database: Database, job: Job, error: Error, plan: Plan | None) -> bool:
    """End the run badly and let its failure handler know; False if lost."""
    async with database.transaction() as connection:
        run = await _take(connection, job)
        if run:
            tell = plan is None or not plan.on_failure_of
            await endings.fail(connection, run, error, tell=tell)
    return bool(run)


async def retry(
    database: Database, job: Job, error: Error, delay: timedelta, at: datetime | None
) -> bool:
    """Queue the call again, after ``delay`` or at an instant; False if lost."""
    return await _again(database, job, (error, delay, at), spent=1)


async def postpone(
    database: Database, job: Job, error: Error, delay: timedelta
) -> bool:
    """Queue a call again that was not made; False if lost."""
    return await _again(database, job, (error, delay, None), spent=0)


async def _again(
    database: Database,
    job: Job,
    why: tuple[Error, timedelta, datetime | None],
    *,
    spent: int,
) -> bool:
    error, delay, at = why
    message = storable(f"{error.get('name')}: {error.get('message')}")
    async with database.transaction() as connection:
        if not await endings.lock(connection, job.run_id):
            return False
        values = (delay, message, at, spent)
        done = await connection.execute(RETRY, job.id, job.token, *values)
    return bool(done == "UPDATE 1")


async def expect(database: Database, job: Job, patience: timedelta | None) -> None:
    """Let a run that begins now end after ``patience`` at the latest."""
    async with database.connection() as connection:
        await connection.execute(EXPECT, job.run_id, patience, job.id, job.token)


async def cancel(database: Database, run_id: UUID) -> bool:
    """End the run now; False when it has ended, or there is none."""
    async with database.transaction() as connection:
        return await endings.cancel(connection, run_id)


async def _take(connection: Connection, job: Job) -> Any:
    run = await endings.lock(connection, job.run_id)
    if run and await connection.fetchrow(TAKE, job.id, job.token):
        return run
    return None


async def _keep(connection: Connection, job: Job, op: Op) -> None:
    match op:
        case Ran():
            await connection.execute(MEMO, job.run_id, *_memo(job, op))
            if job.kind in ("wait", "invoke"):
                await watches.remove(connection, job.run_id, op.step_id)
        case Planned(step_id, name):
            await _add(connection, job, (step_id, name, "call", None))
        case Slept(step_id, name, until):
            await _add(connection, job, (step_id, name, "sleep", until))
        case Waited():
            await _wait(connection, job, op)
        case Invoked():
            await _invoke(connection, job, op)


async def _check_size(connection: Connection, job: Job, ops: Sequence[Op]) -> None:
    if all(is_small(op) for op in ops):
        return
    if await connection.fetchval(SIZE, job.run_id) > MAX_STATE_BYTES:
        raise StateTooLarge


def is_small(op: Op) -> bool:
    """Tell whether it may be kept without measuring what else there is."""
    return not isinstance(op, Ran) or len(op.memo) <= SMALL


async def _add(
    connection: Connection,
    job: Job,
    step: tuple[str, str, str, datetime | None],
    after: timedelta | None = None,
) -> bool:
    said = await connection.execute(ADD, job.run_id, *step, after)
    return bool(said == "INSERT 0 1")


async def _wait(connection: Connection, job: Job, op: Waited) -> None:
    if await _add(connection, job, (op.step_id, op.name, "wait", None), op.timeout):
        watch = Watch.of(op.event, op.when, job.facts, step_id=op.step_id)
        await watches.add(connection, job.run_id, [watch])


async def _invoke(connection: Connection, job: Job, op: Invoked) -> None:
    if not await _add(
        connection, job, (op.step_id, op.name, "invoke", None), op.timeout
    ):
        return
    correlation = f"{job.run_id}:{op.step_id}"
    watch = Watch(FINISHED, watches.invocation(correlation), step_id=op.step_id)
    await watches.add(connection, job.run_id, [watch])
    ours = {"fn_id": op.function_id, "correlation_id": correlation}
    data = dump({**op.data, "_inngest": ours})
    await connection.execute(INVOKE, correlation, INVOKED, data)
    await connection.execute(NOTIFY, "events")


async def _goes_on(
    connection: Connection, job: Job, ops: Sequence[Op], *, racing: bool
) -> bool:
    """Tell whether the function is to be called for its next steps now.

    Parallel steps wait for the last of them, unless they race.
    """
    if racing and any(isinstance(op, Ran) for op in ops):
        return True
    return not await connection.fetchval(LEFT, job.run_id)


def _memo(job: Job, ran: Ran) -> tuple[str, str, int, bool, str]:
    return ran.step_id, ran.name, job.attempt, ran.failed, ran.memo
