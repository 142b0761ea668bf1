"""One function calls another: what comes back, and what when nothing does."""

from datetime import timedelta
from typing import Any

import inngest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.world import World


def calling(function_id: str, timeout: timedelta | None = None) -> Any:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        del steps
        try:
            return await ctx.step.invoke_by_id(
                "call", function_id=function_id, data={"n": 4}, timeout=timeout
            )
        except inngest.StepError as error:
            return f"{error.name}: {error.message}"

    return body


async def test_what_the_other_returns_comes_back(world: World) -> None:
    async def double(ctx: inngest.Context, steps: Steps) -> object:
        del steps
        return {"twice": int(str(ctx.event.data["n"])) * 2}

    world.declare("double", double, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("double"))
    run = await world.run("go")
    assert run.output == {"twice": 8}
    assert run.steps[0].name == "call"


async def test_its_steps_are_its_own(world: World) -> None:
    async def chain(ctx: inngest.Context, steps: Steps) -> object:
        del ctx
        await steps.sleep("nap", timedelta(milliseconds=20))
        return await steps.run("a", world.note, "a")

    world.declare("chain", chain, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("chain"))
    assert (await world.run("go")).output == "a"
    assert world.seen == ["a"]


async def test_only_the_invoked_function_runs(world: World) -> None:
    async def note(ctx: inngest.Context, steps: Steps) -> object:
        del ctx, steps
        world.seen.append("ran")
        return None

    for name in ("one", "two"):
        world.declare(name, note, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("one"))
    await world.run("go")
    assert world.seen == ["ran"]


async def test_its_failure_is_an_error_of_the_step(world: World) -> None:
    async def broken(ctx: inngest.Context, steps: Steps) -> object:
        raise inngest.NonRetriableError("no paper left")

    world.declare("broken", broken, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("broken"))
    run = await world.run("go")
    assert run.status is RunStatus.COMPLETED
    assert "no paper left" in run.output


async def test_a_function_that_is_not_there_is_an_error_of_the_step(
    world: World,
) -> None:
    world.declare("go", calling("nobody"))
    run = await world.run("go")
    assert run.status is RunStatus.COMPLETED
    assert "There is no function 't-nobody'" in run.output


async def test_one_that_does_not_end_in_time_is_an_error_of_the_step(
    world: World,
) -> None:
    async def slow(ctx: inngest.Context, steps: Steps) -> object:
        del ctx
        await steps.sleep("long", timedelta(minutes=5))
        return None

    world.declare("slow", slow, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("slow", timedelta(seconds=1)))
    run = await world.run("go")
    assert run.output.startswith("InngestInvokeTimeoutError: Timed out")
    assert (await world.rows("SELECT count(*) FROM engine.watches"))[0][0] == 0


async def test_cancelling_the_invoked_run_is_an_error_of_the_step(
    world: World,
) -> None:
    async def slow(ctx: inngest.Context, steps: Steps) -> object:
        del ctx
        await steps.sleep("long", timedelta(minutes=5))
        return None

    world.declare("slow", slow, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", calling("slow"))
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.until(
        "e1", lambda runs: [step.kind for step in runs[0].steps] == ["invoke"]
    )
    called = f"invoke:{run.id}:{run.steps[0].id}"
    (invoked,) = await world.until(called, bool)
    assert await engine.cancel(invoked.id)
    assert "cancelled" in (await world.ended("e1"))[0].output


async def test_two_hundred_at_once_each_get_their_own(world: World) -> None:
    async def same(ctx: inngest.Context, steps: Steps) -> object:
        del steps
        return ctx.event.data["n"]

    async def body(ctx: inngest.Context, steps: Steps) -> object:
        del steps
        return await ctx.step.invoke_by_id(
            "call", function_id="same", data={"n": ctx.event.data["n"]}
        )

    world.declare("same", same, trigger=inngest.TriggerEvent(event="never"))
    world.declare("go", body)
    engine = await world.start()
    await engine.send(*(Event("go", {"n": n}, f"e{n}") for n in range(200)))
    for n in range(200):
        assert (await world.ended(f"e{n}", within_s=60))[0].output == n
