"""A workspace's own skills as rows. Row security narrows each statement."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Its own before the house's of the same name; in the version that it works by.
_FIND = text("""
    SELECT s.id, s.name, s.title, s.description, s.category, s.type, s.is_system,
           s.is_beta, s.is_active, s.related,
           coalesce(v.version, s.current_version) AS current_version,
           NOT EXISTS (SELECT FROM skill_settings t WHERE t.skill_id = s.id
                       AND t.client_id IS NULL AND NOT t.is_active) AS is_on,
           v.id AS version_id, v.storage_key, v.origin, v.llm_config, v.changelog,
           v.released_at
    FROM skills s
    LEFT JOIN skill_versions v ON v.id = coalesce(
        (SELECT t.version_id FROM skill_settings t
         WHERE t.skill_id = s.id AND t.client_id IS NULL),
        (SELECT w.id FROM skill_versions w
         WHERE w.skill_id = s.id AND w.version = s.current_version
           AND w.workspace_id IS NOT DISTINCT FROM s.workspace_id))
    WHERE s.name = :name ORDER BY s.is_system LIMIT 1
""")

_DRAFT = text("""
    SELECT v.id, v.version, v.storage_key, v.origin, v.llm_config, v.scan
    FROM skill_versions v JOIN skills s ON s.id = v.skill_id
    WHERE v.skill_id = :skill_id AND s.workspace_id IS NOT NULL AND v.status = 'draft'
    ORDER BY v.id DESC LIMIT 1
""")

_NAMES = text("SELECT name FROM skills")

_CALLS = text("""
    SELECT DISTINCT lower(unnest(triggers)) FROM skills WHERE name <> :name
""")

_ADD = text("""
    INSERT INTO skills (workspace_id, name, title, description, type, category,
                        storage_prefix, has_rules, has_subdirectories, triggers,
                        related, is_active)
    VALUES (:workspace_id, :name, :title, :description, :type, :category,
            :storage_prefix, :has_rules, :has_subdirectories, :triggers, :related,
            false)
    RETURNING id
""")

_UPDATE = text("""
    UPDATE skills SET title = :title, description = :description, type = :type,
        category = :category, has_rules = :has_rules,
        has_subdirectories = :has_subdirectories, triggers = :triggers,
        related = :related, current_version = :version, is_active = true
    WHERE id = :id
""")

_ADD_VERSION = text("""
    INSERT INTO skill_versions (workspace_id, skill_id, version, status, origin,
        content_hash, storage_key, files, prompt_template, input_schema, output_schema,
        required_context, model_tier, llm_config, max_cost_usd, changelog, scan,
        released_at)
    VALUES (:workspace_id, :skill_id, :version, :status, :origin, :content_hash,
        :storage_key, CAST(:files AS jsonb), :prompt, CAST(:input_schema AS jsonb),
        CAST(:output_schema AS jsonb), :required_context, :tier,
        CAST(:llm_config AS jsonb), :max_cost_usd, :changelog,
        CAST(nullif(:scan, 'null') AS jsonb),
        CASE WHEN :status = 'active' THEN now() END)
    RETURNING id
""")

# A rehearsal says nothing about a skill, nor does its score.
_SCORE = text("""
    SELECT count(*) AS n, avg(f.overall_score)::float8 AS mean FROM feedback f
    JOIN outputs o ON o.id = f.output_id JOIN runs r ON r.id = o.run_id
    WHERE r.skill_id = :skill_id AND f.source = 'human'
      AND r.provider IS DISTINCT FROM 'rehearsal'
""")

_COUNT = text("""
    SELECT count(*) AS all_versions, count(*) FILTER (WHERE status = 'active') AS saved
    FROM skill_versions WHERE skill_id = :skill_id
""")

_RETIRE = text("""
    UPDATE skill_versions SET status = 'retired'
    WHERE skill_id = :skill_id AND status = 'draft'
