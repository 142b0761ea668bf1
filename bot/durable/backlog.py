"""What the embedded engine has before it, as numbers; read as the worker."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Whose lease ran out is due again. Blocked jobs wait for their lane, not for a worker.
_READ = text("""
    SELECT
        count(*) FILTER (WHERE worker IS NULL AND kind = 'call' AND NOT blocked
                         AND due_at <= now()) AS due,
        count(*) FILTER (WHERE blocked) AS blocked,
        count(*) FILTER (WHERE kind <> 'call') AS waiting,
        count(*) FILTER (WHERE worker IS NOT NULL AND due_at > now()) AS held,
        coalesce(max(extract(epoch FROM now() - due_at))
                 FILTER (WHERE NOT blocked AND due_at <= now()), 0)::float8 AS due_s,
        (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL) AS events,
        (SELECT coalesce(max(extract(epoch FROM now() - sent_at)), 0)::float8
         FROM engine.events WHERE dispatched_at IS NULL) AS events_s,
        (SELECT count(*) FROM engine.runs WHERE status = 'active') AS runs
    FROM engine.jobs
""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much there is to do, and for how long the oldest of it has been due."""

    due: int
    """Calls that a worker could make now."""
    blocked: int
    """Calls that wait for their lane."""
    waiting: int
    """Sleeps, waits and invocations."""
    held: int
    """Jobs in some worker's hands."""
    due_s: float
    events: int
    """Events that started nothing yet."""
    events_s: float
    runs: int
    """Unfinished runs."""


async def read(session: AsyncSession) -> Backlog:
    """Return how the engine stands now."""
    row = (await session.execute(_READ)).mappings().one()
    return Backlog(**row)
