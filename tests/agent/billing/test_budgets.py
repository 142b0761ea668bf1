"""Money: what is held, spent and left, under races, crashes and at midnight."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from agent.billing import budgets
from agent.billing.budgets import Budgets, Call, Spent
from agent.errors import OverBudget
from agent.llm.port import Usage
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.conftest import administer
from tests.db.asking import one, run
from tests.seeds import ACME

RUN = UUID(int=77)
TEN = Budgets(day_usd=Decimal(10), month_usd=Decimal(100))

SUMS = """
    SELECT period, user_id IS NOT NULL AS personal, spent_usd, reserved_usd, limit_usd
    FROM budget_periods ORDER BY personal, period, starts_on
"""


def call(key: str = "a", who: UUID = AS_ANA.user_id) -> Call:
    return Call(ACME, who, RUN, key)


def spent(usd: str) -> Spent:
    tokens = {
        "input_tokens": 10,
        "cache_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 5,
    }
    return Spent("anthropic", "m", tokens, Decimal(usd), "2026-11")


async def reserve(
    world: World, usd: str, of: Call | None = None, limits: Budgets = TEN
) -> None:
    async with world.tenant(AS_ANA) as session:
        await limits.reserve(session, of or call(), Decimal(usd))


async def settle(world: World, usd: str, of: Call | None = None) -> None:
    async with world.tenant(AS_ANA) as session:
        await budgets.settle(session, of or call(), spent(usd))


async def sweep(world: World) -> int:
    async with system(world.system, "worker") as session:
        return await budgets.sweep(session)


async def fits(world: World, usd: str, of: Call) -> bool:
    try:
        await reserve(world, usd, of)
    except OverBudget:
        return False
    return True


async def forget_all(world: World) -> None:
    await run(world.owner, "DELETE FROM budget_periods")  # and what was held in them
    await run(world.owner, "DELETE FROM usage_records")


async def sums(world: World) -> set[tuple[Decimal, Decimal]]:
    """``(spent, reserved)`` of every period; one pair when all agree."""
    return {(row.spent_usd, row.reserved_usd) for row in await run(world.owner, SUMS)}


async def let_expire(world: World) -> None:
    await run(
        world.owner,
        "UPDATE budget_reservations SET expires_at = now() - '1s'::interval",
    )


async def test_what_is_reserved_is_held_in_every_period(world: World) -> None:
    await reserve(world, "0.123456")
    found = await run(world.owner, SUMS)
    assert [(row.period, row.personal, row.reserved_usd) for row in found] == [
        ("day", False, Decimal("0.123456")),
        ("month", False, Decimal("0.123456")),
        ("day", True, Decimal("0.123456")),
        ("month", True, Decimal("0.123456")),
    ]


async def test_settling_frees_what_was_held_and_counts_what_was_spent(
    world: World,
) -> None:
    await reserve(world, "2.5")
    await settle(world, "0.000001")
    assert await sums(world) == {(Decimal("0.000001"), Decimal(0))}


async def test_releasing_frees_all_and_spends_nothing(world: World) -> None:
    await reserve(world, "2.5")
    async with world.tenant(AS_ANA) as session:
        await budgets.release(session, call())
    assert await sums(world) == {(Decimal(0), Decimal(0))}
    assert await one(world.owner, "SELECT count(*) FROM usage_records") == 0


async def test_a_call_is_booked_once_however_often_it_is_settled(world: World) -> None:
    await reserve(world, "2")
    for _ in range(3):
        await settle(world, "0.5")
    assert await sums(world) == {(Decimal("0.5"), Decimal(0))}
    assert await one(world.owner, "SELECT sum(cost_usd) FROM usage_records") == Decimal(
        "0.5"
    )


async def test_a_booked_call_reserved_anew_is_not_booked_again(world: World) -> None:
    for _ in range(2):
        await reserve(world, "2")
        await settle(world, "0.5")
    assert await sums(world) == {(Decimal("0.5"), Decimal(0))}


async def test_what_may_cost_too_much_is_refused_and_nothing_is_held(
    world: World,
) -> None:
    await reserve(world, "9", call("a"))
    with pytest.raises(OverBudget) as refused:
        await reserve(world, "1.01", call("b"))
    assert refused.value.said == (
        "Needs about $1.01, $1.00 left today. This workspace's limit is $10.00 a day. "
        "An owner or admin can raise it: /limit."
    )
    assert refused.value.facts == {
        "needs_usd": "1.01",
        "left_usd": "1.000000",
        "span": "today",
    }
    assert await sums(world) == {(Decimal(0), Decimal(9))}
    await reserve(world, "1", call("b"))  # exactly what is left


async def test_a_refusal_names_the_limit_that_refused(world: World) -> None:
    month = Budgets(day_usd=Decimal(10), month_usd=Decimal(5))
    with pytest.raises(OverBudget, match=r"\$5\.00 left this month.*\$5\.00 a month"):
        await reserve(world, "7", limits=month)


async def test_a_refused_reservation_holds_nothing_even_when_caught(
    world: World,
) -> None:
    month = Budgets(day_usd=Decimal(10), month_usd=Decimal(5))
    async with world.tenant(AS_ANA) as session:
        with pytest.raises(OverBudget):
            await month.reserve(session, call(), Decimal(7))
    assert await sums(world) == {(Decimal(0), Decimal(0))}


async def test_a_person_may_have_a_limit_below_the_workspaces(world: World) -> None:
    await run(
        world.owner,
        "UPDATE workspace_members SET limit_day_usd = 1 WHERE user_id = :who",
        who=AS_BOB.user_id,
    )
    with pytest.raises(OverBudget, match=r"Your limit is \$1\.00 a day\."):
        await reserve(world, "2", call("b", AS_BOB.user_id))
    await reserve(world, "2", call("a"))


async def test_a_workspace_s_own_limit_beats_the_installation_s(world: World) -> None:
    await run(
        world.owner,
        "INSERT INTO billing_accounts (workspace_id, limit_day_usd) VALUES (:w, 3)",
        w=ACME,
    )
    with pytest.raises(OverBudget, match=r"\$3\.00 a day"):
        await reserve(world, "3.01")


async def test_a_raised_limit_is_in_force_at_once(world: World) -> None:
    await reserve(world, "9", call("a"))
    raised = Budgets(day_usd=Decimal(20), month_usd=Decimal(100))
    await reserve(world, "9", call("b"), limits=raised)
    assert await sums(world) == {(Decimal(0), Decimal(18))}


async def test_anything_left_is_enough_to_begin_and_nothing_left_is_not(
    world: World,
) -> None:
    async with world.tenant(AS_ANA) as session:
        await TEN.ensure_left(session, AS_ANA)  # no period yet
    await reserve(world, "9.999999", call("a"))
    async with world.tenant(AS_ANA) as session:
        await TEN.ensure_left(session, AS_ANA)
    await reserve(world, "0.000001", call("b"))
    async with world.tenant(AS_ANA) as session:
        with pytest.raises(OverBudget, match=r"a day, and it is used up"):
            await TEN.ensure_left(session, AS_ANA)


async def test_a_hundred_calls_at_once_never_overspend(world: World) -> None:
    people = (AS_ANA, AS_BOB)

    async def take(number: int) -> bool:
        who = people[number % 2]
        mine = call(str(number), who.user_id)
        try:
            async with world.tenant(who) as session:
                await TEN.reserve(session, mine, Decimal("0.3"))
        except OverBudget:
            return False
        if number % 3 == 0:
            async with world.tenant(who) as session:
                await budgets.settle(session, mine, spent("0.3"))
        return True

    async with asyncio.timeout(30):
        taken = await asyncio.gather(*map(take, range(100)))
    assert sum(taken) == 33  # 33 x 0.30 = 9.90
    shared = "SELECT spent_usd + reserved_usd FROM budget_periods WHERE user_id IS NULL"
    totals = {row[0] for row in await run(world.owner, shared)}
    assert totals == {Decimal("9.9")}
    held = await one(
        world.owner,
        "SELECT sum(amount_usd) FROM budget_reservations r JOIN budget_periods p "
        "ON p.id = r.budget_period_id WHERE r.state = 'held' AND p.period = 'day' "
        "AND p.user_id IS NULL",
    )
    booked = await one(world.owner, "SELECT sum(cost_usd) FROM usage_records")
    assert held + booked == Decimal("9.9")


async def test_after_a_crash_the_same_call_finds_what_it_held(world: World) -> None:
    await reserve(world, "9")
    await reserve(world, "9")
    assert await sums(world) == {(Decimal(0), Decimal(9))}


async def test_two_who_resume_one_call_at_once_hold_for_it_once(world: World) -> None:
    await asyncio.gather(*(reserve(world, "1") for _ in range(8)))
    assert await sums(world) == {(Decimal(0), Decimal(1))}


async def test_the_sweep_frees_what_a_crash_held_in_both_tables(world: World) -> None:
    await reserve(world, "9", call("a"))
    assert await sweep(world) == 0
    await let_expire(world)
    assert await sweep(world) == 4
    assert await sums(world) == {(Decimal(0), Decimal(0))}
    states = await run(world.owner, "SELECT DISTINCT state FROM budget_reservations")
    assert [row.state for row in states] == ["released"]
    await reserve(world, "9", call("b"))


async def test_a_resumed_call_is_not_swept_under_its_feet(world: World) -> None:
    await reserve(world, "1")
    await let_expire(world)
    await reserve(world, "1")
    assert await sweep(world) == 0


async def test_a_call_that_outlasts_its_reservation_is_counted_all_the_same(
    world: World,
) -> None:
    await reserve(world, "1")
    await let_expire(world)
    await sweep(world)
    await settle(world, "0.75")
    assert await sums(world) == {(Decimal("0.75"), Decimal(0))}


async def test_the_tokens_of_a_call_are_kept_as_five_disjoint_counts(
    world: World,
) -> None:
    assert set(spent("1").tokens) == set(Usage.__dataclass_fields__)
    await reserve(world, "1")
    await settle(world, "1")
    assert await one(world.owner, "SELECT total_tokens FROM usage_records") == 15


STILL = """
    CREATE SCHEMA still;
    GRANT USAGE ON SCHEMA still TO agent_app;
    CREATE TABLE still.clock (shows timestamptz);
    INSERT INTO still.clock VALUES (NULL);
    GRANT SELECT ON still.clock TO agent_app;
    GRANT USAGE ON SCHEMA still TO agent_owner;
    GRANT SELECT, UPDATE ON still.clock TO agent_owner;
    CREATE FUNCTION still.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT shows FROM still.clock'
