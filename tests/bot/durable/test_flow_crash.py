"""Killed anywhere: what was gathered, counted or ticked is neither lost nor doubled."""

import asyncio
from collections import Counter
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import inngest
import pytest
import structlog
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.durable.caller import InProcess
from bot.durable.database import Database
from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event
from bot.durable.steps import StepKey, Steps
from db import faultpoints
from db.server_bootstrap import Urls
from tests.bot.durable.child import LIMITS
from tests.bot.durable.world import World, client
from tests.forks import FORKS
from tests.forms import short_form

A_SECOND, AN_HOUR = timedelta(seconds=1), timedelta(hours=1)
EVENTS = [
    *(Event("batched", {}, f"batched{n}") for n in range(7)),
    *(Event("quiet", {"key": n % 2}, f"quiet{n}") for n in range(6)),
    *(Event("limited", {}, f"limited{n}") for n in range(3)),
    *(Event("once", {"key": n % 2}, f"once{n}") for n in range(4)),
    *(Event("paced", {}, f"paced{n}") for n in range(4)),
]
OPEN = """
    SELECT EXISTS (SELECT FROM engine.events WHERE dispatched_at IS NULL)
        OR EXISTS (SELECT FROM engine.gatherings)
        OR EXISTS (SELECT FROM engine.runs WHERE status = 'active')
        OR NOT EXISTS (SELECT FROM engine.runs WHERE function_id = 't-ticking')
"""
# The same instant in each life of the process: it ticks once all the same.
TICK = "UPDATE engine.crons SET next_at = '2026-01-01T00:00:00Z'"
RUNS = """
    SELECT r.function_id, r.status, r.event_id,
        array_agg(b.event_id ORDER BY b.place) AS batch
    FROM engine.runs r LEFT JOIN engine.batches b ON b.run_id = r.id
    GROUP BY r.id ORDER BY r.seq
"""


def live(url: str, fault: str) -> None:
    """Be a process that works until nothing is left to do, or until its fault."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    faultpoints.arm(fault)
    asyncio.run(_live(create_async_engine(make_url(url))))


async def _live(system: AsyncEngine) -> None:
    made = client()
    engine = EmbeddedEngine(system, InProcess(made, functions(made)), LIMITS)
    store = Database(system, 1)
    await store.open()
    await engine.start()
    async with store.connection() as connection:
        await connection.execute(TICK)
        await engine.send(*EVENTS)
        while await connection.fetchval(OPEN):  # noqa: ASYNC110 - the database tells
            await asyncio.sleep(0.02)
    await engine.stop(A_SECOND)


def functions(made: inngest.Inngest) -> list[inngest.Function[object]]:
    """Return one function for each way of beginning."""
    key = "event.data.key"
    options: dict[str, dict[str, Any]] = {
        "batched": {"batch_events": inngest.Batch(max_size=3, timeout=A_SECOND)},
        "quiet": {"debounce": inngest.Debounce(period=A_SECOND, key=key)},
        "limited": {"rate_limit": inngest.RateLimit(limit=1, period=AN_HOUR)},
        "once": {"idempotency": key},
        "paced": {"throttle": inngest.Throttle(limit=20, period=A_SECOND)},
        "ticking": {"trigger": inngest.TriggerCron(cron="0 0 1 1 *")},
    }
    found = []
    for name, option in options.items():
        trigger = inngest.TriggerEvent(event=name)
        given: dict[str, Any] = {"fn_id": name, "trigger": trigger} | option
        found.append(made.create_function(**given)(work))
    return found


async def work(ctx: inngest.Context) -> object:
    """Take a step."""

    async def act(_: StepKey) -> str:
        return "done"

    return await Steps(ctx).run("act", act)


async def over(process: BaseProcess, within_s: float = 20) -> int:
    """Return how the child ended: 0, or minus the signal."""
    async with asyncio.timeout(within_s):
        while process.exitcode is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    return process.exitcode


def start(database: Urls, fault: str = "") -> BaseProcess:
    url = database.system.render_as_string(hide_password=False)
    process = FORKS.Process(target=live, args=(url, fault), daemon=True)
    process.start()
    return process


async def assert_whole(world: World) -> None:
    """Each event took effect as often as its function asks for, and nothing is left."""
    runs = await world.rows(RUNS)
    assert {run.status for run in runs} == {"completed"}
    began = {
        name: [run for run in runs if run.function_id == f"t-{name}"]
        for name in ("batched", "quiet", "limited", "once", "paced", "ticking")
    }
    batches = [
        [run.event_id] if run.batch == [None] else run.batch for run in began["batched"]
    ]
    gathered = Counter(name for batch in batches for name in batch)
    assert gathered == Counter(f"batched{n}" for n in range(7))
    assert max(map(len, batches)) <= 3
    assert [run.event_id for run in began["quiet"]] == ["quiet4", "quiet5"]
    assert [run.event_id for run in began["limited"]] == ["limited0"]
    assert [run.event_id for run in began["once"]] == ["once0", "once1"]
    assert [run.event_id for run in began["paced"]] == [f"paced{n}" for n in range(4)]
    assert len(began["ticking"]) == 1
    assert await world.rows("SELECT 1 FROM engine.gathered") == []


@pytest.mark.parametrize(
    "fault",
    short_form(
        [
            "engine.run_insert:1",
            "engine.run_insert:2",
            "engine.run_insert:3",
            "engine.cron_tick",
            "engine.after_claim",
            "engine.before_call:5",
            "engine.after_call:5",
            "engine.after_commit:5",
        ],
        ["engine.run_insert:2", "engine.cron_tick", "engine.after_call:5"],
    ),
)
async def test_killed_anywhere_nothing_is_lost_or_doubled(
    world: World, database: Urls, fault: str
) -> None:
    assert await over(start(database, fault)) == -9
    assert await over(start(database)) == 0
    await assert_whole(world)


async def test_two_processes_decide_everything_once(
    world: World, database: Urls
) -> None:
    both = [start(database), start(database)]
    assert [await over(process) for process in both] == [0, 0]
    await assert_whole(world)


async def test_one_of_two_processes_dies_and_the_other_goes_on(
    world: World, database: Urls
) -> None:
    other = start(database)
    assert await over(start(database, "engine.run_insert")) == -9
    assert await over(other) == 0
    await assert_whole(world)