""")

_RELEASE = text("""
    UPDATE skill_versions SET status = 'active', released_at = now() WHERE id = :id
""")

_SET_ACTIVE = text("UPDATE skills SET is_active = :is_on WHERE id = :id")

_SETTING = text("""
    INSERT INTO skill_settings (workspace_id, skill_id, is_active)
    VALUES (:workspace_id, :id, :is_on)
    ON CONFLICT (workspace_id, skill_id, client_id)
    DO UPDATE SET is_active = excluded.is_active
""")

_RENAME = text("UPDATE skills SET name = :name WHERE id = :id AND NOT is_system")

_DELETE = text("DELETE FROM skills WHERE id = :id AND NOT is_system")

_JSON = ("files", "llm_config", "input_schema", "output_schema", "scan")


async def find(session: AsyncSession, name: str) -> RowMapping | None:
    """The skill called so, with the version in force if there is one."""
    found = await session.execute(_FIND, {"name": name})
    return found.mappings().one_or_none()


async def draft(session: AsyncSession, skill_id: UUID) -> RowMapping | None:
    """The newest version that was neither saved nor dropped."""
    found = await session.execute(_DRAFT, {"skill_id": skill_id})
    return found.mappings().one_or_none()


async def names(session: AsyncSession) -> set[str]:
    """Every skill's name that the workspace can see."""
    return set((await session.execute(_NAMES)).scalars())


async def calls(session: AsyncSession, name: str) -> set[str]:
    """The phrases that call another skill than this one."""
    return set((await session.execute(_CALLS, {"name": name})).scalars())


async def add(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """A skill of the workspace, off until a version of it is saved."""
    found: UUID = (await session.execute(_ADD, values)).scalar_one()
    return found


async def add_version(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """One more version; ``status`` says whether it is in force."""
    row = {**values}
    for column in _JSON:
        row[column] = json.dumps(values[column])
    found: UUID = (await session.execute(_ADD_VERSION, row)).scalar_one()
    return found


async def put_in_force(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Let the skill ``id`` be as ``values`` say, in the version they name."""
    await session.execute(_UPDATE, values)


async def score(session: AsyncSession, skill_id: UUID) -> tuple[int, float | None]:
    """How many people scored its pieces, and their mean, 1-5."""
    row = (await session.execute(_SCORE, {"skill_id": skill_id})).one()
    return row.n, row.mean


async def counts(session: AsyncSession, skill_id: UUID) -> tuple[int, int]:
    """How many versions there are, and how many of them were saved."""
    row = (await session.execute(_COUNT, {"skill_id": skill_id})).one()
    return row.all_versions, row.saved


async def retire_drafts(session: AsyncSession, skill_id: UUID) -> None:
    """Put away what was not saved."""
    await session.execute(_RETIRE, {"skill_id": skill_id})


async def release(session: AsyncSession, version_id: UUID) -> None:
    """Let a draft be a version that may be in force."""
    await session.execute(_RELEASE, {"id": version_id})


async def set_active(session: AsyncSession, skill_id: UUID, *, is_on: bool) -> None:
    """Switch a skill of the workspace's own on or off."""
    await session.execute(_SET_ACTIVE, {"id": skill_id, "is_on": is_on})


async def set_here(
    session: AsyncSession, workspace_id: UUID, skill_id: UUID, *, is_on: bool
) -> None:
    """Switch a skill of the house on or off in this workspace."""
    values = {"workspace_id": workspace_id, "id": skill_id, "is_on": is_on}
    await session.execute(_SETTING, values)


async def rename(session: AsyncSession, skill_id: UUID, name: str) -> None:
    """Call a skill of the workspace's own something else."""
    await session.execute(_RENAME, {"id": skill_id, "name": name})


async def delete(session: AsyncSession, skill_id: UUID) -> None:
    """Delete a skill of the workspace's own, with its versions."""
    await session.execute(_DELETE, {"id": skill_id})
