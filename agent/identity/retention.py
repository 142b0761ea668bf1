"""How long identity keeps what is used once: codes, sessions, rate windows."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.batches import changed

CODES = timedelta(days=7)
SESSIONS = timedelta(days=7)
WINDOWS = timedelta(days=1)

_CODES = text("""
    DELETE FROM link_codes WHERE id IN (
        SELECT id FROM link_codes WHERE expires_at < now() - CAST(:age AS interval)
        LIMIT :n)
""")

_SESSIONS = text("""
    DELETE FROM access_tokens WHERE id IN (
        SELECT id FROM access_tokens
        WHERE kind IN ('session', 'refresh')
          AND expires_at < now() - CAST(:age AS interval)
        LIMIT :n)
""")

_WINDOWS = text("""
    DELETE FROM throttles WHERE key IN (
        SELECT key FROM throttles WHERE expires_at < now() - CAST(:age AS interval)
        LIMIT :n FOR UPDATE SKIP LOCKED)
""")


async def forget_codes(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` one-time codes that expired long ago. As eraser."""
    return await changed(session, _CODES, n=n, age=CODES)


async def forget_sessions(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` web sessions that ended long ago. As eraser."""
    return await changed(session, _SESSIONS, n=n, age=SESSIONS)


async def forget_windows(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` rate windows that closed long ago. As worker."""
    return await changed(session, _WINDOWS, n=n, age=WINDOWS)
