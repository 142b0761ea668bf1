"""How much the steps of a run may return in all."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import inngest
import pytest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.world import World

LARGE = "x" * (4 * 2**20 - 2000)


async def large(_: StepKey) -> str:
    return LARGE


async def one_by_one(steps: Steps, count: int) -> None:
    for number in range(count):
        await steps.run(f"s{number}", large)


async def at_once(steps: Steps, count: int) -> None:
    await steps.parallel(
        *(lambda number=n: steps.run(f"s{number}", large) for n in range(count))
    )


@pytest.mark.parametrize("way", [one_by_one, at_once])
async def test_steps_that_return_too_much_in_all_fail_their_run_and_no_other(
    world: World, way: Callable[[Steps, int], Awaitable[None]]
) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        await way(steps, int(str(ctx.event.data["steps"])))
        return "done"

    world.declare("go", body)
    engine = await world.start(lease=timedelta(seconds=60))
    await engine.send(
        Event("go", {"steps": 9}, "much"), Event("go", {"steps": 2}, "ok")
    )
    (much,) = await world.ended("much", within_s=40)
    assert much.status is RunStatus.FAILED
    assert "32 MiB" in much.error
    assert (await world.ended("ok", within_s=40))[0].output == "done"
