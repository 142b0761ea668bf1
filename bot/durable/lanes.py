"""Concurrency lanes: how many runs of one key may be active, first come first served.

A run enters its lane before its first call and leaves it when it ends or sleeps; while
it waits outside, its one next job is blocked. A lane changes only under its lock, which
is taken after the run's own row and before anything of other runs.
"""

from bot.durable.database import Connection

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
LEAVE = """
    DELETE FROM engine.slots WHERE run_id = $1
    AND NOT EXISTS (SELECT FROM engine.jobs WHERE run_id = $1 AND kind = 'call')
"""
BLOCK = """
    UPDATE engine.jobs SET blocked = true
    WHERE run_id = $1 AND kind = 'call'
    AND NOT EXISTS (SELECT FROM engine.slots WHERE run_id = $1)
"""
# At most one job of a run is ever blocked, so a limit on jobs is a limit on runs. One
# that is locked belongs to a run that is ending, and who ends it waits for this lane.
ADMIT = """
    WITH next AS (
        SELECT j.id, j.run_id
        FROM engine.runs r JOIN engine.jobs j ON j.run_id = r.id AND j.blocked
        WHERE r.lane = $1 AND r.status = 'active'
        ORDER BY r.rank NULLS FIRST, r.seq
        LIMIT greatest(0, $2 - (SELECT count(*) FROM engine.slots WHERE lane = $1))
        FOR UPDATE OF j SKIP LOCKED
    ), entered AS (
        INSERT INTO engine.slots (run_id, lane) SELECT run_id, $1 FROM next
    )
    UPDATE engine.jobs j SET blocked = false, due_at = greatest(j.due_at, now())
    FROM next WHERE j.id = next.id
"""


async def admit(connection: Connection, lane: str, limit: int) -> None:
    """Let the longest waiting runs in, as far as there is room."""
    await connection.execute(LOCK, lane)
    await connection.execute(ADMIT, lane, limit)


async def settle(
    connection: Connection, run_id: object, lane: str | None, limit: int | None
) -> None:
    """Bring the lane up to date with what this transaction did to one of its runs."""
    if lane is None or limit is None:
        return
    await connection.execute(LOCK, lane)
    await connection.execute(LEAVE, run_id)
    await connection.execute(BLOCK, run_id)
    await connection.execute(ADMIT, lane, limit)
