"""What cannot be kept is an error of the run, at once: no lease is lost over it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import inngest
import pytest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.world import World

Body = Callable[[inngest.Context, Steps], Awaitable[Any]]
LEASE = timedelta(seconds=60)
"""Nobody waits so long: what waits for a lease fails the test."""
SECOND = timedelta(seconds=1)


async def one() -> int:
    return 1


async def name(ctx: inngest.Context, steps: Steps) -> None:
    await ctx.step.run("a\x00", one)


async def names(ctx: inngest.Context, steps: Steps) -> None:
    await ctx.group.parallel(
        (lambda: ctx.step.run("a\x00", one), lambda: ctx.step.run("b", one))
    )


async def event(ctx: inngest.Context, steps: Steps) -> None:
    await steps.wait_for_event("w", event="a\x00", timeout=SECOND)


async def half_a_pair(ctx: inngest.Context, steps: Steps) -> None:
    await steps.wait_for_event("w", event="a\udcff", timeout=SECOND)


async def long_event(ctx: inngest.Context, steps: Steps) -> None:
    long = "".join(map(chr, range(0x4E00, 0x4E00 + 9_000)))
    await steps.wait_for_event("w", event=long, timeout=SECOND)


async def output(ctx: inngest.Context, steps: Steps) -> float:
    return float("inf")


async def infinite() -> float:
    return float("inf")


async def step(ctx: inngest.Context, steps: Steps) -> None:
    await ctx.step.run("a", infinite)


@pytest.mark.parametrize(
    "body", [name, names, event, half_a_pair, long_event, output, step]
)
async def test_what_cannot_be_kept_fails_the_run_by_name(
    world: World, body: Body
) -> None:
    world.declare("go", body)
    await world.start(lease=LEASE)
    run = await world.run("go")
    assert run.status is RunStatus.FAILED
    assert "cannot be kept" in run.error


async def test_a_wait_of_a_hundred_and_ten_years_fails_the_run_by_name(
    world: World,
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.wait_for_event("w", event="a", timeout=timedelta(days=40_000))

    world.declare("go", body)
    await world.start(lease=LEASE)
    run = await world.run("go")
    assert run.status is RunStatus.FAILED
    assert "no duration" in run.error


@pytest.mark.parametrize("said", ["a\x00b", "a\udcffb"])
async def test_an_error_with_any_words_is_tried_again_like_others(
    world: World, said: str
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        if ctx.attempt < 2:
            raise ValueError(said)
        return "well"

    world.declare("go", body)
    engine = await world.start(lease=LEASE)
    await engine.send(Event("go", {}, "go"))
    assert (await world.ended("go"))[0].output == "well"
