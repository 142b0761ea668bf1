"""Statements about what a week taught. Row security narrows each to the workspace.

They read what every member may know: rules, versions and tests are the team's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_RULES = text("""
    SELECT s.name AS skill, s.title, r.proposal ->> 'change' AS change, r.statement,
           coalesce(r.since_version, '') AS version
    FROM rules r JOIN skills s ON s.id = r.skill_id
    WHERE r.scope = 'skill' AND r.workspace_id IS NOT NULL AND r.proposal IS NOT NULL
      AND r.status IN ('active', 'retired')
      AND r.decided_at >= :since AND r.decided_at < :until
    ORDER BY r.decided_at, r.id
""")

# A version made of a rule is told as that rule.
_VERSIONS = text("""
    SELECT s.name AS skill, s.title, v.version, coalesce(v.changelog, '') AS changelog
    FROM skill_versions v JOIN skills s ON s.id = v.skill_id
    WHERE v.workspace_id IS NOT NULL AND v.origin <> 'proposal'
      AND v.released_at >= :since AND v.released_at < :until
    ORDER BY v.released_at, v.id
""")

_TESTS = text("""
    SELECT s.name AS skill, s.title, e.verdict, coalesce(v.version, '') AS version
    FROM experiments e JOIN skills s ON s.id = e.subject_id
    LEFT JOIN experiment_arms a ON a.experiment_id = e.id AND a.key = e.winner_key
    LEFT JOIN skill_versions v ON v.id = a.skill_version_id
    WHERE e.kind = 'skill_version' AND e.status IN ('stopped', 'concluded')
      AND e.ended_at >= :since AND e.ended_at < :until
    ORDER BY e.ended_at, e.id
""")

_COST = text("""
    WITH learning AS (
        SELECT r.id AS run_id FROM rules r WHERE r.proposal IS NOT NULL
        UNION SELECT CAST(r.proposal ->> 'calls_id' AS uuid) FROM rules r
        WHERE r.proposal IS NOT NULL
    )
    SELECT coalesce(sum(u.cost_usd), 0) AS cost_usd,
           coalesce(sum(u.cost_usd) FILTER (
               WHERE u.run_id IN (SELECT run_id FROM learning)), 0) AS learning_usd
    FROM usage_records u WHERE u.recorded_at >= :since AND u.recorded_at < :until
""")

_WAITING = text("""
    SELECT r.id AS rule_id, s.name AS skill, s.title, r.statement
    FROM rules r JOIN skills s ON s.id = r.skill_id
    WHERE r.scope = 'skill' AND r.workspace_id IS NOT NULL AND r.status = 'proposed'
    ORDER BY r.created_at, r.id
""")

_RUNNING = text("""
    SELECT s.title FROM experiments e JOIN skills s ON s.id = e.subject_id
    WHERE e.kind = 'skill_version' AND e.status = 'running' ORDER BY e.started_at, e.id
""")

# Towns change their clocks: what time it is there is asked each time.
_DUE = text("""
    SELECT w.id, w.timezone FROM workspaces w
    WHERE w.erased_at IS NULL AND w.kind IN ('personal', 'team')
      AND (CAST(:after AS uuid) IS NULL OR w.id > :after)
      AND extract(isodow FROM CAST(:now AS timestamptz) AT TIME ZONE w.timezone) = 1
      AND extract(hour FROM CAST(:now AS timestamptz) AT TIME ZONE w.timezone)
          BETWEEN :first AND :last
    ORDER BY w.id LIMIT :n
""")


async def facts(
    session: AsyncSession, since: datetime, until: datetime
) -> dict[str, Any]:
    """``rules``, ``versions``, ``tests``, ``cost_usd``, ``learning_usd`` of a span.

    And what is so now, whatever the span: ``waiting`` and ``running``.
    """
    span = {"since": since, "until": until}
    [cost] = (await session.execute(_COST, span)).mappings()
    found = {
        name: list((await session.execute(statement, span)).mappings())
        for name, statement in (
            ("rules", _RULES),
            ("versions", _VERSIONS),
            ("tests", _TESTS),
        )
    }
    waiting = (await session.execute(_WAITING)).mappings()
    running = await session.scalars(_RUNNING)
    return {**found, **cost, "waiting": list(waiting), "running": list(running)}


async def due(
    session: AsyncSession, now: datetime, hours: tuple[int, int], page: dict[str, Any]
) -> list[RowMapping]:
    """Workspaces where it is Monday, within these hours; as worker.

    ``page``: ``after``, the last id of the page before or None, and ``n``.
    """
    values = {"now": now, "first": hours[0], "last": hours[1], **page}
    return list((await session.execute(_DUE, values)).mappings())
