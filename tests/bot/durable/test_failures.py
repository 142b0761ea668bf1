import asyncio
import time
from datetime import timedelta

import inngest
import pytest
from inngest.experimental.ai.openai import Adapter

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.world import World


async def test_a_failing_step_is_tried_again_with_backoff(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> int:
        return await steps.run("a", third_time, ctx.attempt)

    times: list[float] = []

    async def third_time(_: StepKey, attempt: int) -> int:
        times.append(time.monotonic())
        if attempt < 2:
            raise ValueError(f"attempt {attempt}")
        return attempt

    world.declare("go", body)
    run = await world.run("go")
    assert run.output == 2
    assert run.steps[0].attempt == 2
    first, second, third = times
    assert second - first >= 0.02
    assert third - second >= 0.04


async def test_retry_after_is_obeyed(world: World) -> None:
    times: list[float] = []

    async def limited(_: StepKey) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            raise inngest.RetryAfterError("busy", timedelta(milliseconds=500))

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", limited)

    world.declare("go", body)
    assert (await world.run("go")).status is RunStatus.COMPLETED
    assert times[1] - times[0] > 0.49


async def test_a_step_that_fails_for_good_fails_the_run(world: World) -> None:
    async def broken(_: StepKey) -> None:
        world.seen.append("try")
        raise ValueError("no such brand")

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", broken)

    world.declare("go", body, retries=2)
    run = await world.run("go")
    assert run.status is RunStatus.FAILED
    assert "no such brand" in run.error
    assert world.seen == ["try"] * 3
    assert run.steps[0].status is RunStatus.FAILED


async def test_a_function_may_go_on_without_a_failed_step(world: World) -> None:
    async def broken(_: StepKey) -> str:
        raise ValueError("no")

    async def body(ctx: inngest.Context, steps: Steps) -> str:
        try:
            return await steps.run("a", broken)
        except inngest.StepError as error:
            return await steps.run("b", world.note, error.message)

    world.declare("go", body, retries=1)
    run = await world.run("go")
    assert (run.status, run.output) == (RunStatus.COMPLETED, "no")


async def test_a_non_retriable_error_is_not_retried(world: World) -> None:
    async def hopeless(_: StepKey) -> None:
        world.seen.append("try")
        raise inngest.NonRetriableError("hopeless")

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", hopeless)

    world.declare("go", body)
    run = await world.run("go")
    assert (run.status, run.error) == (RunStatus.FAILED, "hopeless")
    assert world.seen == ["try"]


async def test_an_error_outside_of_steps_is_retried(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> int:
        if ctx.attempt < 1:
            raise RuntimeError("not yet")
        return ctx.attempt

    world.declare("go", body)
    assert (await world.run("go")).output == 1


async def test_the_failure_handler_learns_what_failed(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        raise inngest.NonRetriableError("broken")

    async def tell(ctx: inngest.Context) -> None:
        data = ctx.event.data
        assert isinstance(data["error"], dict)
        assert isinstance(data["event"], dict)
        assert isinstance(data["event"]["data"], dict)
        told = f"{data['event']['data']['run']} {data['error']['message']}"
        await Steps(ctx).run("tell", world.note, told)

    world.declare("go", body, on_failure=tell)
    world.declare("other", body)
    run = await world.run("go", run="R7")
    await world.ended(f"failed:{run.id}")
    assert world.seen == ["R7 broken"]


async def test_a_failure_handler_is_retried_and_reports_no_failure_of_its_own(
    world: World,
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        raise inngest.NonRetriableError("broken")

    async def tell(ctx: inngest.Context) -> None:
        world.seen.append("tell")
        raise RuntimeError("cannot")

    world.declare("go", body, on_failure=tell)
    run = await world.run("go")
    (handler,) = await world.ended(f"failed:{run.id}")
    assert handler.status is RunStatus.FAILED
    assert world.seen == ["tell"] * 5
    failures = "SELECT id FROM engine.events WHERE name = 'inngest/function.failed'"
    assert len(await world.rows(failures)) == 1


@pytest.mark.parametrize(
    ("what", "said"), [(object(), "JSON"), ("x" * 5_000_000, "bytes")]
)
async def test_a_result_that_cannot_be_kept_is_a_clear_error(
    world: World, what: object, said: str
) -> None:
    async def give(_: StepKey) -> object:
        world.seen.append("give")
        return what

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", give)

    world.declare("go", body)
    run = await world.run("go")
    assert run.status is RunStatus.FAILED
    assert said in run.error or "unserializable" in run.error
    assert world.seen == ["give"]


async def test_an_unsupported_step_is_a_clear_error_of_the_run(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await ctx.step.ai.infer(
            "ask", adapter=Adapter(auth_key="k", model="m"), body={}
        )

    world.declare("go", body)
    run = await world.run("go")
    assert run.status is RunStatus.FAILED
    assert "'ask'" in run.error
    assert "AIGateway" in run.error


async def test_a_call_that_hangs_is_cut_off_and_tried_again(world: World) -> None:
    async def hang(_: StepKey, attempt: int) -> str:
        if attempt == 0:
            await asyncio.sleep(60)
        return "through"

    async def body(ctx: inngest.Context, steps: Steps) -> str:
        return await steps.run("a", hang, ctx.attempt)

    world.declare("go", body)
    await world.start(call=timedelta(seconds=0.2))
    assert (await world.run("go")).output == "through"


async def test_a_run_of_a_function_that_is_gone_fails_and_says_so(
    world: World,
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.sleep("nap", timedelta(milliseconds=200))

    world.declare("old", body)
    world.declare("kept", body)
    engine = await world.start()
    await engine.send(Event("old", {}, "e1"))
    await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    await engine.stop(timedelta(0))
    del world.functions[0]
    world.engines.clear()
    await world.start()
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert "t-old" in run.error
