"""What the views count, and what they leave out."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.db.asking import run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA


def rated(connection: Any, provider: str, score: int) -> None:
    """One finished run of the one skill, and a person's score of what it made."""
    rows = Rows(connection, ACME, ANA)

    def add(name: str, **values: object) -> None:
        table = TABLES[name]
        drafted = rows.draft(name) | values
        added = connection.execute(insert(table).values(drafted).returning(table.c.id))
        rows.use(name, added.scalar_one())

    found = connection.execute(TABLES["skills"].select()).first()
    if found is None:
        add("skills", workspace_id=None)
    else:
        rows.use("skills", found.id)
    skill = connection.execute(TABLES["skills"].select()).one().id
    add("runs", provider=provider, status="completed", skill_id=skill, number=score)
    add("outputs")
    add("feedback", overall_score=score, source="human")


async def test_a_rehearsal_says_nothing_about_a_skill(
    owner_engine: AsyncEngine,
) -> None:
    async with owner_engine.begin() as connection:
        await connection.run_sync(rated, "rehearsal", 1)
        await connection.run_sync(rated, "anthropic", 4)

    [stats] = await run(owner_engine, "SELECT * FROM skill_stats")

    assert (stats.usage_count, stats.success_count) == (1, 1)
    assert stats.avg_human_score == 4
