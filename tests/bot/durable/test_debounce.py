from datetime import timedelta

import inngest

from bot.durable import queue
from bot.durable.port import Event, RunStatus
from bot.durable.queue import Room
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

QUIET = inngest.Debounce(period=timedelta(minutes=10))
KEYED = inngest.Debounce(period=timedelta(minutes=10), key="event.data.who")
LEFT = "SELECT 1 FROM engine.gatherings UNION ALL SELECT 1 FROM engine.gathered"


async def test_the_last_event_starts_the_run_once_it_is_quiet(desk: Desk) -> None:
    await desk.declare(debounce=QUIET)
    await desk.send("e1", "e2")
    await desk.later(minutes=9)
    await desk.send("e3")
    await desk.later(minutes=9)
    assert await desk.started() == []
    await desk.later(minutes=1)
    assert await desk.started() == ["e3"]
    assert await desk.world.rows(LEFT) == []


async def test_a_flurry_without_end_starts_a_run_at_the_timeout(desk: Desk) -> None:
    await desk.declare(
        debounce=inngest.Debounce(
            period=timedelta(minutes=10), timeout=timedelta(minutes=25)
        )
    )
    for number in range(6):
        await desk.send(f"e{number}")
        await desk.later(minutes=5)
    assert await desk.started() == ["e4"]
    await desk.later(minutes=5)
    assert await desk.started() == ["e4", "e5"]


async def test_a_timeout_shorter_than_the_period_wins(desk: Desk) -> None:
    await desk.declare(
        debounce=inngest.Debounce(
            period=timedelta(minutes=10), timeout=timedelta(minutes=2)
        )
    )
    await desk.send("e1")
    await desk.later(minutes=2)
    assert await desk.started() == ["e1"]


async def test_what_was_due_starts_before_what_came_later(desk: Desk) -> None:
    await desk.declare(debounce=QUIET)
    await desk.send("e1")
    await desk.world.tell("UPDATE engine.gatherings SET due_at = now()")
    await desk.send("e2")
    assert await desk.started() == ["e1"]
    await desk.later(minutes=10)
    assert await desk.started() == ["e1", "e2"]


async def test_each_key_waits_for_its_own_quiet(desk: Desk) -> None:
    await desk.declare(debounce=KEYED)
    await desk.send("a1", who="ann")
    await desk.later(minutes=6)
    await desk.send("b1", "b2", who="bob")
    await desk.send("a2", who="ann")
    await desk.send("long", who="x" * 10_000)
    await desk.later(minutes=10)
    assert await desk.started() == ["b2", "a2", "long"]


async def test_a_rate_limit_counts_events_before_they_are_debounced(
    desk: Desk,
) -> None:
    limited = inngest.RateLimit(limit=1, period=timedelta(hours=1))
    await desk.declare(debounce=QUIET, rate_limit=limited)
    await desk.send("e1", "e2")
    await desk.later(minutes=10)
    assert await desk.started() == ["e1"]


async def test_a_function_that_is_gone_does_not_hold_up_others(desk: Desk) -> None:
    trigger = inngest.TriggerEvent(event="go")
    await desk.declare("one", trigger=trigger, debounce=QUIET)
    await desk.declare("two", trigger=trigger, debounce=QUIET)
    await desk.send("e1")
    gone = desk.world.functions.pop(0)
    await desk.register()
    await desk.later(minutes=10)
    assert [run.function_id for run in await desk.runs()] == ["t-two"]
    desk.world.functions.append(gone)
    await desk.register()
    await desk.work()
    assert {run.function_id for run in await desk.runs()} == {"t-one", "t-two"}


async def test_what_only_others_can_start_keeps_nobody_busy(desk: Desk) -> None:
    await desk.declare(debounce=QUIET)
    await desk.send("e1")
    room = Room(jobs=1, suspects=1, suspicious=2, held=(), functions=())
    async with desk.store.connection() as connection:
        mine = await queue.outlook(connection, room, ["t-go"])
        theirs = await queue.outlook(connection, room, ["t-other"])
    assert mine.next_tick
    assert timedelta(minutes=9) < mine.next_tick <= timedelta(minutes=10)
    assert theirs.next_tick is None


async def test_what_was_gathered_for_nobody_is_forgotten_after_a_day(
    desk: Desk,
) -> None:
    await desk.declare("one", trigger=inngest.TriggerEvent(event="go"), debounce=QUIET)
    await desk.declare("two")
    await desk.send("e1")
    desk.world.functions.pop(0)
    await desk.later(days=2)
    await desk.register()
    assert await desk.world.rows(LEFT) == []


async def test_a_function_that_no_longer_debounces_runs_what_was_held(
    desk: Desk,
) -> None:
    await desk.declare(debounce=QUIET)
    await desk.send("e1")
    desk.world.functions.clear()
    await desk.declare()
    await desk.later(minutes=10)
    assert await desk.started() == ["e1"]


async def test_two_events_at_once_end_in_one_run(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        return ctx.event.id

    world.declare("go", body, debounce=inngest.Debounce(period=timedelta(seconds=1)))
    engine = await world.start(poll=timedelta(seconds=30))
    await engine.send(Event("go", {}, "e1"), Event("go", {}, "e2"))
    (run,) = await world.ended("e2")
    assert run.status is RunStatus.COMPLETED
    assert run.output == "e2"
    assert await engine.find("e1") == []
