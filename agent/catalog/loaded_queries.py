"""Versions of skills by age. Row security narrows it to the house's and one's own."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LATELY = text("""
    SELECT s.name, s.title, v.version, coalesce(v.released_at, v.created_at) AS at,
           v.origin, v.status, coalesce(v.changelog, '') AS changelog,
           v.id IS NOT DISTINCT FROM coalesce(
               (SELECT t.version_id FROM skill_settings t
                WHERE t.skill_id = s.id AND t.client_id IS NULL),
               (SELECT w.id FROM skill_versions w
                WHERE w.skill_id = s.id AND w.version = s.current_version
                  AND w.workspace_id IS NOT DISTINCT FROM s.workspace_id)
           ) AS is_current,
           s.is_active AND NOT EXISTS (
               SELECT FROM skill_settings t WHERE t.skill_id = s.id
               AND t.client_id IS NULL AND NOT t.is_active) AS is_on,
           coalesce(v.scan, '[]') AS scan
    FROM skill_versions v JOIN skills s ON s.id = v.skill_id
    WHERE (:skill = '' OR s.name = :skill)
      AND (v.status <> 'retired' OR v.released_at IS NOT NULL)
    ORDER BY at DESC, v.id DESC LIMIT :limit
""")


async def lately(session: AsyncSession, skill: str, limit: int) -> list[dict[str, Any]]:
    """The newest versions, newest first; ``skill``: one, or ""."""
    found = await session.execute(_LATELY, {"skill": skill, "limit": limit})
    return [dict(row) for row in found.mappings()]
