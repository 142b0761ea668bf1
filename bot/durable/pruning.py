"""What the engine may forget: runs that ended long ago, and what only they needed."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.batches import changed

REPEATS = timedelta(days=1)
"""An event is kept at least so long: with its id a repeat of it is told apart."""

# Ids are in time order, so that the key's own index finds what is old.
_RUNS = text("""
    DELETE FROM engine.runs WHERE id IN (
        SELECT id FROM engine.runs
        WHERE id < uuidv7(-CAST(:older_than AS interval)) AND status <> 'active'
          AND ended_at < now() - CAST(:older_than AS interval)
        ORDER BY id LIMIT :n FOR UPDATE SKIP LOCKED)
""")

_EVENTS = text("""
    DELETE FROM engine.events WHERE id IN (
        SELECT id FROM engine.events e
        WHERE dispatched_at < now() - CAST(:older_than AS interval)
          AND NOT EXISTS (SELECT FROM engine.runs r WHERE r.event_id = e.id)
          AND NOT EXISTS (SELECT FROM engine.batches b WHERE b.event_id = e.id)
          AND NOT EXISTS (SELECT FROM engine.gathered g WHERE g.event_id = e.id)
        LIMIT :n FOR UPDATE SKIP LOCKED)
""")

# A meter that is free again says the same as none.
_METERS = text("""
    DELETE FROM engine.meters WHERE key IN (
        SELECT key FROM engine.meters WHERE free_at < now() - interval '1 hour'
        ORDER BY free_at LIMIT :n FOR UPDATE SKIP LOCKED)
""")


async def runs(session: AsyncSession, n: int, older_than: timedelta) -> int:
    """Forget up to ``n`` runs that ended so long ago, steps and all; how many."""
    return await changed(session, _RUNS, n=n, older_than=older_than)


async def events(session: AsyncSession, n: int, older_than: timedelta) -> int:
    """Forget up to ``n`` events that no run needs any more; how many."""
    kept = max(older_than, REPEATS)
    return await changed(session, _EVENTS, n=n, older_than=kept)


async def meters(session: AsyncSession, n: int) -> int:
    """Forget up to ``n`` rate limits that limit nothing now; how many."""
    return await changed(session, _METERS, n=n)
