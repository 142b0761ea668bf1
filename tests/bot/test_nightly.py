"""The durable functions of the house: sweeps, a watchdog, the week on Mondays."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.durable.steps import StepKey
from bot.workflows.sweep import sweep
from bot.workflows.watchdog import watchdog
from bot.workflows.weekly import weekly
from tests.bot.durable.conftest import (  # noqa: F401 - fixtures
    database,
    engine_database,
    world,
)
from tests.bot.durable.world import World

DUE = "UPDATE engine.crons SET next_at = now() - interval '1 second'"
ENDED = """
    SELECT status, output, error->>'message' AS error FROM engine.runs
    WHERE status <> 'active'
"""


@dataclass
class Broom:
    """Sweeps, but for what is stuck."""

    names: Sequence[str] = ("floor", "stairs", "roof")
    stuck: str = ""
    swept: list[str] = field(default_factory=list)

    async def sweep(self, key: StepKey, name: str) -> int:
        assert key.step_id == name
        if name == self.stuck:
            raise ValueError(name)
        self.swept.append(name)
        return len(name)

    async def letters(self, key: StepKey) -> int:
        assert key.step_id == "dead-letters"
        return 2


@dataclass
class Dog:
    """Finds what it was given."""

    found: list[str]
    repaired: list[str] = field(default_factory=list)

    async def look(self, key: StepKey) -> list[str]:
        assert key.step_id == "look"
        return self.found

    async def repair(self, key: StepKey, ids: Sequence[str]) -> dict[str, int]:
        assert key.step_id == "repair"
        self.repaired += ids
        return {"asked-again": len(ids)}


@dataclass
class Crier:
    """Tells three pages of workspaces, two each."""

    after: list[str] = field(default_factory=list)

    async def tell(self, key: StepKey, after: str) -> dict[str, Any]:
        assert key.step_id == f"tell-{len(self.after)}"
        self.after.append(after)
        return {"told": 2, "last": "" if len(self.after) == 3 else key.step_id}


async def ticks(world: World) -> Any:  # noqa: F811
    """Let the time of every cron be now; how the run ended that came of it."""
    await world.start()
    await world.tell(DUE)
    await world.tell("SELECT pg_notify('engine', 'events')")
    async with asyncio.timeout(8):
        while not (ended := await world.rows(ENDED)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    [run] = ended
    return run


async def test_every_sweep_is_a_step_and_its_count_the_result(
    world: World,  # noqa: F811
) -> None:
    broom = Broom()
    world.functions.append(sweep(world.client, broom))
    run = await ticks(world)
    assert broom.swept == ["floor", "stairs", "roof"]
    counts = {"floor": 5, "stairs": 6, "roof": 4, "dead-letters": 2}
    assert (run.status, run.output) == ("completed", counts)


async def test_a_sweep_that_fails_keeps_none_of_the_others_from_theirs(
    world: World,  # noqa: F811
) -> None:
    broom = Broom(stuck="stairs")
    world.functions.append(sweep(world.client, broom))
    run = await ticks(world)
    assert broom.swept == ["floor", "roof"]
    assert (run.status, run.error) == ("failed", "not swept: stairs")


@pytest.mark.parametrize(
    ("found", "output"), [([], {}), (["a", "b"], {"asked-again": 2})]
)
async def test_what_the_watchdog_finds_it_puts_right(
    world: World,  # noqa: F811
    found: list[str],
    output: dict[str, int],
) -> None:
    dog = Dog(found)
    world.functions.append(watchdog(world.client, dog))
    run = await ticks(world)
    assert (run.status, run.output) == ("completed", output)
    assert dog.repaired == found


async def test_each_page_of_workspaces_is_a_step_of_the_week(
    world: World,  # noqa: F811
) -> None:
    crier = Crier()
    world.functions.append(weekly(world.client, crier))
    run = await ticks(world)
    assert (run.status, run.output) == ("completed", 6)
    assert crier.after == ["", "tell-0", "tell-1"]
