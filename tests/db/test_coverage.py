"""The count of what is built counts neither more nor less than there is."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db import coverage
from db.base import Base
from db.coverage import BUILT_VIEWS, FUNCTIONS, ROOMS, Target, is_built, report, targets
from tests.db.asking import run
from tests.db.rows import TABLES


def built(name: str) -> bool:
    return is_built(Target("000", name))


def test_every_line_of_the_map_is_counted_once() -> None:
    with coverage.MAP.open(encoding="utf-8") as file:
        lines = len(file.readlines()) - 1
    assert len(targets()) == lines == 840
    counted = [line.split() for line in report(targets())]
    for kind in ("seed", "room"):
        assert sum(int(row[-1]) for row in counted if row[0] == kind) == lines
    assert counted[-1][-1] == str(lines)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("users.email", True),
        ("users.emails", False),
        ("webhooks.id", False),
        ("deliveries.webhook_id", False),
        ("view:monthly_usage", True),
        ("view:lead_inbox", False),
        ("mechanism:row level security", True),
        ("mechanism:function search_knowledge()", False),
        ("mechanism:something new", False),
        ("derived:completed_at - started_at of tasks", True),
        ("derived:something new", False),
    ],
)
def test_a_target_counts_when_it_is_there(name: str, *, there: bool) -> None:
    assert built(name) is there


def test_a_dropped_column_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sum(map(is_built, targets()))
    monkeypatch.setattr(Base.metadata, "tables", {})
    assert 0 < sum(map(is_built, targets())) < whole


def test_the_rooms_hold_every_table_there_is() -> None:
    planned = " ".join(ROOMS.values()).split()
    assert set(TABLES) <= set(planned)
    assert len(planned) == len(set(planned)) == 84


async def test_the_views_and_functions_it_trusts_in_are_in_the_database(
    owner_engine: AsyncEngine,
) -> None:
    views = "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
    found = {row[0] for row in await run(owner_engine, views)}
    assert found == set(" ".join(BUILT_VIEWS.values()).split())
    functions = {
        row[0] for row in await run(owner_engine, "SELECT proname FROM pg_proc")
    }
    assert functions >= FUNCTIONS


def test_what_is_asked_for_and_unknown_to_it_is_not_in_the_map() -> None:
    """A mechanism spelled otherwise than in the map would never be counted."""
    names = {target.name for target in targets()}
    for known in (*coverage.MECHANISMS, *coverage.STANDING):
        assert f"mechanism:{known}" in names
    for known in coverage.DERIVED:
        assert f"derived:{known}" in names
