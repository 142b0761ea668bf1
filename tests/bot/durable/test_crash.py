import asyncio
import os
import random
import signal
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.durable.port import RunStatus
from db import faultpoints
from db.server_bootstrap import Urls
from tests.bot.durable import child
from tests.bot.durable.child import Script, effects
from tests.bot.durable.world import World

STEPS = ["a", "answer", "ask", "b", "c", "d", "e", "nap"]
ENGINE_POINTS = sorted(p for p in faultpoints.POINTS if p.startswith("engine."))
TICK = "engine.cron_tick"
"""Reached by the clock alone; test_flow_crash kills there."""
ERRANDS = tuple(("errand", f"errand-{number}") for number in range(4))
LEFT = """
    SELECT (SELECT count(*) FROM engine.jobs) + (SELECT count(*) FROM engine.slots)
        + (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL)
"""
MEMOS = """
    SELECT m.run_id, m.name, r.status FROM engine.memos m
    JOIN engine.runs r ON r.id = m.run_id ORDER BY m.name
"""


@pytest.fixture
def script(database: Urls, tmp_path: Path) -> Script:
    def said(url: URL) -> str:
        return url.render_as_string(hide_password=False)

    return Script(said(database.app), said(database.system), tmp_path / "diary")


async def over(process: BaseProcess, within_s: float = 40) -> int:
    """Return how the child ended: 0, or minus the signal."""
    async with asyncio.timeout(within_s):
        while process.exitcode is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    return process.exitcode


async def memos(world: World) -> dict[str, list[str]]:
    """Return the names of the memos each run has."""
    kept: dict[str, list[str]] = {}
    for run_id, name, _ in await world.rows(MEMOS):
        kept.setdefault(str(run_id), []).append(name)
    return kept


async def keys_kept(world: World) -> set[str]:
    """Return the keys of the steps that are finished."""
    return {
        f"{run}:{name}" for run, names in (await memos(world)).items() for name in names
    }


async def assert_whole(world: World, events: tuple[tuple[str, str], ...]) -> None:
    """All errands ended well, with one memo a step, and nothing is left over."""
    assert (await world.rows(LEFT))[0][0] == 0
    ended = await world.rows(
        "SELECT id, event_id, status, output::text FROM engine.runs "
        "WHERE function_id = 't-errand'"
    )
    assert {row.event_id for row in ended} == {key for _, key in events}
    kept = await memos(world)
    for row in ended:
        assert (row.status, row.output) == ("completed", '["a", "b", "c", "d", "e"]')
        assert kept[str(row.id)] == STEPS


def test_every_fault_point_is_visited() -> None:
    assert {point.removeprefix("engine.") for point in ENGINE_POINTS} == {
        "event_insert", "run_insert", "after_claim", "before_call", "after_call",
        "after_commit", "timer_due", "failure_handler", "wait_matched", "cron_tick",
    }  # fmt: skip


@pytest.mark.parametrize("point", [p for p in ENGINE_POINTS if p != TICK])
async def test_killed_anywhere_every_run_ends_and_no_finished_step_is_repeated(
    world: World, script: Script, point: str
) -> None:
    events = (*ERRANDS, ("doomed", "doomed-1"))
    given = {**script.__dict__, "events": events}
    assert await over(child.start(Script(**given | {"fault": point}))) == -9
    kept, before = await keys_kept(world), effects(script.diary)
    assert await over(child.start(Script(**given))) == 0
    after = effects(script.diary)
    await assert_whole(world, ERRANDS)
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert all(count <= 2 for count in after.values())
    (told,) = await world.rows(
        "SELECT status FROM engine.runs WHERE function_id = 't-doomed-failure'"
    )
    assert told.status == "completed"


async def test_killed_at_random_again_and_again_nothing_is_lost(
    world: World, script: Script
) -> None:
    chance = random.Random(20261121)  # noqa: S311 - test data
    events = tuple(("errand", f"errand-{number}") for number in range(100))
    given = {**script.__dict__, "events": events, "patient": True}
    for _ in range(8):
        kept, before = await keys_kept(world), effects(script.diary)
        process = child.start(Script(**given))
        await grown(script.diary, by=chance.randrange(5, 50))
        process.kill()
        assert await over(process) == -signal.SIGKILL
        after = effects(script.diary)
        assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert await over(child.start(Script(**given))) == 0
    await assert_whole(world, events)


async def grown(diary: Path, by: int) -> None:
    """Return once the diary has that many more lines."""
    target = effects(diary).total() + by
    async with asyncio.timeout(10):
        while effects(diary).total() < target:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)


async def test_a_step_that_kills_its_worker_is_quarantined_and_others_go_on(
    world: World, script: Script
) -> None:
    events = (("poison", "poison-1"), *ERRANDS)
    given = {**script.__dict__, "events": events}
    ends = [await over(child.start(Script(**given))) for _ in range(4)]
    assert ends == [-9, -9, -9, 0]
    await assert_whole(world, ERRANDS)
    (run,) = await world.rows(
        "SELECT id, status, error->>'name' AS error FROM engine.runs "
        "WHERE function_id = 't-poison'"
    )
    assert (run.status, run.error) == ("failed", "Quarantined")
    assert effects(script.diary)[f"{run.id}:die"] == 3


async def test_stopped_past_its_lease_a_workers_completion_is_refused(
    world: World, script: Script
) -> None:
    given = {**script.__dict__, "events": (("slow", "slow-1"),)}
    first = child.start(Script(**given))
    async with asyncio.timeout(40):
        while not effects(script.diary):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    assert first.pid
    os.kill(first.pid, signal.SIGSTOP)
    try:
        second = child.start(Script(**given))
        assert await over(second) == 0
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert await over(first) == 0
    (run,) = await world.rows("SELECT status, output::text AS pid FROM engine.runs")
    (memo,) = await world.rows("SELECT body->>'data' AS pid FROM engine.memos")
    assert (run.status, run.pid, memo.pid) == (
        RunStatus.COMPLETED, str(second.pid), str(second.pid),
    )  # fmt: skip
