import asyncio
from datetime import timedelta

import inngest

from bot.durable.dispatch import dispatch
from bot.durable.port import Event
from tests.bot.durable.desk import Desk

HOURLY = inngest.RateLimit(limit=1, period=timedelta(hours=1))


async def test_what_exceeds_the_limit_starts_no_run_and_its_event_stays(
    desk: Desk,
) -> None:
    await desk.declare(rate_limit=HOURLY)
    await desk.send("e1", "e2")
    await desk.send("e3")
    assert await desk.started() == ["e1"]
    kept = await desk.world.rows("SELECT id FROM engine.events ORDER BY seq")
    assert [row.id for row in kept] == ["e1", "e2", "e3"]


async def test_the_limit_is_over_after_its_period(desk: Desk) -> None:
    await desk.declare(rate_limit=HOURLY)
    await desk.send("e1")
    await desk.later(minutes=59)
    await desk.send("e2")
    await desk.later(minutes=1)
    await desk.send("e3")
    assert await desk.started() == ["e1", "e3"]


async def test_a_refused_event_does_not_prolong_the_limit(desk: Desk) -> None:
    await desk.declare(rate_limit=HOURLY)
    await desk.send("e1")
    for _ in range(3):
        await desk.later(minutes=20)
        await desk.send(f"again{_}")
    assert await desk.started() == ["e1", "again2"]


async def test_a_limit_is_spread_over_its_period(desk: Desk) -> None:
    await desk.declare(rate_limit=inngest.RateLimit(limit=4, period=timedelta(hours=1)))
    await desk.send("e1", "e2")
    await desk.later(minutes=15)
    await desk.send("e3", "e4")
    assert await desk.started() == ["e1", "e3"]


async def test_a_tenth_of_a_large_limit_may_come_at_once(desk: Desk) -> None:
    await desk.declare(
        rate_limit=inngest.RateLimit(limit=20, period=timedelta(hours=1))
    )
    await desk.send("e1", "e2", "e3", "e4", "e5")
    assert await desk.started() == ["e1", "e2", "e3"]
    await desk.later(minutes=3)
    await desk.send("e6", "e7")
    assert await desk.started() == ["e1", "e2", "e3", "e6"]


async def test_each_key_has_its_own_limit(desk: Desk) -> None:
    keyed = inngest.RateLimit(limit=1, period=timedelta(hours=1), key="event.data.who")
    await desk.declare(rate_limit=keyed)
    await desk.post(
        [
            Event("go", {"who": who}, f"{who}{number}")
            for number in (1, 2)
            for who in ("ann", "bob")
        ]
    )
    await desk.send("none1", "none2")
    assert await desk.started() == ["ann1", "bob1", "none1"]


async def test_an_event_for_which_the_key_is_false_is_not_limited(desk: Desk) -> None:
    keyed = inngest.RateLimit(
        limit=1, period=timedelta(hours=1), key="event.data.free != true"
    )
    await desk.declare(rate_limit=keyed)
    await desk.send("paid1", "paid2", free=False)
    await desk.send("free1", "free2", free=True)
    assert await desk.started() == ["paid1", "free1", "free2"]


async def test_a_key_of_any_length_is_counted(desk: Desk) -> None:
    keyed = inngest.RateLimit(limit=1, period=timedelta(hours=1), key="event.data.who")
    await desk.declare(rate_limit=keyed)
    await desk.send("long1", "long2", who="x" * 10_000)
    await desk.send("other", who="x" * 10_000 + "y")
    await desk.send("list1", "list2", who=["a", {"b": 1, "c": 2}])
    await desk.send("list3", who=["a", {"c": 2, "b": 1}])
    assert await desk.started() == ["long1", "other", "list1"]


async def test_two_functions_do_not_share_a_limit(desk: Desk) -> None:
    trigger = inngest.TriggerEvent(event="go")
    await desk.declare("one", trigger=trigger, rate_limit=HOURLY)
    await desk.declare("two", trigger=trigger, rate_limit=HOURLY)
    await desk.send("e1", "e2")
    began = {(run.function_id, run.event_id) for run in await desk.runs()}
    assert began == {("t-one", "e1"), ("t-two", "e1")}


async def test_meters_of_the_past_are_pruned(desk: Desk) -> None:
    keyed = inngest.RateLimit(limit=1, period=timedelta(hours=1), key="event.data.who")
    await desk.declare(rate_limit=keyed)
    await desk.post([Event("go", {"who": n}, f"e{n}") for n in range(50)])
    await desk.later(hours=2)
    await desk.send("last", who="last")
    assert len(await desk.world.rows("SELECT 1 FROM engine.meters")) == 1


async def test_two_dispatchers_keep_one_limit(desk: Desk) -> None:
    await desk.declare(
        rate_limit=inngest.RateLimit(limit=30, period=timedelta(hours=1))
    )
    other = Desk(desk.world, desk.store)
    await other.register()
    await desk.world.tell(
        "INSERT INTO engine.events (id, name, data)"
        " SELECT 'e' || n, 'go', '{}' FROM generate_series(1, 1000) n"
    )

    async def work(one: Desk) -> None:
        while await dispatch(one.store, one.registry):
            pass

    await asyncio.gather(work(desk), work(other))
    assert await desk.started() == ["e1", "e2", "e3", "e4"]
