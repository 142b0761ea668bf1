"""Statements about how messages were routed, and what people said would be right.

``session`` is the tenant's: of other people's private chats row security shows nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

TAUGHT = 200
"""Of the choices people made, so many of the latest speak."""

_BACKGROUND = text("""
    SELECT coalesce((
        SELECT s.name FROM runs r JOIN skills s ON s.id = r.skill_id
        WHERE r.conversation_id = :conversation_id
          AND r.queued_at > now() - interval '2 hours'
        ORDER BY r.number DESC LIMIT 1), '') AS recent,
    coalesce((
        SELECT jsonb_agg(jsonb_build_array(l.text, l.skill)) FROM (
            SELECT t.text, coalesce(s.name, 'assistant') AS skill
            FROM routing_labels t LEFT JOIN skills s ON s.id = t.label_skill_id
            WHERE t.labelled_by IN ('user', 'operator')
              AND coalesce(s.is_active, t.candidates -> 0 ->> 'skill' = 'assistant')
            ORDER BY t.labelled_at DESC LIMIT :n) l), '[]') AS taught
""")

_OF_RUN = text("""
    SELECT l.text, l.method, l.confidence, l.candidates, l.language, l.labelled_by,
           l.message_id
    FROM routing_labels l WHERE l.run_id = :run_id ORDER BY l.id LIMIT 1
""")

_TAUGHT = text("""
    SELECT l.id AS label_id, left(l.text, 200) AS text,
           coalesce(s.name, 'assistant') AS skill,
           coalesce(s.title, 'A plain answer') AS title, l.labelled_at AS taught_at
    FROM routing_labels l LEFT JOIN skills s ON s.id = l.label_skill_id
    WHERE l.labelled_by IN ('user', 'operator')
      AND (s.id IS NOT NULL OR l.candidates -> 0 ->> 'skill' = 'assistant')
      AND (CAST(:before AS uuid) IS NULL OR l.id < :before)
    ORDER BY l.id DESC LIMIT :n
""")

_FORGET = text("""
    UPDATE routing_labels SET labelled_by = 'none', labelled_at = NULL,
                              label_skill_id = NULL
    WHERE labelled_by IN ('user', 'operator')
      AND (id = :label_id OR message_id = :message_id)
    RETURNING left(text, 200) AS text
""")

_SKILL = text("SELECT name, title FROM skills WHERE id = :id")
_TITLES = text("SELECT name, title FROM skills WHERE name = ANY(:names)")


@dataclass(frozen=True, slots=True)
class Background:
    """What helps to tell a skill where words alone do not."""

    recent: str
    """The skill of the latest piece of this conversation; empty: none lately."""
    taught: tuple[tuple[str, str], ...]
    """``(message, skill)`` as people chose, the latest first."""


async def background(session: AsyncSession, conversation_id: UUID | None) -> Background:
    """What the conversation was about, and what this workspace taught."""
    values = {"conversation_id": conversation_id, "n": TAUGHT}
    row = (await session.execute(_BACKGROUND, values)).one()
    return Background(row.recent, tuple((text, skill) for text, skill in row.taught))


async def of_run(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    """How the message behind a run found its skill."""
    found = await session.execute(_OF_RUN, {"run_id": run_id})
    return found.mappings().one_or_none()


async def taught(
    session: AsyncSession, n: int, before: UUID | None
) -> list[RowMapping]:
    """The choices that speak, newest first."""
    found = await session.execute(_TAUGHT, {"n": n, "before": before})
    return list(found.mappings())


async def forget(
    session: AsyncSession, label_id: UUID | None, message_id: UUID | None
) -> str | None:
    """Let a choice speak no more; its message, None: there is none such."""
    values = {"label_id": label_id, "message_id": message_id}
    found: str | None = await session.scalar(_FORGET, values)
    return found


async def skill(session: AsyncSession, skill_id: UUID) -> RowMapping | None:
    """A skill's name, and what people call it."""
    return (await session.execute(_SKILL, {"id": skill_id})).mappings().one_or_none()


async def titles(session: AsyncSession, names: list[str]) -> dict[str, str]:
    """What skills are called, by name."""
    found = await session.execute(_TITLES, {"names": names})
    return {row.name: row.title for row in found}
