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
# who bring the same code at once, the second finds it used. Only the very message that
# used it may come again, should it have to be worked on twice.
_TRY_CODE = text("""
    UPDATE link_codes SET attempts = least(attempts + 1, 5)
    WHERE purpose = :purpose AND subject = :subject
      AND (used_at IS NULL AND expires_at > now() AND attempts < 5
           OR CAST(:by AS text) <> '' AND payload ->> 'by' = :by)
    RETURNING id, code_hash, user_id, workspace_id, role, payload, attempts, sent_to
""")

_USE_CODE = text("""
    UPDATE link_codes SET used_at = coalesce(used_at, now()),
           payload = payload || jsonb_build_object('by', CAST(:by AS text))
    WHERE id = :id
""")

_WORN_OUT = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        actor_type, metadata)
    VALUES (:workspace_id, 'code', :subject, nextval('event_versions'), 'audit',
            'identity.code_worn_out', 'system',
            jsonb_build_object('purpose', CAST(:purpose AS text)))
""")

_COUNT_TRY = text("""
    INSERT INTO throttles AS t (key, kind, count, expires_at)
    VALUES (:key, 'rate', 1, now() + :window)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN t.expires_at <= now() THEN 1 ELSE t.count + 1 END,
        window_started_at = CASE WHEN t.expires_at <= now() THEN now()
                                 ELSE t.window_started_at END,
        expires_at = CASE WHEN t.expires_at <= now() THEN excluded.expires_at
                          ELSE t.expires_at END
    RETURNING count, extract(epoch FROM expires_at - now()) AS left_s
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
    session: AsyncSession, purpose: str, subject: str, by: str = ""
) -> Row[Any] | None:
    """Count an attempt at a live code and return the code; ``by`` may try again."""
    values = {"purpose": purpose, "subject": subject, "by": by}
    return (await session.execute(_TRY_CODE, values)).one_or_none()


async def use_code(session: AsyncSession, code_id: UUID, by: str = "") -> None:
    """Let a code be used up, by the message ``by``."""
    await session.execute(_USE_CODE, {"id": code_id, "by": by})


async def record_worn_out(
    session: AsyncSession, workspace_id: UUID, purpose: str, subject: str
) -> None:
    """Write down that somebody guessed at a code until it was worth nothing."""
    values = {"workspace_id": workspace_id, "purpose": purpose, "subject": subject}
    await session.execute(_WORN_OUT, values)


async def count_try(
    session: AsyncSession, key: str, window: timedelta
) -> tuple[int, float]:
    """Count a try in the current window; how many that makes, and how long it lasts."""
    found = (await session.execute(_COUNT_TRY, {"key": key, "window": window})).one()
    return int(found[0]), float(found[1])
