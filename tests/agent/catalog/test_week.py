"""What a week taught: what is told, to whom, and what is not called a change."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.catalog.week import key_of, last_week, learnt
from agent.catalog.week_operations import set_digest, show_week
from agent.catalog.week_schemas import Learnt
from agent.errors import Forbidden
from agent.identity import preferences
from bot.render import result
from bot.render.week import digest
from tests.agent.catalog.taught import teach
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.bot.web.console.furnished import furnish
from tests.db.asking import one
from tests.seeds import ANA

HOUR = timedelta(hours=1)
LATE = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def test_a_week_is_whole_by_the_clocks_of_the_place() -> None:
    since, until = last_week(LATE, "Asia/Kolkata")  # it is Monday there already
    assert (since.date().isoformat(), until.date().isoformat()) == (
        "2026-11-16",
        "2026-11-23",
    )
    assert key_of(since) == "2026-W47"
    assert last_week(LATE, "UTC")[1].date().isoformat() == "2026-11-16"


def test_a_week_with_a_change_of_clocks_has_all_its_hours() -> None:
    since, until = last_week(datetime(2026, 10, 26, 9, tzinfo=UTC), "Europe/Berlin")
    assert until.astimezone(UTC) - since.astimezone(UTC) == timedelta(hours=169)


async def test_what_was_learnt_is_told_in_ten_lines(world: World) -> None:
    found = await _week(world)
    assert [(one.skill, one.change, one.version) for one in found.rules] == [
        ("copywriting", "add", "1.3.0")
    ]
    assert [(one.verdict, one.version) for one in found.tests] == [("winner", "1.2.0")]
    assert (found.taught, found.running, found.scores) == (1, ["Cold e-mails"], 9)
    assert [one.statement for one in found.waiting] == ["Name a *price* early."]
    assert (str(found.learning_usd), found.cost_usd) == ("0.050000", found.learning_usd)
    told = digest(found)
    lines = [line for line in told.text.splitlines() if line]
    assert len(lines) <= 10
    assert (
        "a new rule (version 1.3.0): \u201cNever begin with a question.\u201d"
        in lines[1]
    )
    assert "secret words" not in told.text
    assert "price\\* early" in told.text
    assert [choice.label for choice in told.choices] == [
        "Rule: Website copy",
        "Tests",
        "How good",
        "No digest",
    ]


async def test_only_a_clear_change_is_called_one(world: World) -> None:
    found = await _week(world)
    [moved] = found.moved
    assert (moved.skill, moved.by, found.compared) == ("cold-email", 3, 1)
    assert 0 < moved.low < moved.high
    assert "was found better: +3.0 on the four weeks before" in digest(found).text


async def test_a_week_without_anything_new_says_nothing(world: World) -> None:
    await furnish(world)
    found = await world.call(show_week, AS_EVE)
    assert not found.says_something
    assert "Nothing new in the last seven days" in result(found).text


async def test_another_workspace_learns_nothing_of_it(world: World) -> None:
    await teach(world)
    now = await one(world.owner, "SELECT now()")
    async with world.tenant(AS_EVE) as session:
        found = await learnt(session, now - timedelta(days=7), now + HOUR)
    assert not found.says_something
    assert not found.cost_usd + found.scores


async def test_the_digest_is_an_owners_to_switch_off(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.call(set_digest, AS_BOB, on=False)
    said = await world.call(set_digest, AS_ANA, on=False)
    assert "No digest any more" in result(said).text
    async with world.tenant(AS_ANA) as session:
        chosen = await preferences.of(session, ANA)
    assert chosen.notifications == {"digest": "off"}


async def _week(world: World) -> Learnt:
    await teach(world)
    now = await one(world.owner, "SELECT now()")
    async with world.tenant(AS_ANA) as session:
        return await learnt(session, now - timedelta(days=7), now + HOUR)
