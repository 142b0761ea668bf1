"""Versions that a workspace made of a skill, and which one is in force for whom."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# A workspace's own skill goes before the house's of the same name.
_SKILL = text("""
    SELECT id, name, title, is_system, current_version FROM skills
    WHERE name = :name ORDER BY is_system LIMIT 1
""")

_VERSIONS = """
    SELECT v.id, v.skill_id, v.version, v.status, v.origin, v.storage_key, v.files,
           v.prompt_template, v.model_tier, v.llm_config, v.max_cost_usd, v.changelog,
           v.parent_id, v.workspace_id IS NOT NULL AS is_own,
           coalesce(v.released_at, v.created_at) AS made_at,
           coalesce(m.display_name, '') AS made_by
    FROM skill_versions v LEFT JOIN workspace_members m ON m.user_id = v.made_by_id
    WHERE {}
"""

_VERSION = text(_VERSIONS.format("v.id = :id"))

# What was never saved is nobody's choice.
_RELEASED = text(
    _VERSIONS.format("v.skill_id = :skill_id AND v.released_at IS NOT NULL")
    + " ORDER BY made_at DESC, v.id DESC"
)

_NUMBERS = text("SELECT version FROM skill_versions WHERE skill_id = :skill_id")

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")

_ADD = text("""
    INSERT INTO skill_versions (workspace_id, skill_id, parent_id, made_by_id, version,
        status, origin, content_hash, storage_key, files, prompt_template, input_schema,
        output_schema, required_context, model_tier, llm_config, max_cost_usd,
        changelog, released_at)
    VALUES (:workspace_id, :skill_id, :parent_id, :made_by_id, :version, 'active',
        :origin, :content_hash, :storage_key, CAST(:files AS jsonb), :prompt,
        CAST(:input_schema AS jsonb), CAST(:output_schema AS jsonb), :required_context,
        :tier, CAST(:llm_config AS jsonb), :max_cost_usd, :changelog, now())
    RETURNING id
""")

_SETTING = text("""
    INSERT INTO skill_settings (workspace_id, skill_id, client_id, version_id)
    VALUES (:workspace_id, :skill_id, :client_id, :version_id)
    ON CONFLICT (workspace_id, skill_id, client_id)
    DO UPDATE SET version_id = excluded.version_id
""")

_CURRENT = text("UPDATE skills SET current_version = :version WHERE id = :id")

# A version that was never saved is in force for whoever tries it, and for nobody else.
_CHOICE = text("""
    SELECT EXISTS (SELECT FROM skill_versions v
                   WHERE v.id = CAST(:offered AS uuid) AND v.status = 'draft')
               AS is_draft,
        (SELECT t.version_id FROM skill_settings t
         WHERE t.skill_id = s.id AND t.client_id = CAST(:client_id AS uuid)) AS pinned,
        coalesce(
            (SELECT t.version_id FROM skill_settings t
             WHERE t.skill_id = s.id AND t.client_id IS NULL),
            (SELECT v.id FROM skill_versions v
             WHERE v.skill_id = s.id AND v.version = s.current_version
               AND v.workspace_id IS NOT DISTINCT FROM s.workspace_id)) AS standing,
        EXISTS (SELECT FROM experiments e
                WHERE e.kind = 'skill_version' AND e.subject_id = s.id
                  AND e.status = 'running') AS is_tested
    FROM skills s WHERE s.id = :skill_id
""")

# What was rehearsed says nothing about a version.
_SCORES = text("""
    SELECT r.skill_version_id AS id, count(*) AS n,
           avg(f.overall_score)::float8 AS mean
    FROM runs r JOIN outputs o ON o.run_id = r.id
    JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
    WHERE r.skill_id = :skill_id AND r.provider IS DISTINCT FROM 'rehearsal'
    GROUP BY 1
""")

_PINS = text("""
    SELECT t.version_id, c.name FROM skill_settings t
    JOIN clients c ON c.id = t.client_id AND c.archived_at IS NULL
    WHERE t.skill_id = :skill_id AND t.version_id IS NOT NULL ORDER BY c.name
""")

_JSON = ("files", "llm_config", "input_schema", "output_schema")


async def skill(session: AsyncSession, name: str) -> RowMapping | None:
    """The skill of that name, as the caller's workspace knows it."""
    return (await session.execute(_SKILL, {"name": name})).mappings().one_or_none()


async def version(session: AsyncSession, version_id: UUID) -> RowMapping | None:
    """One version that the caller's workspace can see."""
    found = await session.execute(_VERSION, {"id": version_id})
    return found.mappings().one_or_none()


async def released(session: AsyncSession, skill_id: UUID) -> list[RowMapping]:
    """Every version of a skill that may be in force, newest first."""
    found = await session.execute(_RELEASED, {"skill_id": skill_id})
    return list(found.mappings())


async def numbers(session: AsyncSession, skill_id: UUID) -> list[str]:
    """The numbers that versions of a skill bear, the house's and one's own.

    Who asks is alone with the skill's numbers until its transaction ends.
    """
    await session.execute(_ALONE, {"what": f"versions:{skill_id}"})
    return list((await session.execute(_NUMBERS, {"skill_id": skill_id})).scalars())


async def add(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """A version of the workspace's own, which may be put in force."""
    row = {**values}
    for column in _JSON:
        row[column] = json.dumps(values[column])
    found: UUID = (await session.execute(_ADD, row)).scalar_one()
    return found


async def settle(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Let a version be the workspace's, or one client's; None: follow the default."""
    await session.execute(_SETTING, values)


async def make_current(session: AsyncSession, skill_id: UUID, number: str) -> None:
    """Let a version be in force of a skill that is the workspace's own altogether."""
    await session.execute(_CURRENT, {"id": skill_id, "version": number})


async def choice(
    session: AsyncSession,
    skill_id: UUID,
    client_id: UUID | None,
    offered: UUID | None = None,
) -> RowMapping:
    """``pinned`` for the client, ``standing`` otherwise; ``is_draft``: of ``offered``.

    The first two may be None. ``is_tested``: a test of its versions runs, for whomever.
    """
    values = {"skill_id": skill_id, "client_id": client_id, "offered": offered}
    return (await session.execute(_CHOICE, values)).mappings().one()


async def scores(session: AsyncSession, skill_id: UUID) -> dict[UUID, RowMapping]:
    """``n`` and ``mean`` of people's scores, by version."""
    found = await session.execute(_SCORES, {"skill_id": skill_id})
    return {row["id"]: row for row in found.mappings() if row["id"]}


async def pins(session: AsyncSession, skill_id: UUID) -> list[RowMapping]:
    """``version_id`` and client's ``name`` of every pin."""
    found = await session.execute(_PINS, {"skill_id": skill_id})
    return list(found.mappings())
