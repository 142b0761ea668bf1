"""On Monday morning owners are told what the week taught, once, if it did."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.durable.steps import StepKey
from bot.weekly import WeeklyTeller
from db.tenancy import SystemRole, system
from tests.agent.catalog.taught import teach
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import run
from tests.fakes.ports import Still
from tests.seeds import ACME, ANA, RIVAL

WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = StepKey("weekly", "tell-0")
TOLD = "SELECT * FROM deliveries WHERE dedupe_key LIKE '%learnt:%' ORDER BY id"
ZONE = "UPDATE workspaces SET timezone = :zone WHERE id = :id"


@pytest.fixture
def world(
    app_engine: AsyncEngine, system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> World:
    return World(app_engine, system_engine, owner_engine)


@dataclass
class Rooms:
    """What the teller needs, at a time of the test's choice."""

    world: World
    clock: Still

    @property
    def app(self) -> AsyncEngine:
        return self.world.app

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        return system(self.world.system, role)


async def tell(world: World, at: datetime) -> int:
    told = await WeeklyTeller(Rooms(world, Still(at))).tell(KEY, "")
    assert told["last"] == ""
    return int(told["told"])


async def test_an_owner_is_told_once_a_week(world: World) -> None:
    await teach(world, WEDNESDAY)
    await world.settled(AS_ANA)
    await world.settled(AS_BOB, "2")
    await world.settled(AS_EVE, "3")
    assert [await tell(world, MONDAY), await tell(world, MONDAY)] == [1, 0]
    [row] = await run(world.owner, TOLD)
    assert (row.workspace_id, row.user_id, row.purpose) == (ACME, ANA, "notice")
    assert row.payload["text"].startswith("**Your week with me**")
    assert "Never begin with a question" in row.payload["text"]


@pytest.mark.parametrize(
    ("zone", "ahead"), [("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)]
)
async def test_it_is_monday_where_they_are(
    world: World,
    zone: str,
    ahead: int,
) -> None:
    await teach(world, WEDNESDAY)
    await world.settled(AS_ANA)
    await run(world.owner, ZONE, zone=zone, id=ACME)
    there = MONDAY.replace(hour=9) - timedelta(hours=ahead)
    early, late = there - timedelta(minutes=1), there + timedelta(hours=12)
    assert await tell(world, early) == 0
    assert await tell(world, late) == 0
    assert await tell(world, there) == 1


async def test_a_week_without_anything_to_say_is_quiet(world: World) -> None:
    await world.settled(AS_EVE, "3")
    assert await tell(world, MONDAY) == 0
    assert await run(world.owner, "SELECT FROM deliveries WHERE workspace_id = :id",
                     id=RIVAL) == []  # fmt: skip


async def test_who_switched_it_off_is_not_told(world: World) -> None:
    await teach(world, WEDNESDAY)
    await world.settled(AS_ANA)
    off = 'UPDATE users SET notifications = \'{"digest": "off"}\' WHERE id = :id'
    await run(world.owner, off, id=ANA)
    assert await tell(world, MONDAY) == 0
    assert await run(world.owner, TOLD) == []


async def test_what_fails_is_told_an_hour_later(
    world: World,
) -> None:
    await teach(world, WEDNESDAY)
    await world.settled(AS_ANA)
    broken = """CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'stumbled'; END $$"""
    await run(world.owner, broken)
    await run(
        world.owner,
        "CREATE TRIGGER stumble BEFORE INSERT ON deliveries EXECUTE FUNCTION stumble()",
    )
    assert await tell(world, MONDAY) == 0
    await run(world.owner, "DROP TRIGGER stumble ON deliveries")
    assert await tell(world, MONDAY) == 1


async def test_a_page_ends_where_the_next_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.weekly.PAGE", 1)
    teller = WeeklyTeller(Rooms(world, Still(MONDAY)))
    seen, last = [], ""
    while (found := await teller.tell(KEY, last))["last"]:
        last = found["last"]
        seen.append(last)
    known = "SELECT id::text FROM workspaces WHERE kind <> 'operator' ORDER BY id"
    assert seen == [row.id for row in await run(world.owner, known)]
