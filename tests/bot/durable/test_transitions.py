import asyncio

import pytest

from bot.durable import dispatch, transitions
from bot.durable.database import Database
from bot.durable.protocol import Planned, Progress, Ran
from tests.bot.durable.store import (
    claim,
    nothing,
    queued,
    registered,
    started,
)
from tests.bot.durable.world import World

A, B = Planned("a", "a"), Planned("b", "b")
RAN_A, RAN_B = Ran("a", "a", '{"data": 1}'), Ran("b", "b", '{"data": 2}')


async def steps_queued(world: World) -> list[str]:
    rows = await world.rows("SELECT step_id FROM engine.jobs ORDER BY step_id")
    return [row.step_id for row in rows]


async def test_parallel_steps_wait_for_the_last_of_them(
    world: World, store: Database
) -> None:
    first = await started(world, store)
    await transitions.progress(store, first, Progress((A, B)))
    a, b = sorted(await claim(store), key=lambda job: job.step_id)
    await transitions.progress(store, a, Progress((RAN_A,)))
    assert await steps_queued(world) == ["b"]
    await transitions.progress(store, b, Progress((RAN_B,)))
    assert await steps_queued(world) == [""]


async def test_the_last_two_parallel_steps_call_the_function_once(
    world: World, store: Database
) -> None:
    first = await started(world, store)
    await transitions.progress(store, first, Progress((A, B)))
    a, b = sorted(await claim(store), key=lambda job: job.step_id)
    await asyncio.gather(
        transitions.progress(store, a, Progress((RAN_A,))),
        transitions.progress(store, b, Progress((RAN_B,))),
    )
    (last,) = await claim(store)
    assert set(last.memos) == {"a", "b"}


async def test_a_call_that_missed_a_memo_is_made_again_and_plans_no_finished_step(
    world: World, store: Database
) -> None:
    first = await started(world, store)
    await transitions.progress(store, first, Progress((A, B), racing=True))
    a, b = sorted(await claim(store), key=lambda job: job.step_id)
    await transitions.progress(store, a, Progress((RAN_A,)))
    (early,) = await claim(store)
    await transitions.progress(store, b, Progress((RAN_B,)))
    assert set(early.memos) == {"a"}
    assert early.racing
    c = Planned("c", "c")
    await transitions.progress(store, early, Progress((B, c), racing=True))
    assert await steps_queued(world) == ["", "c"]


async def test_one_dispatcher_works_at_a_time(world: World, store: Database) -> None:
    world.declare("go", nothing)
    known = await registered(world, store)
    async with store.transaction() as connection:
        lock = dispatch.LOCK
        await connection.execute("SELECT pg_advisory_xact_lock($1)", lock)
        other = asyncio.create_task(dispatch.dispatch(store, known))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(other), 0.1)
    assert await other == 0
    await queued(world, store)
    assert len(await claim(store)) == 1
