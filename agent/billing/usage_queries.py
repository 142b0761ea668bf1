"""Statements about what was spent, from the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_TODAY = text("""
    SELECT CAST(now() AT TIME ZONE timezone AS date) FROM workspaces WHERE id = :id
""")

_OF_MONTH = """
    FROM usage_records u JOIN workspaces w ON w.id = u.workspace_id
    WHERE u.recorded_at >= CAST(:first AS timestamp) AT TIME ZONE w.timezone
      AND u.recorded_at < CAST(:next AS timestamp) AT TIME ZONE w.timezone
"""

_TOTALS = text(f"""
    SELECT coalesce(sum(u.cost_usd), 0) AS total_usd,
           coalesce(sum(u.total_tokens), 0)::bigint AS tokens,
           count(DISTINCT u.run_id) AS runs,
           coalesce(sum(u.cost_usd) FILTER (WHERE u.user_id = :me), 0) AS mine_usd
    {_OF_MONTH}
""")

_DAYS = text(f"""
    SELECT CAST(u.recorded_at AT TIME ZONE w.timezone AS date) AS day,
           sum(u.cost_usd) AS cost_usd
    {_OF_MONTH} GROUP BY 1 ORDER BY 1
""")

_NAMES = {
    "skill": """coalesce((SELECT s.title FROM skills s WHERE s.id = u.skill_id),
                         'Questions and answers')""",
    "person": """coalesce((SELECT coalesce(nullif(m.display_name, ''),
                                           'Somebody without a name')
                           FROM workspace_members m
                           WHERE m.user_id = u.user_id), 'Somebody who left')""",
    "model": "u.provider || '/' || u.model",
}

_SHARES = {
    kind: text(f"""
        SELECT {name} AS name, sum(u.cost_usd) AS cost_usd, count(*) AS calls
        {_OF_MONTH} GROUP BY 1 ORDER BY 2 DESC, 1
    """)
    for kind, name in _NAMES.items()
}

_LATEST = text("""
    WITH latest AS (
        SELECT run_id, max(recorded_at) AS at FROM usage_records
        WHERE run_id IS NOT NULL AND status = 'ok' AND provider <> 'rehearsal'
          AND (CAST(:skill_id AS uuid) IS NULL OR skill_id = :skill_id)
        GROUP BY run_id ORDER BY 2 DESC LIMIT :n
    )
    SELECT u.run_id, u.input_tokens, u.cache_read_tokens, u.cache_write_5m_tokens,
           u.cache_write_1h_tokens, u.output_tokens, u.cost_usd
    FROM usage_records u JOIN latest USING (run_id)
""")


async def today(session: AsyncSession, workspace_id: UUID) -> date:
    """The day where the workspace is."""
    found: date = await session.scalar(_TODAY, {"id": workspace_id})
    return found


async def totals(session: AsyncSession, month: tuple[date, date], me: UUID) -> Any:
    """A month's sums; ``month``: its first day and the next one's."""
    return (await session.execute(_TOTALS, _span(month) | {"me": me})).mappings().one()


async def days(session: AsyncSession, month: tuple[date, date]) -> Sequence[RowMapping]:
    """What each day cost on which anything was spent."""
    return (await session.execute(_DAYS, _span(month))).mappings().all()


async def shares(
    session: AsyncSession, month: tuple[date, date], kind: str
) -> Sequence[RowMapping]:
    """A month by ``skill``, ``person`` or ``model``."""
    return (await session.execute(_SHARES[kind], _span(month))).mappings().all()


async def latest(
    session: AsyncSession, skill_id: UUID | None, n: int
) -> Sequence[RowMapping]:
    """The calls of the latest ``n`` runs of a skill (None: of any), in five counts."""
    values = {"skill_id": skill_id, "n": n}
    return (await session.execute(_LATEST, values)).mappings().all()


def _span(month: tuple[date, date]) -> dict[str, Any]:
    first, following = month
    return {"first": first, "next": following}