"""


@pytest.fixture
async def timed(world: World, database: Urls) -> AsyncIterator[World]:
    """A world whose app asks a clock of ours, found before PostgreSQL's own ``now``."""
    for statement in STILL.split(";"):
        await administer(database.admin, statement)
    path = {"search_path": "still,public,pg_catalog"}
    engine = create_async_engine(database.app, connect_args={"server_settings": path})
    try:
        yield replace(world, app=engine)
    finally:
        await engine.dispose()


async def at(world: World, zone: str, utc: str) -> None:
    """Let it be ``utc`` now, for a workspace that lives in ``zone``."""
    await run(world.owner, "UPDATE workspaces SET timezone = :zone", zone=zone)
    now = datetime.fromisoformat(f"{utc}Z")
    await run(world.owner, "UPDATE still.clock SET shows = :now", now=now)


MIDNIGHTS = [
    ("UTC", "2026-11-21 23:59:59", "2026-11-22 00:00:00", True),
    ("Asia/Kolkata", "2026-11-21 18:29:59", "2026-11-21 18:30:00", True),
    ("Asia/Kolkata", "2026-11-21 23:59:59", "2026-11-22 00:00:00", False),
    # The clocks go back: this day has 25 hours.
    ("Europe/Berlin", "2026-10-24 22:00:00", "2026-10-25 22:59:59", False),
    ("Europe/Berlin", "2026-10-25 22:59:59", "2026-10-25 23:00:00", True),
    # They go forward: this one has 23.
    ("America/New_York", "2026-03-08 05:00:00", "2026-03-09 03:59:59", False),
    ("America/New_York", "2026-03-09 03:59:59", "2026-03-09 04:00:00", True),
]


