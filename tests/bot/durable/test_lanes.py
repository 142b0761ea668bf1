import asyncio
from collections import Counter
from datetime import timedelta

import inngest
import pytest

from bot.durable import lanes
from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

ONE = [inngest.Concurrency(limit=1, key="event.data.chat")]


class Crowd:
    """Notes who is inside, by key."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []

    async def body(self, ctx: inngest.Context, steps: Steps) -> None:
        chat = str(ctx.event.data["chat"])
        await steps.run("in", self.enter, chat, str(ctx.event.id))
        await steps.run("out", self.leave, chat)

    async def enter(self, _: StepKey, chat: str, name: str) -> None:
        self.order.append(name)
        self.inside[chat] += 1
        self.most[chat] = max(self.most[chat], self.inside[chat])
        await asyncio.sleep(0.003)

    async def leave(self, _: StepKey, chat: str) -> None:
        await asyncio.sleep(0.003)
        self.inside[chat] -= 1


async def test_runs_of_one_key_come_in_order_and_alone(world: World) -> None:
    crowd = Crowd()
    world.declare("go", crowd.body, concurrency=ONE)
    engine = await world.start()
    names = [f"{chat}{number}" for number in range(12) for chat in "abc"]
    for name in names:
        await engine.send(Event("go", {"chat": name[0]}, name))
    for name in names:
        await world.ended(name)
    for chat in "abc":
        mine = [name for name in crowd.order if name[0] == chat]
        assert mine == [f"{chat}{number}" for number in range(12)]
    assert crowd.most == {"a": 1, "b": 1, "c": 1}
    assert await world.rows("SELECT 1 FROM engine.slots") == []


async def test_keys_do_not_wait_for_each_other(world: World) -> None:
    met = asyncio.Barrier(2)

    async def meet(_: StepKey) -> None:
        await asyncio.wait_for(met.wait(), 5)

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("meet", meet)

    world.declare("go", body, concurrency=ONE)
    engine = await world.start()
    await engine.send(Event("go", {"chat": "a"}, "a"), Event("go", {"chat": "b"}, "b"))
    assert (await world.ended("a"))[0].status is RunStatus.COMPLETED
    assert (await world.ended("b"))[0].status is RunStatus.COMPLETED


async def test_a_limit_without_key_holds_for_the_whole_function(world: World) -> None:
    crowd = Crowd()
    world.declare("go", crowd.body, concurrency=[inngest.Concurrency(limit=3)])
    engine = await world.start()
    names = [f"e{number}" for number in range(12)]
    await engine.send(*(Event("go", {"chat": "all"}, name) for name in names))
    for name in names:
        await world.ended(name)
    assert crowd.most["all"] == 3


async def test_a_sleeping_run_lets_the_next_one_in(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        if ctx.event.data["nap"]:
            await steps.sleep("nap", timedelta(milliseconds=300))
        await steps.run("note", world.note, str(ctx.event.id))

    world.declare("go", body, concurrency=ONE)
    engine = await world.start()
    await engine.send(Event("go", {"chat": "a", "nap": True}, "first"))
    await engine.send(Event("go", {"chat": "a", "nap": False}, "second"))
    await world.ended("first")
    assert world.seen == ["second", "first"]


@pytest.mark.parametrize("end", ["fail", "cancel", "retry"])
async def test_whatever_ends_a_run_the_next_one_comes(world: World, end: str) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        name = str(ctx.event.id)
        world.seen.append(name)
        if name == "first" and end == "fail":
            raise inngest.NonRetriableError("no")
        if name == "first" and end == "retry" and ctx.attempt == 0:
            raise RuntimeError("again")
        if name == "first" and end == "cancel":
            await asyncio.sleep(60)

    world.declare("go", body, concurrency=ONE)
    engine = await world.start()
    await engine.send(Event("go", {"chat": "a"}, "first"))
    await engine.send(Event("go", {"chat": "a"}, "second"))
    if end == "cancel":
        (run,) = await world.until(
            "first", lambda runs: runs[0].status is RunStatus.RUNNING
        )
        await engine.cancel(run.id)
    assert (await world.ended("second"))[0].status is RunStatus.COMPLETED
    retried = ["first"] if end == "retry" else []
    assert world.seen == [*retried, "first", "second"]


async def test_a_waiting_run_that_is_cancelled_leaves_the_queue(world: World) -> None:
    go_on = asyncio.Event()

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        world.seen.append(str(ctx.event.id))
        await asyncio.wait_for(go_on.wait(), 5)

    world.declare("go", body, concurrency=ONE)
    engine = await world.start()
    for name in ("first", "second", "third"):
        await engine.send(Event("go", {"chat": "a"}, name))
    (second,) = await world.until("second", bool)
    assert second.status is RunStatus.QUEUED
    assert await engine.cancel(second.id)
    go_on.set()
    await world.ended("third")
    assert world.seen == ["first", "third"]


async def test_two_engines_keep_one_lane(world: World) -> None:
    crowd = Crowd()
    world.declare("go", crowd.body, concurrency=ONE)
    one, two = await world.start(), await world.start()
    names = [f"e{number:02}" for number in range(30)]
    for number, name in enumerate(names):
        await (one, two)[number % 2].send(Event("go", {"chat": "a"}, name))
    for name in names:
        await world.ended(name)
    assert crowd.order == names
    assert crowd.most["a"] == 1


async def test_a_lane_does_not_wait_for_a_run_that_is_just_being_cancelled(
    desk: Desk,
) -> None:
    await desk.declare(concurrency=ONE)
    await desk.send("first", "second", "third", chat="a")
    (lane,) = await desk.world.rows("SELECT lane FROM engine.slots")
    await desk.world.tell("DELETE FROM engine.slots")
    async with desk.store.transaction() as canceller, asyncio.timeout(3):
        await canceller.execute(
            "DELETE FROM engine.jobs j USING engine.runs r"
            " WHERE r.id = j.run_id AND r.event_id IN ('first', 'second')"
        )
        async with desk.store.transaction() as other:
            await lanes.admit(other, lane.lane, 1)
    (inside,) = await desk.world.rows(
        "SELECT event_id FROM engine.slots JOIN engine.runs r ON r.id = run_id"
    )
    assert inside.event_id == "third"
