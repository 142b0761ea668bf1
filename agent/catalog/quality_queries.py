"""What people gave the pieces of each skill, and what else is known of these.

Row security narrows each statement.
"""

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# A rehearsal says nothing about a skill, nor does its score.
_SKILLS = text("""
    SELECT s.name, s.title, s.description, s.category,
           coalesce((SELECT v.version FROM skill_settings t
                     JOIN skill_versions v ON v.id = t.version_id
                     WHERE t.skill_id = s.id AND t.client_id IS NULL),
                    s.current_version, '') AS version,
           (SELECT count(*) FROM runs r WHERE r.skill_id = s.id
              AND r.provider IS DISTINCT FROM 'rehearsal') AS runs
    FROM skills s
    WHERE s.is_active AND (:skill = '' OR s.name = :skill)
    ORDER BY s.category, s.title
""")

_PIECES = """
    FROM skills s JOIN runs r ON r.skill_id = s.id
        AND r.provider IS DISTINCT FROM 'rehearsal'
    JOIN outputs o ON o.run_id = r.id AND o.kind NOT IN ('answer', 'export')
"""

_SCORES = text(f"""
    SELECT s.name AS skill, f.reviewer_key AS person, o.id::text AS piece,
           f.overall_score AS overall, f.accuracy_score AS accuracy,
           f.quality_score AS quality, f.usefulness_score AS usefulness,
           f.rule_compliance_score AS rule_compliance,
           date_trunc('week', f.created_at)::date AS week, f.created_at AS given_at,
           coalesce(v.version, '') AS version,
           coalesce(r.provider || '/' || r.model, '') AS model
    {_PIECES}
    JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
    LEFT JOIN skill_versions v ON v.id = r.skill_version_id
    WHERE (:skill = '' OR s.name = :skill)
    ORDER BY f.created_at, f.id
""")

_SIGNALS = text(f"""
    SELECT f.signal, count(DISTINCT o.id) AS pieces
    {_PIECES}
    JOIN feedback f ON f.output_id = o.id AND f.source = 'implicit'
    WHERE s.name = :skill AND f.created_at > now() - make_interval(days => :days)
    GROUP BY 1 ORDER BY 2 DESC, 1
""")

_MADE = text(f"""
    SELECT count(*) {_PIECES}
    WHERE s.name = :skill AND o.created_at > now() - make_interval(days => :days)
""")

_JUDGED = text(f"""
    SELECT avg(f.judge_score)::float8 AS mean, count(*) AS n
    {_PIECES}
    JOIN feedback f ON f.output_id = o.id AND f.source = 'judge'
    WHERE s.name = :skill AND f.judge_score IS NOT NULL
      AND f.created_at > now() - make_interval(days => :days)
""")

# The last check of the attempt that made the piece says what it came to.
_RULES = text(
    f"""
    SELECT ruling->>'code' AS code,
           (array_agg(ruling->>'rule' ORDER BY o.id DESC))[1] AS rule,
           count(*) AS checked,
           count(*) FILTER (WHERE ruling->>'outcome' = 'broken') AS broken
    {_PIECES}
    CROSS JOIN LATERAL (
        SELECT output FROM run_steps t
        WHERE t.run_id = r.id AND t.attempt = r.attempt AND t.kind = 'check'
          AND t.status = 'completed' AND t.output ? 'rulings'
        ORDER BY t.position DESC LIMIT 1
    ) AS c
    CROSS JOIN LATERAL jsonb_array_elements(c.output->'rulings') AS ruling
    WHERE s.name = :skill AND o.created_at > now() - make_interval(days => :days)
      AND ruling->>'skill' = :skill AND ruling->>'outcome' IN ('kept', 'broken')
    GROUP BY 1 HAVING count(*) FILTER (WHERE ruling->>'outcome' = 'broken') > 0
    ORDER BY broken DESC, code LIMIT :most
"""  # noqa: S608 - a constant of ours
)

_REVIEWED = text(f"""
    SELECT DISTINCT s.name, s.title
    {_PIECES}
    JOIN feedback f ON f.output_id = o.id AND f.source = 'human'
    WHERE f.updated_at > now() - make_interval(days => :days) ORDER BY 1
""")


async def skills(session: AsyncSession, skill: str) -> list[dict[str, Any]]:
    """The active skills and how often each was asked for; ``skill``: one, or ""."""
    found = await session.execute(_SKILLS, {"skill": skill})
    return [dict(row) for row in found.mappings()]


async def scores(session: AsyncSession, skill: str) -> list[RowMapping]:
    """Every person's scores of a piece, oldest first; ``skill``: one, or ""."""
    return list((await session.execute(_SCORES, {"skill": skill})).mappings())


async def signals(session: AsyncSession, skill: str, days: int) -> list[RowMapping]:
    """What people did with its pieces lately, and with how many."""
    found = await session.execute(_SIGNALS, {"skill": skill, "days": days})
    return list(found.mappings())


async def made(session: AsyncSession, skill: str, days: int) -> int:
    """How many pieces it made lately."""
    found: int = await session.scalar(_MADE, {"skill": skill, "days": days}) or 0
    return found


async def judged(session: AsyncSession, skill: str, days: int) -> RowMapping:
    """The mean of what judge models gave, 0-100, and of how many pieces."""
    found = await session.execute(_JUDGED, {"skill": skill, "days": days})
    return found.mappings().one()


async def rules(
    session: AsyncSession, skill: str, days: int, most: int
) -> list[RowMapping]:
    """The rules that its pieces broke most often, and how often each was checked."""
    values = {"skill": skill, "days": days, "most": most}
    return list((await session.execute(_RULES, values)).mappings())


async def reviewed(session: AsyncSession, days: int) -> dict[str, str]:
    """The skills of whose pieces somebody said something lately: name and title."""
    found = await session.execute(_REVIEWED, {"days": days})
    return {row.name: row.title for row in found}