async def test_a_day_begins_at_midnight_where_the_workspace_is(timed: World) -> None:
    for zone, before, after, is_new_day in MIDNIGHTS:
        await forget_all(timed)
        await at(timed, zone, before)
        await reserve(timed, "10", call("a"))
        await at(timed, zone, after)
        assert await fits(timed, "10", call("b")) == is_new_day, (zone, after)


async def test_a_month_s_limit_outlasts_its_days_and_ends_with_the_month(
    timed: World,
) -> None:
    limits = Budgets(day_usd=Decimal(10), month_usd=Decimal(15))
    for day, usd in (("09", "10"), ("10", "5")):
        await at(timed, "Asia/Kolkata", f"2026-11-{day} 06:00:00")
        await reserve(timed, usd, call(day), limits)
    await at(timed, "Asia/Kolkata", "2026-11-30 18:29:59")
    with pytest.raises(OverBudget, match="left this month"):
        await reserve(timed, "0.01", call("late"), limits)
    await at(timed, "Asia/Kolkata", "2026-11-30 18:30:00")
    await reserve(timed, "10", call("next"), limits)


async def test_a_call_over_midnight_counts_for_the_day_it_began(timed: World) -> None:
    await at(timed, "UTC", "2026-11-21 23:59:59")
    await reserve(timed, "2")
    await at(timed, "UTC", "2026-11-22 00:00:01")
    await settle(timed, "1")
    days = """
        SELECT DISTINCT CAST(starts_on AS text) || ' ' || spent_usd
        FROM budget_periods WHERE period = 'day'
    """
    assert await one(timed.owner, days) == "2026-11-21 1.000000"


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(
            st.decimals("0", "2", places=6),
            st.decimals("0", "2", places=6),
            st.sampled_from(["settle", "release", "crash"]),
        ),
        min_size=1,
        max_size=5,
    )
)
async def test_spent_and_reserved_are_exact_whatever_happens(
    world: World, steps: list[tuple[Decimal, Decimal, str]]
) -> None:
    await forget_all(world)
    booked = held = Decimal(0)
    for number, (ceiling, cost, end) in enumerate(steps):
        mine = call(str(number))
        await reserve(world, str(ceiling), mine)
        if end == "settle":
            await settle(world, str(cost), mine)
            booked += cost
        elif end == "release":
            async with world.tenant(AS_ANA) as session:
                await budgets.release(session, mine)
        else:
            held += ceiling
    assert await sums(world) == {(booked, held)}
