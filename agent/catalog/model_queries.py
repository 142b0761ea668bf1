"""Statements of model choice: ``skill_settings``, and the workspace's fallback."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog.scope import Scope

# The most specific wins: skill and client, skill, client, workspace.
_CHOSEN = text("""
    SELECT model, model_tier, skill_id, client_id FROM skill_settings
    WHERE (skill_id IS NULL OR skill_id = :skill_id)
      AND (client_id IS NULL OR client_id = :client_id)
      AND (model IS NOT NULL OR model_tier IS NOT NULL)
    ORDER BY skill_id IS NULL, client_id IS NULL LIMIT 1
""")

_CHOICES = text("""
    SELECT c.model, c.model_tier, coalesce(s.title, '') AS skill,
           coalesce(k.name, '') AS client
    FROM skill_settings c LEFT JOIN skills s ON s.id = c.skill_id
    LEFT JOIN clients k ON k.id = c.client_id
    WHERE c.model IS NOT NULL OR c.model_tier IS NOT NULL
    ORDER BY s.title NULLS FIRST, k.name NULLS FIRST
""")

_CHOOSE = text("""
    WITH before AS (
        SELECT model, model_tier FROM skill_settings
        WHERE skill_id IS NOT DISTINCT FROM CAST(:skill_id AS uuid)
          AND client_id IS NOT DISTINCT FROM CAST(:client_id AS uuid)
    ), put AS (
        INSERT INTO skill_settings (workspace_id, skill_id, client_id, model,
                                    model_tier)
        VALUES (:workspace_id, :skill_id, :client_id, :model, :tier)
        ON CONFLICT (workspace_id, skill_id, client_id) DO UPDATE
        SET model = excluded.model, model_tier = excluded.model_tier
        RETURNING id
    )
    SELECT put.id, before.model, before.model_tier FROM put LEFT JOIN before ON true
""")

# A skill by its name or title, else by a word of either or of what people say for it.
_SKILLS = text("""
    WITH fitting AS (
        SELECT s.id, s.name, s.title, coalesce(v.model_tier, 'balanced') AS tier,
            CASE WHEN s.name = lower(:said) OR lower(s.title) = lower(:said) THEN 0
                 WHEN lower(:said) = ANY (SELECT lower(t) FROM unnest(s.triggers) t)
                     THEN 1
                 WHEN position(lower(:said) IN lower(s.title)) > 0 THEN 2
                 WHEN EXISTS (SELECT FROM unnest(s.triggers) t
                              WHERE starts_with(lower(t), lower(:said))) THEN 3
                 WHEN EXISTS (SELECT FROM unnest(s.triggers) t
                              WHERE position(lower(:said) IN lower(t)) > 0) THEN 4
            END AS rank
        FROM skills s LEFT JOIN skill_versions v ON v.skill_id = s.id
            AND v.version = s.current_version
            AND v.workspace_id IS NOT DISTINCT FROM s.workspace_id
        WHERE s.is_active
    )
    SELECT id, name, title, tier FROM fitting
    WHERE rank = (SELECT min(rank) FROM fitting) ORDER BY title
""")

_TITLES = text("SELECT title FROM skills WHERE is_active ORDER BY title")

_OWN = text("""
    SELECT DISTINCT provider FROM connections
    WHERE kind = 'llm' AND status IN ('active', 'expiring')
""")

_SETTINGS = text("""
    SELECT coalesce(settings -> 'models', '{}') FROM workspaces WHERE id = :id
""")

_SET = text("""
    UPDATE workspaces SET settings = settings || jsonb_build_object('models',
        coalesce(settings -> 'models', '{}') || CAST(:patch AS jsonb))
    WHERE id = :id
    RETURNING coalesce(old.settings -> 'models', '{}') AS before,
              new.settings -> 'models' AS after
""")


async def chosen(session: AsyncSession, scope: Scope) -> RowMapping | None:
    """The most specific choice in force for a skill and client."""
    values = {"skill_id": scope.skill_id, "client_id": scope.client_id}
    return (await session.execute(_CHOSEN, values)).mappings().one_or_none()


async def choices(session: AsyncSession) -> list[RowMapping]:
    """Every choice of the workspace, in words."""
    return list((await session.execute(_CHOICES)).mappings())


async def choose(
    session: AsyncSession, workspace_id: UUID, scope: Scope, model: str, tier: str
) -> RowMapping:
    """Put a choice in force (both empty: none); its row, and what stood before."""
    values = {
        "workspace_id": workspace_id,
        "skill_id": scope.skill_id,
        "client_id": scope.client_id,
        "model": model or None,
        "tier": tier or None,
    }
    return (await session.execute(_CHOOSE, values)).mappings().one()


async def skills(session: AsyncSession, said: str) -> list[RowMapping]:
    """The skills that ``said`` fits best, equally well."""
    return list((await session.execute(_SKILLS, {"said": said})).mappings())


async def titles(session: AsyncSession) -> list[str]:
    """What the skills are called."""
    return list((await session.scalars(_TITLES)).all())


async def own_providers(session: AsyncSession) -> set[str]:
    """Providers that the workspace has a key of its own for."""
    return set((await session.scalars(_OWN)).all())


async def settings(session: AsyncSession, workspace_id: UUID) -> Mapping[str, Any]:
    """What the workspace set about models: ``fallback``, ``house_key``."""
    found: Mapping[str, Any] = await session.scalar(_SETTINGS, {"id": workspace_id})
    return found or {}


async def set_settings(
    session: AsyncSession, workspace_id: UUID, patch: Mapping[str, Any]
) -> RowMapping:
    """Change some of it: ``before`` and ``after``."""
    values = {"id": workspace_id, "patch": json.dumps(dict(patch))}
    return (await session.execute(_SET, values)).mappings().one()
