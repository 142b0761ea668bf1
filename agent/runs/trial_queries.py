"""Statements about the pieces that a proposed rule is tried on."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# First requests alone: what was revised was asked for in two parts.
_PIECES = text("""
    SELECT o.id AS output_id, r.id AS run_id, r.client_id, o.size_bytes,
           num_nonnulls(r.private_user_id, r.private_chat_id) > 0 AS is_private,
           o.created_at > now() - interval '30 days' AS is_recent,
           avg(f.overall_score)::float8 AS score
    FROM outputs o JOIN runs r ON r.id = o.run_id
    JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
        AND f.overall_score IS NOT NULL
    WHERE r.skill_id = :skill_id AND r.kind = 'skill' AND NOT r.input ? 'revises'
      AND NOT r.is_tainted AND o.kind NOT IN ('answer', 'export')
      AND r.provider IS DISTINCT FROM 'rehearsal'
    GROUP BY o.id, r.id ORDER BY o.id DESC LIMIT 200
""")

_FAULT = text("""
    SELECT string_agg(DISTINCT said.words, '; ') FROM feedback f
    CROSS JOIN LATERAL (
        SELECT one ->> 'description' AS words FROM jsonb_array_elements(f.issues) AS one
        UNION ALL SELECT f.comment WHERE f.issues = '[]'
    ) AS said
    WHERE f.output_id = :output_id AND f.source IN ('human', 'implicit')
      AND coalesce(said.words, '') <> ''
""")

_STORED = text("""
    SELECT storage_key FROM outputs WHERE id = ANY(CAST(:ids AS uuid[]))
""")

# A group that is closed keeps its pieces among those who are in it.
_CLOSED = text("""
    SELECT id FROM chats WHERE visibility = 'private' AND kind <> 'private'
""")

_MEMBERS = text("SELECT user_id FROM workspace_members ORDER BY joined_at, id")


async def pieces(session: AsyncSession, skill_id: UUID) -> list[RowMapping]:
    """Scored pieces of a skill that this session may read, newest first."""
    return list((await session.execute(_PIECES, {"skill_id": skill_id})).mappings())


async def fault(session: AsyncSession, output_id: UUID) -> str:
    """What people said was wrong with a piece; empty: nothing."""
    found: str | None = await session.scalar(_FAULT, {"output_id": output_id})
    return found or ""


async def stored(session: AsyncSession, output_ids: list[UUID]) -> list[str]:
    """Where pieces lie in the object store."""
    return list((await session.scalars(_STORED, {"ids": output_ids})).all())


async def members(session: AsyncSession) -> list[UUID]:
    """Everybody of the workspace."""
    return list((await session.scalars(_MEMBERS)).all())


async def closed_chats(session: AsyncSession) -> list[UUID]:
    """The groups whose talk is theirs alone."""
    found: Any = await session.scalars(_CLOSED)
    return list(found.all())
