"""Every statement of the catalogue."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Its own before the house's of the same name.
_HERE = text("""
    SELECT DISTINCT ON (s.category, s.title, s.name) s.name, s.title, s.description,
           s.category, NOT s.is_system AS is_own, s.is_beta,
           NOT EXISTS (SELECT FROM skill_settings t WHERE t.skill_id = s.id
                       AND t.client_id IS NULL AND NOT t.is_active) AS is_on
    FROM skills s WHERE s.is_active AND s.current_version IS NOT NULL
    ORDER BY s.category, s.title, s.name, s.is_system
""")

_UPSERT_SKILL = text("""
    INSERT INTO skills (name, title, description, type, category, storage_prefix,
                        has_rules, has_subdirectories, triggers, related)
    VALUES (:name, :title, :description, :type, :category, :storage_prefix, :has_rules,
            :has_subdirectories, :triggers, :related)
    ON CONFLICT (workspace_id, name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        type = excluded.type, category = excluded.category,
        has_rules = excluded.has_rules,
        has_subdirectories = excluded.has_subdirectories,
        triggers = excluded.triggers, related = excluded.related, is_active = true
    RETURNING id
""")

_FIND_VERSION = text("""
    SELECT id, version FROM skill_versions
    WHERE workspace_id IS NULL AND skill_id = :skill_id AND content_hash = :content_hash
""")

# A file that was edited without a new version number still is a new version.
_ADD_VERSION = text("""
    INSERT INTO skill_versions (skill_id, version, status, origin, content_hash,
        storage_key, files, prompt_template, input_schema, output_schema,
        required_context, model_tier, llm_config, max_cost_usd, changelog, released_at)
    SELECT :skill_id,
        CASE WHEN EXISTS (SELECT FROM skill_versions WHERE workspace_id IS NULL
                          AND skill_id = :skill_id AND version = :version)
             THEN :version || '+' || left(encode(:content_hash, 'hex'), 8)
             ELSE :version END,
        'active', 'file', :content_hash, :storage_key, CAST(:files AS jsonb),
        :prompt, CAST(:input_schema AS jsonb), CAST(:output_schema AS jsonb),
        :required_context, :tier, CAST(:llm_config AS jsonb), :max_cost_usd,
        :changelog, now()
    RETURNING id, version
""")

_SET_CURRENT = text("""
    UPDATE skills SET current_version = :version
    WHERE id = :id AND current_version IS DISTINCT FROM :version
""")

_RETIRE_OTHERS = text("""
    UPDATE skills SET is_active = false
    WHERE workspace_id IS NULL AND is_active
      AND name <> ALL(CAST(:names AS text[]))
""")

_HASHES = text("""
    SELECT content_hash FROM skill_versions WHERE workspace_id IS NULL
""")

_VERSION = text("""
    SELECT v.prompt_template, v.storage_key, v.model_tier, v.llm_config, v.version,
           s.name, s.title, s.type, s.related
    FROM skill_versions v JOIN skills s ON s.id = v.skill_id WHERE v.id = :id
""")


_JSON = ("files", "llm_config", "input_schema", "output_schema")


async def skills_here(session: AsyncSession) -> list[RowMapping]:
    """The skills of the caller's workspace, those it has off marked."""
    return list((await session.execute(_HERE)).mappings())


async def upsert_skill(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """Make a system skill, or bring it up to date."""
    found: UUID = (await session.execute(_UPSERT_SKILL, values)).scalar_one()
    return found


async def ensure_version(
    session: AsyncSession, skill_id: UUID, values: Mapping[str, Any]
) -> str:
    """The number of the version with this content, made current; added when new."""
    key = {"skill_id": skill_id, "content_hash": values["content_hash"]}
    row = (await session.execute(_FIND_VERSION, key)).one_or_none()
    if row is None:
        added = {**values, "skill_id": skill_id}
        for column in _JSON:
            added[column] = json.dumps(values[column])
        row = (await session.execute(_ADD_VERSION, added)).one()
    await session.execute(_SET_CURRENT, {"id": skill_id, "version": row.version})
    found: str = row.version
    return found


async def retire_others(session: AsyncSession, names: list[str]) -> None:
    """Switch off system skills whose folders are gone."""
    await session.execute(_RETIRE_OTHERS, {"names": names})


async def hashes(session: AsyncSession) -> set[bytes]:
    """The contents that system versions were made of."""
    return set((await session.execute(_HASHES)).scalars())


async def version(session: AsyncSession, version_id: UUID) -> RowMapping | None:
    """One version with its skill."""
    found = await session.execute(_VERSION, {"id": version_id})
    return found.mappings().one_or_none()
