"""New code meets runs that the old code began."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import inngest
import pytest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.world import World, client

NAP = timedelta(milliseconds=300)
Names = Callable[[World], Awaitable[None]]


def declare(world: World, *names: str, name: str = "go") -> None:
    """A function of these steps; ``nap`` is a sleep."""

    async def body(ctx: inngest.Context, steps: Steps) -> list[str]:
        del ctx
        done = []
        for step in names:
            if step == "nap":
                await steps.sleep(step, NAP)
            else:
                done.append(await steps.run(step, world.note, step))
        return done

    world.declare(name, body)


async def redeploy(world: World, *names: str, name: str = "go") -> None:
    """Stop the old code, forget it, and start the new."""
    for engine in world.engines:
        await engine.stop(timedelta(seconds=1))
    world.engines.clear()
    world.functions.clear()
    world.client = client()
    declare(world, *names, name=name)
    await world.start()


@pytest.mark.parametrize(
    ("after", "ran", "output"),
    [
        (("a", "new", "nap", "b"), ["a", "new", "b"], ["a", "new", "b"]),
        (("nap", "b"), ["a", "b"], ["b"]),
        (("b", "nap", "a"), ["a", "b"], ["b", "a"]),
        (("renamed", "nap", "b"), ["a", "renamed", "b"], ["renamed", "b"]),
    ],
    ids=["added", "removed", "reordered", "renamed"],
)
async def test_a_step_changed_in_mid_run_keeps_what_is_finished(
    world: World, after: tuple[str, ...], ran: list[str], output: list[str]
) -> None:
    declare(world, "a", "nap", "b")
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    await redeploy(world, *after)
    (run,) = await world.ended("e1")
    assert (run.status, run.output) == (RunStatus.COMPLETED, output)
    assert world.seen == ran


async def test_a_function_renamed_with_runs_in_flight_ends_them_by_name(
    world: World,
) -> None:
    declare(world, "a", "nap", "b")
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    await world.until("e1", lambda runs: runs[0].status is RunStatus.WAITING)
    await redeploy(world, "a", name="other")
    await world.engines[0].send(Event("other", {}, "e2"))
    assert (await world.ended("e2"))[0].status is RunStatus.COMPLETED
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert run.error == "There is no function 't-go' any more."


async def test_an_older_process_starts_runs_of_a_newer_function_and_leaves_them(
    world: World,
) -> None:
    """A rolling deploy: the old one may dispatch what only the new one can call."""
    declare(world, "old", name="one")
    old = await world.start()
    declare(world, "new", name="two")
    new = await world.start()
    await new.stop(timedelta(seconds=1))
    await old.send(Event("two", {}, "e2"))
    (run,) = await world.until("e2", bool)
    assert run.status is RunStatus.QUEUED
    await old.send(Event("one", {}, "e1"))
    assert (await world.ended("e1"))[0].status is RunStatus.COMPLETED
    assert (await old.find("e2"))[0].status is RunStatus.QUEUED
    await world.start()
    assert (await world.ended("e2"))[0].output == ["new"]
