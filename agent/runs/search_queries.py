"""Statements that look for runs and outputs; row security narrows each."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# strpos, not LIKE: what people type is no pattern.
_RUNS = text("""
    SELECT r.id AS run_id, r.number, coalesce(s.title, 'Answer') AS title, r.status,
           CASE WHEN length(r.user_message) > 160
                THEN left(r.user_message, 159) || '…'
                ELSE coalesce(r.user_message, '') END AS asked,
           coalesce(m.display_name, '') AS asked_by, coalesce(k.name, '') AS client,
           coalesce(r.model, '') AS model, r.cost_usd, r.queued_at,
           r.duration_ms / 1000.0::float8 AS seconds
    FROM runs r
    LEFT JOIN skills s ON s.id = r.skill_id
    LEFT JOIN clients k ON k.id = r.client_id
    LEFT JOIN workspace_members m ON m.user_id = r.user_id
    WHERE (CAST(:before AS bigint) IS NULL OR r.number < :before)
      AND (CAST(:statuses AS text[]) IS NULL
           OR r.status = ANY(CAST(:statuses AS text[])))
      AND (:skill = '' OR coalesce(s.name, 'assistant') = :skill)
      AND strpos(lower(coalesce(k.name, '')), lower(:client)) > 0
      AND strpos(lower(coalesce(m.display_name, '')), lower(:person)) > 0
    ORDER BY r.number DESC LIMIT :n
""")

_OUTPUTS = text("""
    SELECT o.id AS output_id, r.number, coalesce(o.title, 'Untitled') AS title,
           coalesce(left(o.preview, 240), '') AS preview,
           coalesce(s.title, 'Answer') AS skill, coalesce(k.name, '') AS client,
           o.size_bytes, o.created_at AS made_at, f.score, f.votes
    FROM outputs o JOIN runs r ON r.id = o.run_id
    LEFT JOIN skills s ON s.id = r.skill_id
    LEFT JOIN clients k ON k.id = r.client_id
    CROSS JOIN LATERAL (
        SELECT avg(overall_score)::float8 AS score, count(overall_score) AS votes
        FROM feedback WHERE output_id = o.id AND source = 'human') f
    WHERE (CAST(:before AS uuid) IS NULL OR o.id < :before) AND o.kind <> 'answer'
      AND strpos(lower(coalesce(o.title, 'Untitled')), lower(:title)) > 0
      AND (:skill = '' OR coalesce(s.name, 'assistant') = :skill)
      AND strpos(lower(coalesce(k.name, '')), lower(:client)) > 0
    ORDER BY o.id DESC LIMIT :n
""")


async def runs(session: AsyncSession, wanted: Mapping[str, Any]) -> list[RowMapping]:
    """Runs that fit ``wanted``, newest first."""
    return list((await session.execute(_RUNS, wanted)).mappings())


async def outputs(session: AsyncSession, wanted: Mapping[str, Any]) -> list[RowMapping]:
    """Outputs that fit ``wanted``, newest first."""
    return list((await session.execute(_OUTPUTS, wanted)).mappings())
