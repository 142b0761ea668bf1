"""What people gave the pieces of each skill, and what else can be counted.

Scores and counts are of all the workspace's pieces, those of private chats among them,
and come without a word of them (``quality_scores()``, ``quality_counts()``).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_SKILLS = text("""
    SELECT s.name, s.title, s.description, s.category,
           coalesce((SELECT v.version FROM skill_settings t
                     JOIN skill_versions v ON v.id = t.version_id
                     WHERE t.skill_id = s.id AND t.client_id IS NULL),
                    s.current_version, '') AS version
    FROM skills s
    WHERE s.is_active AND (:skill = '' OR s.name = :skill)
    ORDER BY s.category, s.title
""")

_SCORES = text("""
    SELECT *, date_trunc('week', given_at)::date AS week FROM quality_scores(:skill)
""")

_COUNTS = text("SELECT * FROM quality_counts(:skill, :since)")

_REVIEWED = text("""
    SELECT DISTINCT s.name, s.title
    FROM feedback f JOIN outputs o ON o.id = f.output_id
    JOIN runs r ON r.id = o.run_id AND r.provider IS DISTINCT FROM 'rehearsal'
    JOIN skills s ON s.id = r.skill_id
    WHERE f.source = 'human' AND f.updated_at >= :since ORDER BY 1
""")


async def skills(session: AsyncSession, skill: str) -> list[dict[str, Any]]:
    """The active skills and the version in force; ``skill``: one, or ""."""
    found = await session.execute(_SKILLS, {"skill": skill})
    return [dict(row) for row in found.mappings()]


async def scores(session: AsyncSession, skill: str) -> list[RowMapping]:
    """Every person's scores of a piece, oldest first; ``skill``: one, or ""."""
    return list((await session.execute(_SCORES, {"skill": skill})).mappings())


async def counts(
    session: AsyncSession, skill: str, since: datetime
) -> list[RowMapping]:
    """What can be counted: ``kind, label, said, n, of_n, mean``.

    ``asked``: runs, at any time, by skill; ``made``: pieces by skill; ``signal``:
    pieces by what people did; ``judge``: what judge models gave, 0-100, by skill;
    ``rule``: pieces that broke it of those checked, by its id; ``taught``: choices that
    taught which skill is meant.
    """
    found = await session.execute(_COUNTS, {"skill": skill, "since": since})
    return list(found.mappings())


async def reviewed(session: AsyncSession, since: datetime) -> dict[str, str]:
    """The skills of whose pieces the caller can read what was said: name and title."""
    found = await session.execute(_REVIEWED, {"since": since})
    return {row.name: row.title for row in found}
