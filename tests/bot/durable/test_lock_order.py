"""Whoever ends many runs at once is in nobody's way who works on one of them."""

import asyncio

import inngest

from bot.durable import endings, events, lanes
from bot.durable.database import Database
from bot.durable.dispatch import dispatch
from bot.durable.port import Event
from tests.bot.durable.desk import Desk

SAME = "event.data.id == async.data.id"
TWO = [inngest.Concurrency(limit=2)]
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def blocked(desk: Desk) -> None:
    """Return once somebody waits for a lock."""
    async with asyncio.timeout(5):
        while not (await desk.world.rows(WAITING))[0][0]:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)


async def all_of(store: Database, desk: Desk) -> None:
    """Dispatch all there is."""
    while await dispatch(store, desk.registry):
        pass


async def test_two_events_that_end_two_runs_of_a_lane_wait_for_no_one_who_waits(
    desk: Desk, store: Database
) -> None:
    stop = inngest.Cancel(event="stop", if_exp=SAME)
    await desk.declare(cancel=[stop], concurrency=TWO)
    for number in (1, 2):
        await desk.send(f"e{number}", id=number)
    (second,) = await desk.world.rows(
        "SELECT id, lane, lane_limit FROM engine.runs WHERE event_id = 'e2'"
    )
    async with store.connection() as connection:
        stops = [Event("stop", {"id": number}, f"s{number}") for number in (1, 2)]
        await events.send(connection, stops)
    async with store.transaction() as worker:
        await endings.lock(worker, second.id)
        ending = asyncio.create_task(all_of(store, desk))
        await blocked(desk)
        # In a deadlock, either this or the dispatcher would be the victim.
        await lanes.settle(worker, second.id, second.lane, second.lane_limit)
    await ending
    assert [run.status for run in await desk.runs()] == ["cancelled"] * 2
