"""Statements of the clients room: files that people send."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

LINES = """
    SELECT id, kind, name, mime, bytes, width, height, duration_ms, status, storage_key,
           coalesce(facts, '') AS facts, coalesce(note, '') AS note,
           excerpt, created_at, uploaded_by_id
    FROM assets
"""
SEEN = "status = 'ready' AND expires_at IS NULL"

_FIND = text(f"{LINES} WHERE storage_key = :storage_key AND expires_at IS NULL")

_SENT_TODAY = text("""
    SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM assets
    WHERE uploaded_by_id = :user_id AND created_at > now() - interval '1 day'
""")

# Whose it is follows the conversation it came in; a page's upload is its person's own.
_QUARANTINE = text("""
    INSERT INTO assets (workspace_id, uploaded_by_id, client_id, private_user_id,
        private_chat_id, conversation_id, kind, name, storage_key, mime, bytes, sha256,
        duration_ms)
    SELECT :workspace_id, :user_id, :client_id,
        CASE WHEN c.id IS NULL THEN :user_id ELSE c.user_id END, c.private_chat_id,
        c.id, 'other', :name, :storage_key, 'application/octet-stream', :bytes, :sha256,
        :duration_ms
    FROM (SELECT CAST(:conversation_id AS uuid) AS id) given
    LEFT JOIN conversations c ON c.id = given.id
    ON CONFLICT (storage_key) DO UPDATE SET bytes = excluded.bytes,
        sha256 = excluded.sha256 WHERE assets.status = 'quarantine'
    RETURNING id
""")

_READY = text("""
    UPDATE assets SET status = 'ready', kind = :kind, name = :name, mime = :mime,
        bytes = :bytes, sha256 = :sha256, width = :width, height = :height,
        facts = nullif(:facts, ''), note = nullif(:note, ''),
        excerpt = nullif(:excerpt, '')
    WHERE storage_key = :storage_key AND status = 'quarantine'
""")

_REJECTED = text("""
    UPDATE assets SET status = 'rejected', note = :note, name = :name
    WHERE storage_key = :storage_key AND status = 'quarantine'
""")

_HEARD = text("UPDATE assets SET excerpt = :excerpt WHERE id = :id")

# Files of one message are named at the same time: one after the other, each sees those
# before it.
_NAMING = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('assets:' ||
        current_setting('app.workspace_id'), 0))
""")

_NAMES = text(f"SELECT name FROM assets WHERE {SEEN} AND name LIKE :like")  # noqa: S608

_LISTED = text(f"""
    {LINES} WHERE {SEEN} AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :n
""")

_NAMED = text(f"{LINES} WHERE {SEEN} AND lower(name) = lower(:name) ORDER BY id DESC")

_OF = text(f"""
    SELECT id, kind, name, mime, coalesce(facts, '') AS facts, coalesce(note, '')
        AS note, excerpt, storage_key, bytes
    FROM assets WHERE id = ANY(CAST(:ids AS uuid[])) AND {SEEN}
    ORDER BY array_position(CAST(:ids AS uuid[]), id)
""")  # noqa: S608 - a constant of ours

_EXPIRE = text(f"""
    UPDATE assets SET expires_at = now() WHERE id = :id AND {SEEN} RETURNING name
""")  # noqa: S608 - as above

# Uploads that no message took, and what a lost worker left behind, go with them.
_DUE = text("""
    SELECT id, storage_key FROM assets
    WHERE expires_at <= now()
       OR status <> 'ready' AND created_at < now() - CAST(:stale AS interval)
    ORDER BY id LIMIT :n
""")

_DROP = text("DELETE FROM assets WHERE id = ANY(CAST(:ids AS uuid[]))")

STALE = timedelta(days=1)


async def find(session: AsyncSession, storage_key: str) -> RowMapping | None:
    """The file kept under that key, if the caller may see it."""
    found = await session.execute(_FIND, {"storage_key": storage_key})
    return found.mappings().one_or_none()


async def sent_today(session: AsyncSession, user_id: UUID) -> tuple[int, int]:
    """How many files a person sent within a day, and their bytes."""
    row = (await session.execute(_SENT_TODAY, {"user_id": user_id})).one()
    return int(row.files), int(row.bytes)


async def quarantine(session: AsyncSession, values: Mapping[str, Any]) -> UUID | None:
    """Keep that a file came in; None when it was looked at already."""
    found: UUID | None = await session.scalar(_QUARANTINE, dict(values))
    return found


async def ready(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Keep what a file turned out to be."""
    await session.execute(_READY, dict(values))


async def rejected(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Keep why a file is not kept."""
    await session.execute(_REJECTED, dict(values))


async def heard(session: AsyncSession, asset_id: UUID, excerpt: str) -> None:
    """Keep what was said in a recording."""
    await session.execute(_HEARD, {"id": asset_id, "excerpt": excerpt})


async def names_like(session: AsyncSession, stem: str, suffix: str) -> set[str]:
    """The names in use that begin and end so; no other is given until this commits."""
    await session.execute(_NAMING)
    safe = stem.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = await session.scalars(_NAMES, {"like": f"{safe}%{suffix}"})
    return set(found)


async def listed(
    session: AsyncSession, n: int, *, before: UUID | None
) -> list[RowMapping]:
    """The newest files the caller may see."""
    values = {"n": n, "before": before}
    return list((await session.execute(_LISTED, values)).mappings())


async def named(session: AsyncSession, name: str) -> list[RowMapping]:
    """The files of that name, newest first."""
    return list((await session.execute(_NAMED, {"name": name})).mappings())


async def of(session: AsyncSession, ids: Sequence[UUID]) -> list[RowMapping]:
    """These files, with what they say, as far as they are still there."""
    values = {"ids": [str(one) for one in ids]}
    return list((await session.execute(_OF, values)).mappings())


async def expire(session: AsyncSession, asset_id: UUID) -> str | None:
    """Hide a file at once, and have it deleted; its name, None when it is gone."""
    name: str | None = await session.scalar(_EXPIRE, {"id": asset_id})
    return name


async def due(session: AsyncSession, n: int) -> list[tuple[UUID, str]]:
    """Files to be deleted now, with their keys. As eraser."""
    found = await session.execute(_DUE, {"n": n, "stale": STALE})
    return [(row.id, row.storage_key) for row in found]


async def drop(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Delete the rows, once their objects are gone. As eraser."""
    await session.execute(_DROP, {"ids": [str(one) for one in ids]})
