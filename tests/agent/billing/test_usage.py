"""Usage: it adds up, each sees what is theirs to see, and the pace is explained."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from agent.billing.operations import show_usage
from agent.billing.schemas import DayLine
from agent.billing.usage import month_name, projected
from agent.errors import BadInput
from bot.render import result
from tests.agent.billing.spending import spend
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.db.asking import one, run
from tests.fakes.plots import Sketches

PARTS = ("by_skill", "by_model", "by_person", "days")


async def skill(world: World, title: str) -> UUID:
    found: UUID = await one(
        world.owner,
        """INSERT INTO skills (name, title, description, type, category, storage_prefix)
           VALUES (replace(lower(:t), ' ', '-'), :t, 'd', 'simple', 'content', 'p')
           RETURNING id""",
        t=title,
    )
    return found


async def test_every_part_adds_up_to_the_whole(world: World) -> None:
    copy = await skill(world, "Copywriting")
    await spend(world, AS_ANA, "0.123456", skill_id=copy)
    await spend(world, AS_BOB, "0.000001", skill_id=copy)
    await spend(world, AS_BOB, "2")
    await spend(world, AS_EVE, "7")
    seen = await world.call(show_usage, AS_ANA)
    assert seen.total_usd == Decimal("2.123457")
    for part in PARTS:
        assert sum(line.cost_usd for line in getattr(seen, part)) == seen.total_usd
    assert [(one.name, one.calls) for one in seen.by_skill] == [
        ("Questions and answers", 1),
        ("Copywriting", 2),
    ]
    assert (seen.runs, seen.tokens, seen.mine_usd) == (3, 45, Decimal("0.123456"))
    period = "SELECT spent_usd FROM budget_periods WHERE user_id IS NULL AND "
    counted = await one(
        world.owner,
        f"{period} period = 'month' AND workspace_id = :w",
        w=AS_ANA.workspace_id,
    )
    assert counted == seen.total_usd


async def test_what_others_spent_is_for_admins_and_one_s_own_for_everybody(
    world: World,
) -> None:
    await spend(world, AS_ANA, "3")
    await spend(world, AS_BOB, "1")
    admin = await world.call(show_usage, AS_ANA)
    assert [(one.name, one.cost_usd) for one in admin.by_person] == [
        ("Ana", Decimal(3)),
        ("Bob", Decimal(1)),
    ]
    member = await world.call(show_usage, AS_BOB)
    assert (member.by_person, member.mine_usd) == ([], Decimal(1))
    assert "Your own requests: $1.00." in result(member).text


async def test_a_day_belongs_to_the_month_of_where_the_workspace_is(
    world: World,
) -> None:
    await run(world.owner, "UPDATE workspaces SET timezone = 'Asia/Kolkata'")
    await spend(world, AS_ANA, "1")
    await run(
        world.owner,
        "UPDATE usage_records SET recorded_at = '2026-10-31 19:00:00+00'",
    )
    november = await world.call(show_usage, AS_ANA, month="2026-11")
    assert november.total_usd == Decimal(1)
    assert november.days[0] == DayLine(day=date(2026, 11, 1), cost_usd=Decimal(1))
    october = await world.call(show_usage, AS_ANA, month="2026-10")
    assert (october.total_usd, len(october.days)) == (Decimal(0), 31)
    assert october.projected_usd is None
    assert result(october).text == "In October 2026 nothing was spent."


def line(number: int, usd: str) -> DayLine:
    return DayLine(day=date(2026, 11, number), cost_usd=Decimal(usd))


def test_the_projection_is_what_is_spent_and_the_last_week_s_pace() -> None:
    days = [line(n, "10") for n in range(1, 4)] + [line(n, "1") for n in range(4, 11)]
    assert projected(days, date(2026, 11, 10)) == (Decimal("57.00"), 7)
    assert projected(days[:1], date(2026, 11, 1)) == (Decimal("300.00"), 1)
    whole = [line(n, "1") for n in range(1, 31)]
    assert projected(whole, date(2026, 11, 30)) == (Decimal("30.00"), 7)


def test_a_month_is_named_as_people_say_it() -> None:
    assert month_name("2026-11") == "November 2026"


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-1", "'; DROP"])
async def test_what_is_no_month_is_refused(world: World, month: str) -> None:
    with pytest.raises(BadInput):
        await world.call(show_usage, AS_ANA, month=month)


async def test_a_chat_gets_a_plot_and_a_program_gets_numbers(world: World) -> None:
    plots = world.plots = Sketches()
    await spend(world, AS_ANA, "5")
    await world.call(show_usage, AS_ANA)
    assert plots.asked == []
    async with world.ctx(AS_ANA, asked(AS_ANA, "inbox:9")) as ctx:
        seen = await show_usage.run(ctx, show_usage.params())
    assert plots.titles == [f"Usage in {month_name(seen.month)}"]
    message = result(seen)
    assert [file.media_type for file in message.files] == ["image/png"]
    assert world.files.kept[seen.plot_key].startswith(b"PNG of")
    assert seen.plot_key.startswith(f"{AS_ANA.workspace_id}/")


async def test_the_longest_report_fits_under_a_picture(world: World) -> None:
    for number in range(9):
        copy = await skill(world, f"Something With A Very Long Title Number {number}")
        await spend(world, AS_ANA if number % 2 else AS_BOB, "1.034567", skill_id=copy)
    seen = await world.call(show_usage, AS_ANA)
    text = result(seen).text
    assert len(text) < 1024
    assert "5 more: $5.17" in text
