import asyncio
from datetime import timedelta

import inngest
import pytest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

SKIP = inngest.Singleton(mode="skip")
CANCEL = inngest.Singleton(mode="cancel")


async def ends(desk: Desk) -> list[tuple[str, str]]:
    return [(run.event_id, run.status) for run in await desk.runs()]


async def test_skip_starts_nothing_while_a_run_is_active(desk: Desk) -> None:
    await desk.declare(singleton=SKIP)
    await desk.send("e1")
    await desk.send("e2")
    await desk.end("e1")
    await desk.send("e3", "e4")
    assert await ends(desk) == [("e1", "completed"), ("e3", "active")]


async def test_cancel_ends_the_active_run_and_starts_the_new_one(desk: Desk) -> None:
    await desk.declare(singleton=CANCEL)
    await desk.send("e1")
    await desk.send("e2")
    assert await ends(desk) == [("e1", "cancelled"), ("e2", "active")]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SKIP, [("e1", "active")]),
        (CANCEL, [("e1", "cancelled"), ("e2", "cancelled"), ("e3", "active")]),
    ],
)
async def test_events_at_once_count_as_one_after_the_other(
    desk: Desk, mode: inngest.Singleton, expected: list[tuple[str, str]]
) -> None:
    await desk.declare(singleton=mode)
    await desk.send("e1", "e2", "e3")
    assert await ends(desk) == expected


async def test_each_key_has_its_own_run(desk: Desk) -> None:
    await desk.declare(singleton=inngest.Singleton(mode="skip", key="event.data.who"))
    await desk.post(
        [
            Event("go", {"who": who}, f"{who}{number}")
            for number in (1, 2)
            for who in ("ann", "bob")
        ]
    )
    await desk.send("long1", "long2", who="x" * 10_000)
    assert await desk.started() == ["ann1", "bob1", "long1"]


async def test_an_event_for_which_the_key_is_false_is_no_singleton(desk: Desk) -> None:
    key = "event.data.alone == true"
    await desk.declare(singleton=inngest.Singleton(mode="skip", key=key))
    await desk.send("e1", "e2", alone=False)
    await desk.send("e3", "e4", alone=True)
    assert await desk.started() == ["e1", "e2", "e3"]


async def test_two_functions_do_not_stand_in_each_others_way(desk: Desk) -> None:
    trigger = inngest.TriggerEvent(event="go")
    await desk.declare("one", trigger=trigger, singleton=SKIP)
    await desk.declare("two", trigger=trigger, singleton=SKIP)
    await desk.send("e1")
    assert len(await desk.runs()) == 2


async def test_a_run_that_an_event_cancels_makes_room_for_the_next_event(
    desk: Desk,
) -> None:
    await desk.declare(singleton=SKIP, cancel=[inngest.Cancel(event="stop")])
    await desk.send("e1")
    await desk.post([Event("stop", {}, "s1"), Event("go", {}, "e2")])
    assert await ends(desk) == [("e1", "cancelled"), ("e2", "active")]


async def test_gathered_runs_count_too(desk: Desk) -> None:
    quiet = inngest.Debounce(period=timedelta(minutes=1), key="event.data.n")
    await desk.declare(singleton=SKIP, debounce=quiet)
    await desk.send("e1", n=1)
    await desk.send("e2", n=2)
    await desk.later(minutes=1)
    assert await desk.started() == ["e1"]


async def test_a_cancelled_run_stops_in_the_middle_of_its_step(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        world.seen.append(str(ctx.event.id))
        if ctx.event.data["slow"]:
            await asyncio.sleep(60)
        return ctx.event.id

    world.declare("go", body, singleton=CANCEL)
    engine = await world.start()
    await engine.send(Event("go", {"slow": True}, "e1"))
    await world.until("e1", lambda runs: runs[0].status is RunStatus.RUNNING)
    await engine.send(Event("go", {"slow": False}, "e2"))
    assert (await world.ended("e2"))[0].output == "e2"
    assert (await world.ended("e1"))[0].status is RunStatus.CANCELLED


async def test_two_engines_let_one_run_begin(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        world.seen.append(str(ctx.event.id))
        await steps.sleep("nap", timedelta(seconds=1))
        return None

    world.declare("go", body, singleton=SKIP)
    one, two = await world.start(), await world.start()
    await asyncio.gather(
        *((one, two)[n % 2].send(Event("go", {}, f"e{n}")) for n in range(10))
    )
    async with asyncio.timeout(5):
        while await world.rows(  # noqa: ASYNC110 - the database tells
            "SELECT 1 FROM engine.events WHERE dispatched_at IS NULL"
        ):
            await asyncio.sleep(0.02)
    assert len(await world.rows("SELECT 1 FROM engine.runs")) == 1
