import asyncio
from datetime import timedelta

import inngest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

ONE = [inngest.Concurrency(limit=1)]
A_MINUTE = inngest.Timeouts(start=timedelta(minutes=1))


async def ends(desk: Desk) -> list[tuple[str, str, str | None]]:
    return [(run.event_id, run.status, run.error) for run in await desk.runs()]


async def test_a_run_that_does_not_start_in_time_is_cancelled(desk: Desk) -> None:
    await desk.declare(timeouts=A_MINUTE)
    await desk.send("e1")
    await desk.later(seconds=59)
    assert await ends(desk) == [("e1", "active", None)]
    await desk.later(seconds=1)
    assert await ends(desk) == [("e1", "cancelled", "TimedOut")]
    assert await desk.world.rows("SELECT 1 FROM engine.jobs") == []


async def test_whoever_waits_in_a_lane_too_long_makes_room(desk: Desk) -> None:
    await desk.declare(timeouts=A_MINUTE, concurrency=ONE)
    await desk.send("e1")
    await desk.world.tell("UPDATE engine.runs SET expires_at = NULL")
    await desk.send("e2")
    await desk.later(seconds=60)
    assert [end[1] for end in await ends(desk)] == ["active", "cancelled"]
    assert len(await desk.world.rows("SELECT 1 FROM engine.slots")) == 1


async def test_a_run_that_started_in_time_has_all_the_time_it_likes(
    world: World,
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        await steps.sleep("nap", timedelta(seconds=1.5))
        return "done"

    world.declare("go", body, timeouts=inngest.Timeouts(start=timedelta(seconds=1)))
    run = await world.run("go")
    assert run.status is RunStatus.COMPLETED


async def test_a_run_that_does_not_finish_in_time_is_cancelled(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        world.seen.append("called")
        await asyncio.sleep(60)

    world.declare("go", body, timeouts=inngest.Timeouts(finish=timedelta(seconds=1)))
    engine = await world.start(poll=timedelta(seconds=30))
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.CANCELLED
    assert "longer" in run.error
    assert world.seen == ["called"]


async def test_the_clock_does_not_wait_for_a_worker_that_is_busy(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        if ctx.event.data["hang"]:
            await asyncio.sleep(60)
        return "done"

    finish = inngest.Timeouts(finish=timedelta(seconds=1))
    world.declare("go", body, timeouts=finish)
    engine = await world.start(poll=timedelta(seconds=30), concurrency=1)
    await engine.send(Event("go", {"hang": True}, "e1"))
    await engine.send(Event("go", {"hang": False}, "e2"))
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.CANCELLED
    assert (await world.ended("e2"))[0].output == "done"


async def test_the_time_to_finish_counts_from_the_first_call(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        await steps.sleep("nap", timedelta(seconds=0.3))
        return "done"

    throttle = inngest.Throttle(limit=1, period=timedelta(seconds=1))
    finish = inngest.Timeouts(finish=timedelta(seconds=1))
    world.declare("go", body, timeouts=finish, throttle=throttle)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"), Event("go", {}, "e2"))
    (run,) = await world.ended("e2")
    assert run.status is RunStatus.COMPLETED
