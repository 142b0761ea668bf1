import asyncio
from collections import Counter
from datetime import timedelta

import inngest
import pytest
import uuid_utils.compat as uuids

from bot.durable import transitions
from bot.durable.database import Database
from bot.durable.port import Event, RunStatus
from bot.durable.protocol import Planned, Progress, Ran, error_of
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.store import LEASE, claim, expire, nothing, queued, started
from tests.bot.durable.world import World

ERROR = error_of("Late", "too late")
RAN = Ran("x", "x", '{"data": "stale"}')
STATE = """
    SELECT r.status, r.output::text, j.step_id, j.token, j.worker, j.attempt,
        (SELECT count(*) FROM engine.memos) AS memos
    FROM engine.runs r LEFT JOIN engine.jobs j ON j.run_id = r.id
"""


async def test_a_leased_job_is_nobody_elses(world: World, store: Database) -> None:
    await started(world, store)
    assert await claim(store) == []


async def test_a_job_whose_lease_ran_out_costs_an_attempt(
    world: World, store: Database
) -> None:
    first = await started(world, store)
    await expire(world)
    (second,) = await claim(store)
    assert (second.id, second.attempt, second.losses) == (first.id, 1, 1)
    assert second.token > first.token


@pytest.mark.parametrize(
    "stale",
    [
        lambda db, job: transitions.advance(db, job, RAN, uuids.uuid7(), LEASE),
        lambda db, job: transitions.progress(db, job, Progress((RAN,))),
        lambda db, job: transitions.progress(
            db, job, Progress((Planned("y", "y"),), racing=True)
        ),
        lambda db, job: transitions.complete(db, job, '"stale"'),
        lambda db, job: transitions.fail(db, job, ERROR, None),
        lambda db, job: transitions.retry(db, job, ERROR, LEASE, None),
    ],
    ids=["advance", "progress", "plan", "complete", "fail", "retry"],
)
async def test_without_the_lease_nothing_is_written(
    world: World, store: Database, stale: object
) -> None:
    job = await started(world, store)
    await expire(world)
    await claim(store)
    before = await world.rows(STATE)
    assert not await stale(store, job)  # type: ignore[operator]
    assert await world.rows(STATE) == before


async def test_an_advance_whose_answer_was_lost_is_recognised(
    world: World, store: Database
) -> None:
    job = await started(world, store)
    (row,) = await world.rows("SELECT worker FROM engine.jobs")
    tokens = [
        await transitions.advance(store, job, RAN, row.worker, LEASE) for _ in range(2)
    ]
    assert tokens == [job.token + 1] * 2
    assert len(await world.rows("SELECT 1 FROM engine.memos")) == 1


async def test_a_renewed_lease_outlives_its_first_term(world: World) -> None:
    async def long(_: StepKey) -> None:
        world.seen.append("ran")
        await asyncio.sleep(0.9)

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)

    world.declare("go", body)
    for _ in range(2):
        await world.start(lease=timedelta(seconds=0.3), poll=timedelta(seconds=0.1))
    assert (await world.run("go")).status is RunStatus.COMPLETED
    assert world.seen == ["ran"]


async def test_two_engines_never_do_one_step_twice(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        for name in "ab":
            await steps.run(name, world.note, f"{ctx.run_id}{name}")
        await steps.parallel(
            lambda: steps.run("c", world.note, f"{ctx.run_id}c"),
            lambda: steps.run("d", world.note, f"{ctx.run_id}d"),
        )

    world.declare("go", body)
    engines = [await world.start(concurrency=10) for _ in range(2)]
    names = [f"e{number}" for number in range(60)]
    await asyncio.gather(
        *(engines[n % 2].send(Event("go", {}, name)) for n, name in enumerate(names))
    )
    for name in names:
        await world.ended(name)
    assert len(world.seen) == 240
    assert set(Counter(world.seen).values()) == {1}


async def test_a_call_that_lost_its_lease_is_cut_off(world: World) -> None:
    started_, cut = asyncio.Event(), asyncio.Event()

    async def long(_: StepKey) -> None:
        started_.set()
        try:
            await asyncio.sleep(60)
        finally:
            cut.set()

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)

    world.declare("go", body)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    await asyncio.wait_for(started_.wait(), 5)
    await world.tell(
        "UPDATE engine.jobs SET token = token + 1, worker = uuidv7(), "
        "due_at = now() + interval '1 h'"
    )
    await asyncio.wait_for(cut.wait(), 2)
    (row,) = await world.rows("SELECT attempt FROM engine.jobs")
    assert row.attempt == 0


async def test_retries_zero_stays_at_most_once(world: World, store: Database) -> None:
    world.declare("go", nothing, retries=0)
    await queued(world, store)
    await claim(store)
    await expire(world)
    await world.start()
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert "unknown" in run.error


async def test_a_claim_whose_answer_was_lost_costs_nothing(
    world: World, store: Database
) -> None:
    world.declare("go", nothing, retries=0)
    await queued(world, store)
    engine = world.make(lease=LEASE)
    worker = engine._worker
    assert await claim(store, worker._id)
    worker._unsure = True
    await engine.start()
    assert (await world.ended("e1"))[0].status is RunStatus.COMPLETED


async def test_stop_lets_a_step_end_and_the_next_engine_goes_on(world: World) -> None:
    started_ = asyncio.Event()

    async def long(_: StepKey) -> None:
        started_.set()
        await asyncio.sleep(0.2)
        world.seen.append("a")

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)
        await steps.run("b", world.note, "b")

    world.declare("go", body)
    engine = await world.start(lease=LEASE)
    await engine.send(Event("go", {}, "e1"))
    await asyncio.wait_for(started_.wait(), 5)
    await engine.stop(timedelta(seconds=5))
    assert world.seen == ["a"]
    world.engines.clear()
    await world.start()
    assert (await world.ended("e1", within_s=2))[0].status is RunStatus.COMPLETED
    assert world.seen == ["a", "b"]


async def test_stop_cuts_what_takes_too_long_and_gives_it_back(world: World) -> None:
    started_ = asyncio.Event()

    async def long(_: StepKey) -> None:
        world.seen.append("a")
        if len(world.seen) == 1:
            started_.set()
            await asyncio.sleep(60)

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("a", long)

    world.declare("go", body)
    engine = await world.start(lease=LEASE)
    await engine.send(Event("go", {}, "e1"))
    await asyncio.wait_for(started_.wait(), 5)
    await engine.stop(timedelta(seconds=0.05))
    world.engines.clear()
    await world.start()
    assert (await world.ended("e1", within_s=2))[0].status is RunStatus.COMPLETED
    assert world.seen == ["a", "a"]


async def test_those_blamed_twice_go_one_at_a_time(world: World) -> None:
    inside, most = 0, 0

    async def enter(_: StepKey) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("enter", enter)

    world.declare("go", body)
    engine = await world.start(concurrency=0)
    names = [f"e{number}" for number in range(6)]
    await engine.send(*(Event("go", {}, name) for name in names))
    for name in names:
        await world.until(name, bool)
    await world.tell(
        "UPDATE engine.jobs SET worker = uuidv7(), losses = 1, "
        "due_at = now() - interval '1 s'"
    )
    await world.start()
    for name in names:
        assert (await world.ended(name))[0].status is RunStatus.COMPLETED
    assert most == 1
