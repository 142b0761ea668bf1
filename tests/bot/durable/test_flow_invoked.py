"""Whoever invokes a function with flow control gets a result or an error."""

from datetime import timedelta
from typing import Any

import inngest
import pytest

from bot.durable.port import RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.world import World

HOUR = timedelta(hours=1)


async def called(ctx: inngest.Context, steps: Steps) -> object:
    return ctx.event.data["n"]


async def twice(ctx: inngest.Context, steps: Steps) -> object:
    first = await ctx.step.invoke_by_id("1", function_id="called", data={"n": 1})
    try:
        second = await ctx.step.invoke_by_id("2", function_id="called", data={"n": 2})
    except inngest.StepError as error:
        return [first, error.name]
    return [first, second]


async def both(ctx: inngest.Context, steps: Steps) -> object:
    async def one(number: int) -> object:
        try:
            return await ctx.step.invoke_by_id(
                f"{number}", function_id="called", data={"n": number}
            )
        except inngest.StepError as error:
            return error.name

    return await ctx.group.parallel((lambda: one(1), lambda: one(2)))


async def result(world: World, body: Any, **options: Any) -> object:
    never = inngest.TriggerEvent(event="never")
    world.declare("called", options.pop("called", called), trigger=never, **options)
    world.declare("go", body)
    run = await world.run("go")
    assert run.status is RunStatus.COMPLETED
    return run.output


async def test_a_rate_limit_refuses_with_an_error(world: World) -> None:
    limit = inngest.RateLimit(limit=1, period=HOUR)
    assert await result(world, twice, rate_limit=limit) == [1, "RateLimited"]


async def test_an_idempotency_key_refuses_with_an_error(world: World) -> None:
    assert await result(world, twice, idempotency="'same'") == [1, "RateLimited"]


@pytest.mark.parametrize(
    ("mode", "expected"), [("skip", [1, "Skipped"]), ("cancel", ["Overtaken", 2])]
)
async def test_a_singleton_lets_go_of_one(
    world: World, mode: Any, expected: list[object]
) -> None:
    async def slow(ctx: inngest.Context, steps: Steps) -> object:
        await steps.sleep("nap", timedelta(seconds=1))
        return ctx.event.data["n"]

    alone = inngest.Singleton(mode=mode)
    assert await result(world, both, called=slow, singleton=alone) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"debounce": inngest.Debounce(period=HOUR)},
        {"batch_events": inngest.Batch(max_size=10, timeout=HOUR)},
    ],
    ids=["debounce", "batch"],
)
async def test_an_invocation_is_not_gathered(
    world: World, options: dict[str, Any]
) -> None:
    assert await result(world, twice, **options) == [1, 2]


async def test_a_throttle_only_delays(world: World) -> None:
    pace = inngest.Throttle(limit=1, period=timedelta(seconds=1))
    assert await result(world, twice, throttle=pace) == [1, 2]
