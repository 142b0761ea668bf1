"""What people gave the pieces of each skill. Row security narrows each statement."""

from collections import defaultdict
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# A rehearsal says nothing about a skill, nor does its score.
_SKILLS = text("""
    SELECT s.name, s.title, s.description, s.category,
           coalesce(s.current_version, '') AS version,
           (SELECT count(*) FROM runs r WHERE r.skill_id = s.id
              AND r.provider IS DISTINCT FROM 'rehearsal') AS runs
    FROM skills s
    WHERE s.is_active AND (:skill = '' OR s.name = :skill)
    ORDER BY s.category, s.title
""")

_GIVEN = """
    FROM feedback f
    JOIN outputs o ON o.id = f.output_id
    JOIN runs r ON r.id = o.run_id AND r.provider IS DISTINCT FROM 'rehearsal'
    JOIN skills s ON s.id = r.skill_id
    WHERE f.source = 'human' AND (:skill = '' OR s.name = :skill)
"""

_SCORES = text(f"SELECT s.name, f.overall_score::float8 AS score {_GIVEN}")

_WEEKS = text(f"""
    SELECT s.name, date_trunc('week', f.created_at)::date AS starts_on,
           avg(f.overall_score)::float8 AS mean, count(*) AS n
    {_GIVEN} AND f.created_at > now() - interval '12 weeks'
    GROUP BY 1, 2 ORDER BY 1, 2
""")


async def skills(session: AsyncSession, skill: str) -> list[dict[str, Any]]:
    """The active skills and how often each was asked for; ``skill``: one, or ""."""
    found = await session.execute(_SKILLS, {"skill": skill})
    return [dict(row) for row in found.mappings()]


async def scores(session: AsyncSession, skill: str) -> dict[str, list[float]]:
    """Every score by a person, by skill."""
    given: dict[str, list[float]] = defaultdict(list)
    for row in await session.execute(_SCORES, {"skill": skill}):
        given[row.name].append(row.score)
    return given


async def weeks(session: AsyncSession, skill: str) -> dict[str, list[dict[str, Any]]]:
    """Mean and number of the scores of each week lately, by skill, oldest first."""
    given: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (await session.execute(_WEEKS, {"skill": skill})).mappings():
        week = dict(row)
        given[week.pop("name")].append(week)
    return given
