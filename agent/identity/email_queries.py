"""Statements about addresses and the codes that confirm them, run as the door."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_PUT_CODE = text("""
    INSERT INTO link_codes (purpose, subject, code_hash, expires_at, user_id, sent_to)
    VALUES (:purpose, :subject, :code_hash, now() + :ttl, :user_id, :address)
    ON CONFLICT (purpose, subject) WHERE used_at IS NULL DO UPDATE SET
        code_hash = excluded.code_hash, expires_at = excluded.expires_at,
        sent_to = excluded.sent_to, attempts = 0, created_at = now()
""")

# The newest alone: one that was used before it can only be its own message's again.
_TRY_CODE = text("""
    UPDATE link_codes SET attempts = least(attempts + 1, 5) WHERE id = (
        SELECT id FROM link_codes
        WHERE purpose = :purpose AND subject = :subject
          AND (used_at IS NULL AND expires_at > now() AND attempts < 5
               OR CAST(:by AS text) <> '' AND payload ->> 'by' = :by)
        ORDER BY created_at DESC LIMIT 1 FOR UPDATE)
    RETURNING id, code_hash, sent_to, attempts
""")

_USE_CODE = text("""
    UPDATE link_codes SET used_at = coalesce(used_at, now()),
           payload = payload || jsonb_build_object('by', CAST(:by AS text))
    WHERE id = :id
""")

_HOLDER = text("""
    SELECT id FROM users WHERE email = :address AND is_active
""")

_SET_EMAIL = text("""
    UPDATE users SET email = :address, email_verified_at = now() WHERE id = :user_id
""")


async def put_code(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Keep a code in the place of the one before."""
    await session.execute(_PUT_CODE, row)


async def try_code(session: AsyncSession, key: Mapping[str, Any]) -> Row[Any] | None:
    """Count a try at a live code and return it."""
    return (await session.execute(_TRY_CODE, key)).one_or_none()


async def use_code(session: AsyncSession, code_id: UUID, by: str) -> None:
    """Let a code be used up, by the message ``by``."""
    await session.execute(_USE_CODE, {"id": code_id, "by": by})


async def holder(session: AsyncSession, address: str) -> UUID | None:
    """The account that has this address."""
    found: UUID | None = await session.scalar(_HOLDER, {"address": address})
    return found


async def set_email(session: AsyncSession, user_id: UUID, address: str) -> None:
    """Let the caller's account have this address; under their own rights."""
    await session.execute(_SET_EMAIL, {"user_id": user_id, "address": address})
