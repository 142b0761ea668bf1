"""Statements of codes and throttles, run as ``agent_door``."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import bindparam

from agent.identity.schemas import Grant

_ADD_CODE = text("""
    INSERT INTO link_codes (purpose, subject, code_hash, expires_at, user_id,
                            workspace_id, role, payload)
    VALUES (:purpose, :subject, :code_hash, now() + :ttl, :user_id, :workspace_id,
            :role, :payload)
    ON CONFLICT (purpose, subject) WHERE used_at IS NULL DO NOTHING
    RETURNING id
""").bindparams(bindparam("payload", type_=JSONB))

# The attempt is counted before anything is compared, and the row stays locked: of two
# who bring the same code at once, the second finds it used.
_TRY_CODE = text("""
    UPDATE link_codes SET attempts = attempts + 1
    WHERE purpose = :purpose AND subject = :subject AND used_at IS NULL
      AND expires_at > now() AND attempts < 5
    RETURNING id, code_hash, user_id, workspace_id, role, payload
""")

_USE_CODE = text("UPDATE link_codes SET used_at = now() WHERE id = :id")

_COUNT_TRY = text("""
    INSERT INTO throttles AS t (key, kind, count, expires_at)
    VALUES (:key, 'rate', 1, now() + :window)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN t.expires_at <= now() THEN 1 ELSE t.count + 1 END,
        window_started_at = CASE WHEN t.expires_at <= now() THEN now()
                                 ELSE t.window_started_at END,
        expires_at = CASE WHEN t.expires_at <= now() THEN excluded.expires_at
                          ELSE t.expires_at END
    RETURNING count
""")


async def add_code(
    session: AsyncSession,
    key: tuple[str, str],
    code_hash: bytes,
    ttl: timedelta,
    grant: Grant,
) -> bool:
    """Keep a code under ``key`` (purpose, subject); False when the key is taken."""
    purpose, subject = key
    row = {**asdict(grant), "code_hash": code_hash, "ttl": ttl}
    row |= {"purpose": purpose, "subject": subject}
    return await session.scalar(_ADD_CODE, row) is not None


async def try_code(
    session: AsyncSession, purpose: str, subject: str
) -> Row[Any] | None:
    """Count an attempt at a live code and return the code."""
    found = await session.execute(_TRY_CODE, {"purpose": purpose, "subject": subject})
    return found.one_or_none()


async def use_code(session: AsyncSession, code_id: UUID) -> None:
    """Let a code be used up."""
    await session.execute(_USE_CODE, {"id": code_id})


async def count_try(session: AsyncSession, key: str, window: timedelta) -> int:
    """Count a try in the current window; how many that makes."""
    found = await session.scalar(_COUNT_TRY, {"key": key, "window": window})
    return int(found or 0)
