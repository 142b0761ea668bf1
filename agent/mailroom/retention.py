"""How long the mailroom keeps what came in; see the inbox in the data model."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.batches import changed

BODIES = timedelta(days=3)
"""What was received is readable for so long after it was worked on."""
KEYS = timedelta(days=30)
"""Late repeats are told apart for so long."""

_BLANK = text("""
    UPDATE inbox SET body = NULL, payload = NULL WHERE id IN (
        SELECT id FROM inbox
        WHERE status <> 'received' AND processed_at IS NOT NULL
          AND received_at < now() - CAST(:age AS interval)
          AND (body IS NOT NULL OR payload IS NOT NULL)
        LIMIT :n FOR UPDATE SKIP LOCKED)
""")

_FORGET = text("""
    DELETE FROM inbox WHERE id IN (
        SELECT id FROM inbox
        WHERE status <> 'received' AND received_at < now() - CAST(:age AS interval)
        LIMIT :n)
""")


async def blank(session: AsyncSession, n: int) -> int:
    """Empty up to ``n`` kept messages older than ``BODIES``; how many. As worker."""
    return await changed(session, _BLANK, n=n, age=BODIES)


async def forget(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` rows of the inbox older than ``KEYS``; how many. As eraser."""
    return await changed(session, _FORGET, n=n, age=KEYS)
