"""What the chat page reads. Row security narrows each to the caller."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.shown import Position

_CONVERSATION = text("""
    SELECT conversation_id FROM chats
    WHERE channel = 'web' AND account = '' AND chat_id = :user_id AND thread_id = ''
""")

# One list of two tables: what the person wrote on the web, and what was shown there.
_CHAT = """
    SELECT * FROM (
        SELECT id, 0 AS rank, created_at, channel_message_id, content,
               CASE WHEN attachments <> '[]' THEN (
                   SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name,
                       'size_bytes', a.bytes) ORDER BY a.id) FROM assets a
                   WHERE a.status = 'ready' AND a.expires_at IS NULL AND a.id IN (
                       SELECT CAST(f ->> 'asset_id' AS uuid)
                       FROM jsonb_array_elements(attachments) f)) END AS sent,
               NULL::jsonb AS payload, NULL::text AS partial,
               CASE WHEN coalesce(edited_at, redacted_at) IS NULL THEN 0 ELSE 1 END
                   AS revision,
               greatest(created_at, edited_at, redacted_at) AS changed_at
        FROM messages
        WHERE conversation_id = :conversation_id AND channel = 'web' AND role = 'user'
        UNION ALL
        SELECT id, 1, created_at, NULL, NULL, NULL, payload, partial, revision,
               updated_at
        FROM deliveries
        WHERE conversation_id = :conversation_id AND channel = 'web'
          AND status NOT IN ('held', 'cancelled')
    ) chat
"""

_LATEST = text(f"""
    {_CHAT} ORDER BY created_at DESC, rank DESC, id DESC LIMIT :n
""")

_BEFORE = text(f"""
    {_CHAT} WHERE (created_at, rank, id) < (:at, :rank, :id)
    ORDER BY created_at DESC, rank DESC, id DESC LIMIT :n
""")

_CHANGED = text(f"""
    {_CHAT} WHERE changed_at > :since ORDER BY created_at, rank, id LIMIT :n
""")

_PAYLOAD = text("SELECT payload FROM deliveries WHERE id = :id AND channel = 'web'")


_ASSET = text("""
    SELECT name, mime, storage_key FROM assets
    WHERE id = :id AND status = 'ready' AND expires_at IS NULL
""")


async def conversation(session: AsyncSession, user_id: UUID) -> UUID | None:
    """Return the conversation of a person's web chat; None before the first word."""
    found: UUID | None = await session.scalar(_CONVERSATION, {"user_id": str(user_id)})
    return found


async def latest(
    session: AsyncSession, conversation_id: UUID, *, limit: int
) -> list[RowMapping]:
    """Return the newest rows, oldest first."""
    found = await _rows(session, _LATEST, conversation_id, {"n": limit})
    return found[::-1]


async def before(
    session: AsyncSession, conversation_id: UUID, position: Position, *, limit: int
) -> list[RowMapping]:
    """Return the rows just before ``position``, oldest first."""
    at, rank, row_id = position
    facts = {"at": at, "rank": rank, "id": row_id, "n": limit}
    return (await _rows(session, _BEFORE, conversation_id, facts))[::-1]


async def changed(
    session: AsyncSession, conversation_id: UUID, since: datetime, *, limit: int
) -> list[RowMapping]:
    """Return the rows changed after ``since``, in the chat's order."""
    facts = {"since": since, "n": limit}
    return await _rows(session, _CHANGED, conversation_id, facts)


async def payload(session: AsyncSession, delivery_id: UUID) -> dict[str, Any] | None:
    """Return what a delivery shows; None when the caller may not see it."""
    found: dict[str, Any] | None = await session.scalar(_PAYLOAD, {"id": delivery_id})
    return found


async def asset(session: AsyncSession, asset_id: UUID) -> dict[str, Any] | None:
    """Return a file that somebody sent; None when the caller may not see it."""
    found = await session.execute(_ASSET, {"id": asset_id})
    row = found.mappings().one_or_none()
    return dict(row) if row else None


async def _rows(
    session: AsyncSession,
    statement: TextClause,
    conversation_id: UUID,
    facts: dict[str, Any],
) -> list[RowMapping]:
    found = await session.execute(
        statement, {"conversation_id": conversation_id, **facts}
    )
    return list(found.mappings())
