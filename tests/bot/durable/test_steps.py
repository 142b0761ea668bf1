import asyncio
import time
from datetime import UTC, datetime, timedelta

import inngest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.world import World


async def test_a_finished_step_is_not_repeated(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> list[str]:
        world.seen.append("body")
        return [await steps.run(name, world.note, name) for name in "abc"]

    world.declare("go", body)
    run = await world.run("go")
    assert run.status is RunStatus.COMPLETED
    assert run.output == ["a", "b", "c"]
    assert world.seen == ["body", "a", "body", "b", "body", "c", "body"]
    assert [(step.name, step.status) for step in run.steps] == [
        (name, RunStatus.COMPLETED) for name in "abc"
    ]


async def test_a_step_key_is_the_same_in_every_attempt(world: World) -> None:
    async def fussy(key: StepKey) -> str:
        world.seen.append(str(key))
        if len(world.seen) == 1:
            raise ValueError("not yet")
        return key.run_id

    async def body(ctx: inngest.Context, steps: Steps) -> str:
        return await steps.run("a", fussy)

    world.declare("go", body)
    run = await world.run("go")
    assert world.seen == [f"{run.id}:a"] * 2
    assert run.output == run.id


async def test_a_step_id_used_again_is_another_step(world: World) -> None:
    async def which(key: StepKey) -> str:
        return key.step_id

    async def body(ctx: inngest.Context, steps: Steps) -> list[str]:
        return [await steps.run("a", which) for _ in range(3)]

    world.declare("go", body)
    assert (await world.run("go")).output == ["a", "a:1", "a:2"]


async def test_parallel_steps_run_side_by_side_once_each(world: World) -> None:
    met = asyncio.Barrier(3)

    async def meet(_: StepKey, name: str) -> str:
        await asyncio.wait_for(met.wait(), 5)
        world.seen.append(name)
        return name

    async def body(ctx: inngest.Context, steps: Steps) -> list[str]:
        together = await steps.parallel(
            lambda: steps.run("a", meet, "a"),
            lambda: steps.run("b", meet, "b"),
            lambda: steps.run("c", meet, "c"),
        )
        return [*together, await steps.run("d", world.note, "d")]

    world.declare("go", body)
    run = await world.run("go")
    assert run.output == ["a", "b", "c", "d"]
    assert sorted(world.seen) == ["a", "b", "c", "d"]


async def test_racing_branches_do_not_wait_for_each_other(world: World) -> None:
    slow = asyncio.Event()

    async def linger(_: StepKey) -> str:
        await asyncio.wait_for(slow.wait(), 5)
        return "slow"

    async def release(_: StepKey) -> str:
        slow.set()
        return "quick"

    async def body(ctx: inngest.Context, steps: Steps) -> list[str]:
        async def branch() -> str:
            await steps.run("a", world.note, "a")
            return await steps.run("b", release)

        return list(
            await ctx.group.parallel(
                (lambda: steps.run("slow", linger), branch),
                parallel_mode=inngest.ParallelMode.RACE,
            )
        )

    world.declare("go", body)
    run = await world.run("go")
    assert run.output == ["slow", "quick"]
    assert world.seen == ["a"]


async def test_parallel_sleep_and_step_both_count(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        await steps.parallel(
            lambda: steps.sleep("nap", timedelta(milliseconds=60)),
            lambda: steps.run("a", world.note, "a"),
        )
        return await steps.run("b", world.note, "b")

    world.declare("go", body)
    assert (await world.run("go")).output == "b"
    assert world.seen == ["a", "b"]


async def test_a_sleep_lasts_and_holds_no_worker(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.sleep("nap", timedelta(seconds=2))

    world.declare("go", body)
    engine = await world.start()
    began = time.monotonic()
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    # The worker lets go a moment after the sleep is on record, long before it ends.
    async with asyncio.timeout(1.5):
        while engine.health().running:  # noqa: ASYNC110 - the engine's own count
            await asyncio.sleep(0.01)
    assert run.steps[0].name == "nap"
    assert run.steps[0].due_at is not None
    await world.ended("e1")
    assert time.monotonic() - began > 1.98


async def test_sleep_until_an_instant_that_has_passed_returns(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        await steps.sleep_until("past", datetime(2020, 1, 1, tzinfo=UTC))
        return "on"

    world.declare("go", body)
    assert (await world.run("go")).output == "on"
