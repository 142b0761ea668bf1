import asyncio
from datetime import timedelta

import inngest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.world import World


async def test_cancelling_stops_the_step_a_run_is_in(world: World) -> None:
    started, cut = asyncio.Event(), asyncio.Event()

    async def long(_: StepKey) -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cut.set()
            raise

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)

    world.declare("go", body)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    await asyncio.wait_for(started.wait(), 5)
    (run,) = await engine.find("e1")
    assert run.status is RunStatus.RUNNING
    assert await engine.cancel(run.id)
    await asyncio.wait_for(cut.wait(), 1)
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.CANCELLED
    assert not await engine.cancel(run.id)


async def test_any_process_may_cancel(world: World) -> None:
    started, cut = asyncio.Event(), asyncio.Event()

    async def long(_: StepKey) -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            cut.set()

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)

    world.declare("go", body)
    working = await world.start(lease=timedelta(seconds=30))
    other = await world.start(concurrency=0)
    await other.send(Event("go", {}, "e1"))
    await asyncio.wait_for(started.wait(), 5)
    assert working.health().running == 1
    assert await other.cancel((await other.find("e1"))[0].id)
    await asyncio.wait_for(cut.wait(), 1)


async def test_a_sleeping_run_is_cancelled_and_stays_so(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.sleep("nap", timedelta(milliseconds=300))
        await steps.run("a", world.note, "a")

    world.declare("go", body)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    assert await engine.cancel(run.id)
    await asyncio.sleep(0.4)
    assert (await engine.find("e1"))[0].status is RunStatus.CANCELLED
    assert world.seen == []
    assert await world.rows("SELECT 1 FROM engine.jobs") == []


async def test_a_cancelled_run_reports_no_failure(world: World) -> None:
    async def tell(ctx: inngest.Context) -> None:
        world.seen.append("told")

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.sleep("nap", timedelta(seconds=60))

    world.declare("go", body, on_failure=tell)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    await engine.cancel(run.id)
    assert await engine.find(f"failed:{run.id}") == []


async def test_of_cancellation_and_completion_one_wins(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        await steps.run("a", world.note, "a")
        return "done"

    world.declare("go", body)
    engine = await world.start()
    names = [f"e{number}" for number in range(40)]

    async def race(name: str, number: int) -> bool:
        await engine.send(Event("go", {}, name))
        (run,) = await world.until(name, bool)
        await asyncio.sleep(number / 4000)
        return await engine.cancel(run.id)

    won = await asyncio.gather(*(race(name, n) for n, name in enumerate(names)))
    for name, cancelled in zip(names, won, strict=True):
        (run,) = await world.ended(name)
        said = RunStatus.CANCELLED if cancelled else RunStatus.COMPLETED
        assert run.status is said
        assert run.output == (None if cancelled else "done")
    assert await world.rows("SELECT 1 FROM engine.jobs") == []


async def test_there_is_nothing_to_cancel_or_get(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None: ...

    world.declare("go", body)
    engine = await world.start()
    for nobody in ("01a1fd8b-0fe6-7133-acc1-225db14ffa0f", "no id at all"):
        assert not await engine.cancel(nobody)
        assert await engine.get(nobody) is None
    run = await world.run("go")
    assert await engine.get(run.id) == run
