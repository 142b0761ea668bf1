"""What ends or is forgotten about runs by its age."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.batches import changed

LATE = timedelta(hours=1)
"""So much time a run has to see for itself that nobody decided."""
LABELS = timedelta(days=180)

# A run that waits ends its own question, and tells whoever was asked.
_EXPIRE = text("""
    UPDATE approvals SET status = 'expired' WHERE id IN (
        SELECT a.id FROM approvals a
        WHERE a.status = 'pending' AND a.expires_at < now() - CAST(:late AS interval)
          AND NOT EXISTS (SELECT FROM runs r WHERE r.id = a.run_id
                          AND r.status = 'waiting_approval')
        LIMIT :n FOR UPDATE OF a SKIP LOCKED)
""")

_FORGET = text("""
    DELETE FROM routing_labels WHERE id IN (
        SELECT id FROM routing_labels
        WHERE created_at < now() - CAST(:age AS interval) LIMIT :n)
""")


async def expire_approvals(session: AsyncSession, n: int) -> int:
    """End up to ``n`` questions that nobody decided in time. As worker."""
    return await changed(session, _EXPIRE, n=n, late=LATE)


async def forget_labels(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` routing labels past their age. As eraser."""
    return await changed(session, _FORGET, n=n, age=LABELS)
