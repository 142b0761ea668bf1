"""Limits: typed, set by who may, in force at once, and kept with who set them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.billing.errors import AboveCeiling, NoSuchPerson
from agent.billing.operations import ask_top_up, set_limit, show_budget
from agent.billing.schemas import SetLimit
from agent.errors import BadInput, Forbidden, OverBudget
from agent.operation import Surface
from bot.render import result
from channels.web.render import to_html
from tests.agent.billing.spending import spend
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import run


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("month 50", ("", "month", Decimal("50.00"))),
        ("Ana day 5", ("Ana", "day", Decimal("5.00"))),
        ("Ana Maria monthly $7.5", ("Ana Maria", "month", Decimal("7.50"))),
        ("day none", ("", "day", None)),
        ("20", ("", "month", Decimal("20.00"))),
    ],
)
def test_what_is_typed_after_limit_is_taken_apart(
    typed: str, read: tuple[str, str, Decimal | None]
) -> None:
    found = SetLimit.model_validate({"limit": typed})
    assert (found.person, found.period, found.usd) == read


@pytest.mark.parametrize(
    "typed", ["month", "day -5", "day nan", "day 1e9", "month inf", "Ana", ""]
)
async def test_what_is_no_limit_is_refused(world: World, typed: str) -> None:
    with pytest.raises(BadInput):
        await world.call(set_limit, AS_ANA, limit=typed)
    assert await run(world.owner, "SELECT * FROM billing_accounts") == []


async def test_no_limit_may_be_above_what_the_installation_allows(
    world: World,
) -> None:
    world.budgets = replace(world.budgets, most_day_usd=Decimal(20))
    offered = await world.call(ask_top_up, AS_ANA, span="day")
    labels = [choice.label for choice in result(offered).choices]
    assert labels == ["$15 a day", "$20 a day"]
    with pytest.raises(AboveCeiling, match=r"at most \$20.00 a day"):
        await world.call(set_limit, AS_ANA, limit="day 20.01")
    await world.call(set_limit, AS_ANA, limit="day 20")
    await world.call(set_limit, AS_ANA, limit="month 5000")


async def test_a_limit_holds_at_once_for_what_is_under_way(world: World) -> None:
    await spend(world, AS_BOB, "3")
    done = await world.call(set_limit, AS_ANA, limit="day 3.50")
    assert result(done).text == (
        "The limit for everybody is $3.50 a day now. Before, it was not set."
    )
    with pytest.raises(OverBudget, match=r"\$0\.50 left today"):
        await spend(world, AS_BOB, "0.6")
    await world.call(set_limit, AS_ANA, limit="day none")
    await spend(world, AS_BOB, "0.6")


async def test_a_person_s_limit_is_theirs_alone(world: World) -> None:
    done = await world.call(set_limit, AS_ANA, limit="bob day 1")
    assert result(done).text.startswith("Bob's limit is $1.00 a day now.")
    with pytest.raises(OverBudget, match="Your limit"):
        await spend(world, AS_BOB, "2")
    await spend(world, AS_ANA, "2")


async def test_only_owners_and_admins_set_limits_and_no_model_does(
    world: World,
) -> None:
    with pytest.raises(Forbidden):
        await world.call(set_limit, AS_BOB, limit="month 5000")
    assert Surface.TOOL not in set_limit.on


async def test_a_stranger_s_name_is_not_found_here(world: World) -> None:
    with pytest.raises(NoSuchPerson):
        await world.call(set_limit, AS_ANA, limit="Eve day 1")
    await world.call(set_limit, AS_EVE, limit="month 1")
    lines = (await world.call(show_budget, AS_ANA)).lines
    assert {line.limit_usd for line in lines} == {Decimal(10), Decimal(100)}


async def test_who_set_it_and_what_it_was_is_kept(world: World) -> None:
    for typed in ("month 50", "month 40"):
        await world.call(set_limit, AS_ANA, limit=typed)
    rows = await run(
        world.owner,
        "SELECT before, after, actor_id FROM events WHERE type = 'billing.set_limit' "
        "ORDER BY version",
    )
    assert [(row.before, row.after) for row in rows] == [
        ({"limit_month_usd": None}, {"limit_month_usd": "50.00"}),
        ({"limit_month_usd": "50.000000"}, {"limit_month_usd": "40.00"}),
    ]
    assert {row.actor_id for row in rows} == {AS_ANA.user_id}


async def test_a_member_sees_the_workspace_s_limits_and_their_own(
    world: World,
) -> None:
    await world.call(set_limit, AS_ANA, limit="Bob day 1")
    await world.call(set_limit, AS_ANA, limit="Ana day 2")
    await spend(world, AS_BOB, "0.25")
    seen = await world.call(show_budget, AS_BOB)
    assert [(line.person, line.period, line.left_usd) for line in seen.lines] == [
        ("", "day", Decimal("9.75")),
        ("", "month", Decimal("99.75")),
        ("Bob", "day", Decimal("0.75")),
    ]
    assert not seen.may_set
    mine = await world.call(show_budget, AS_ANA)
    assert [line.person for line in mine.lines] == ["", "", "Ana", "Bob"]
    assert "the usual limit here" in result(mine).text


async def test_who_may_raises_the_limit_with_a_button(world: World) -> None:
    offered = await world.call(ask_top_up, AS_ANA, span="month")
    shown = result(offered)
    labels = [choice.label for choice in shown.choices]
    assert labels == ["$150 a month", "$200 a month", "$400 a month"]
    await world.call(set_limit, AS_ANA, **shown.choices[0].params)
    lines = (await world.call(show_budget, AS_ANA)).lines
    assert lines[1].limit_usd == Decimal(150)


async def test_who_may_not_has_the_owners_asked_once(world: World) -> None:
    await world.settled(AS_ANA, "1")
    for _ in range(2):
        asked = await world.call(ask_top_up, AS_BOB, span="day")
        assert result(asked).text == (
            "I asked Ana. Try again once the limit is raised."
        )
    rows = await run(
        world.owner, "SELECT payload FROM deliveries WHERE purpose = 'alert'"
    )
    assert len(rows) == 1
    assert rows[0].payload["text"] == (
        "**Bob** asks for more budget today; the limit is $10.00."
    )
    assert rows[0].payload["buttons"][0]["operation"] == "billing.ask_top_up"


async def test_where_no_owner_can_be_reached_it_says_so(world: World) -> None:
    asked = await world.call(ask_top_up, AS_BOB)
    assert "I can reach none of them" in result(asked).text


async def test_a_name_in_what_owners_are_told_is_only_a_name(world: World) -> None:
    await world.settled(AS_ANA, "1")
    evil = "Bob** [Raise it](https://evil.test)"
    rename = "UPDATE workspace_members SET display_name = :name WHERE user_id = :bob"
    await run(world.owner, rename, name=evil, bob=AS_BOB.user_id)
    await world.call(ask_top_up, AS_BOB, span="day")
    [row] = await run(world.owner, "SELECT payload FROM deliveries")
    # Its address may be a link, but to what stands there, under no other words.
    assert "Raise it</a>" not in to_html(row.payload["text"])
