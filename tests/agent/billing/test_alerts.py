"""Alerts: each level once a period, to who should know, however many calls race."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from agent.billing.budgets import Budgets
from agent.billing.operations import set_limit
from tests.agent.billing.spending import spend
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.db.asking import run

TOLD = """
    SELECT payload ->> 'text' AS text, split_part(dedupe_key, ':', 2) AS person
    FROM deliveries WHERE purpose = 'alert' ORDER BY id
"""


@pytest.fixture
async def talking(world: World) -> World:
    """Ana and Bob can be reached, and a month may cost ten dollars."""
    world.budgets = Budgets(day_usd=Decimal(1000), month_usd=Decimal(10))
    await world.settled(AS_ANA, "1")
    await world.settled(AS_BOB, "2")
    return world


async def told(world: World) -> Sequence[tuple[str, str]]:
    """``(text, person)`` of every alert, in order."""
    people = {str(AS_ANA.user_id): "Ana", str(AS_BOB.user_id): "Bob"}
    return [(row.text, people[row.person]) for row in await run(world.owner, TOLD)]


async def test_each_level_is_told_once_to_owners_and_admins(talking: World) -> None:
    for _ in range(10):
        await spend(talking, AS_BOB, "1")
    texts = await told(talking)
    assert {person for _, person in texts} == {"Ana"}
    assert [text.partition(":")[0] for text, _ in texts] == [
        "**75 %** of this month's budget",
        "**90 %** of this month's budget",
        "**This month's budget is used up**",
    ]
    assert "$8.00 of $10.00" in texts[0][0]


async def test_levels_passed_at_once_are_one_message(talking: World) -> None:
    await spend(talking, AS_BOB, "9.5")
    assert [text[:8] for text, _ in await told(talking)] == ["**90 %**"]


async def test_racing_calls_tell_each_level_once(talking: World) -> None:
    await asyncio.gather(*(spend(talking, AS_BOB, "0.5") for _ in range(20)))
    texts = [text for text, _ in await told(talking)]
    assert len(texts) == len(set(texts)) == 3
    sent = "SELECT alerts_sent FROM budget_periods WHERE user_id IS NULL"
    rows = await run(talking.owner, f"{sent} AND period = 'month'")
    assert rows[0].alerts_sent == [75, 90, 100]


async def test_a_personal_limit_is_told_to_the_person_and_the_admins(
    talking: World,
) -> None:
    await talking.call(set_limit, AS_ANA, limit="Bob day 2")
    await spend(talking, AS_BOB, "1.6")
    assert await told(talking) == [
        ("**75 %** of your budget for this day: $1.60 of $2.00.", "Bob"),
        ("**75 %** of Bob's budget for this day: $1.60 of $2.00.", "Ana"),
    ]


async def test_a_raised_limit_is_told_of_anew(talking: World) -> None:
    await spend(talking, AS_BOB, "8")
    await talking.call(set_limit, AS_ANA, limit="month 100")
    await spend(talking, AS_BOB, "1")
    assert len(await told(talking)) == 1, "nine of a hundred is nothing"
    await spend(talking, AS_BOB, "70")
    assert [text[:8] for text, _ in await told(talking)] == ["**75 %**", "**75 %**"]


async def test_without_a_limit_above_nothing_there_is_nothing_to_tell(
    talking: World,
) -> None:
    await talking.call(set_limit, AS_ANA, limit="month 0")
    await spend(talking, AS_BOB, "0")
    assert await told(talking) == []


async def test_levels_are_the_workspace_s_own(talking: World) -> None:
    await run(
        talking.owner,
        "INSERT INTO billing_accounts (workspace_id, alert_percent) "
        "VALUES (:w, '{50}')",
        w=AS_ANA.workspace_id,
    )
    await spend(talking, AS_BOB, "9.9")
    assert [text[:8] for text, _ in await told(talking)] == ["**50 %**"]
