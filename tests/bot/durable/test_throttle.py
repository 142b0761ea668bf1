from datetime import timedelta
from typing import Any

import inngest

from bot.durable.port import Event
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World


def a_minute(limit: int, **rest: Any) -> inngest.Throttle:
    return inngest.Throttle(limit=limit, period=timedelta(minutes=1), **rest)


async def test_runs_begin_one_after_another_and_none_is_lost(desk: Desk) -> None:
    await desk.declare(throttle=a_minute(6))
    await desk.send(*(f"e{number}" for number in range(4)))
    await desk.send("e4")
    runs = await desk.runs()
    assert [run.event_id for run in runs] == ["e0", "e1", "e2", "e3", "e4"]
    assert [round(run.delay, -1) for run in runs] == [0, 10, 20, 30, 40]


async def test_a_burst_begins_at_once(desk: Desk) -> None:
    await desk.declare(throttle=a_minute(6, burst=3))
    await desk.send(*(f"e{number}" for number in range(5)))
    delays = [round(run.delay, -1) for run in await desk.runs()]
    assert delays == [0, 0, 0, 10, 20]


async def test_time_that_passed_counts(desk: Desk) -> None:
    await desk.declare(throttle=a_minute(6, burst=2))
    await desk.send("e1", "e2", "e3")
    await desk.later(seconds=30)
    await desk.send("e4", "e5", "e6")
    delays = {run.event_id: round(run.delay, -1) for run in await desk.runs()}
    assert [delays[name] for name in ("e4", "e5", "e6")] == [0, 0, 10]


async def test_each_key_has_its_own_pace(desk: Desk) -> None:
    await desk.declare(throttle=a_minute(1, key="event.data.who"))
    await desk.post(
        [
            Event("go", {"who": who}, f"{who}{number}")
            for number in (1, 2)
            for who in ("ann", "bob")
        ]
    )
    delays = {run.event_id: round(run.delay, -1) for run in await desk.runs()}
    assert delays == {"ann1": 0, "bob1": 0, "ann2": 60, "bob2": 60}


async def test_a_delayed_run_begins_by_itself(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("note", world.note, str(ctx.event.id))

    pace = inngest.Throttle(limit=10, period=timedelta(seconds=1))
    world.declare("go", body, throttle=pace)
    engine = await world.start(poll=timedelta(seconds=30))
    names = [f"e{number}" for number in range(5)]
    await engine.send(*(Event("go", {}, name) for name in names))
    await world.ended("e4")
    assert world.seen == names
    (row,) = await world.rows(
        "SELECT max(ended_at) - min(created_at) AS span FROM engine.runs"
    )
    assert row.span >= timedelta(seconds=0.4)
