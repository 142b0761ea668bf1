"""Statements about what there is to learn from. Row security narrows each."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_RATED = text("""
    SELECT DISTINCT s.name FROM feedback f
    JOIN outputs o ON o.id = f.output_id JOIN runs r ON r.id = o.run_id
    JOIN skills s ON s.id = r.skill_id
    WHERE f.updated_at >= :since AND r.provider IS DISTINCT FROM 'rehearsal'
""")


async def rated(session: AsyncSession, since: datetime) -> set[str]:
    """The skills whose pieces were rated since."""
    return set((await session.scalars(_RATED, {"since": since})).all())
