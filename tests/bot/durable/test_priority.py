import asyncio
from datetime import timedelta

import inngest

from bot.durable.port import Event
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.store import claim
from tests.bot.durable.world import World

URGENCY = inngest.Priority(run="event.data.urgency")
ONE = [inngest.Concurrency(limit=1)]
KEYED = [inngest.Concurrency(limit=1, key="event.data.chat")]


async def note(world: World, ctx: inngest.Context, steps: Steps) -> None:
    await steps.run("note", world.note, str(ctx.event.id))


async def raced(world: World, **urgencies: object) -> list[str]:
    """Return the order in which runs of these urgencies began, one worker at work."""
    await world.start(concurrency=1)
    await world.engines[0].send(
        *(Event("go", {"urgency": given}, name) for name, given in urgencies.items())
    )
    for name in urgencies:
        await world.ended(name)
    return world.seen


async def test_the_more_urgent_run_is_called_first(world: World) -> None:
    world.declare("go", lambda ctx, steps: note(world, ctx, steps), priority=URGENCY)
    order = await raced(world, low=-100, plain=0, none=None, high=100)
    assert order == ["high", "plain", "none", "low"]


async def test_urgency_is_bounded(world: World) -> None:
    world.declare("go", lambda ctx, steps: note(world, ctx, steps), priority=URGENCY)
    order = await raced(world, most=600, more=10_000, least=-600, less=-10_000)
    assert order == ["most", "more", "least", "less"]


async def test_within_a_lane_the_more_urgent_run_goes_first(world: World) -> None:
    go_on = asyncio.Event()

    async def body(ctx: inngest.Context, steps: Steps) -> None:
        world.seen.append(str(ctx.event.id))
        if ctx.event.id == "first":
            await asyncio.wait_for(go_on.wait(), 5)

    world.declare("go", body, priority=URGENCY, concurrency=ONE)
    engine = await world.start()
    await engine.send(Event("go", {"urgency": 0}, "first"))
    await world.until("first", bool)
    names = {"plain": 0, "low": -60, "high": 60, "higher": 61}
    await engine.send(*(Event("go", {"urgency": n}, name) for name, n in names.items()))
    await world.until("higher", bool)
    go_on.set()
    await world.ended("low")
    assert world.seen == ["first", "higher", "high", "plain", "low"]


async def test_urgency_is_a_head_start_and_no_privilege(desk: Desk) -> None:
    await desk.declare(priority=URGENCY, concurrency=ONE)
    await desk.send("first", urgency=0)
    await desk.send("early", urgency=0)
    await desk.world.tell("UPDATE engine.runs SET rank = rank - interval '1 minute'")
    await desk.send("late", urgency=59)
    await desk.send("later", urgency=120)
    order = await desk.world.rows("SELECT event_id FROM engine.runs ORDER BY rank, seq")
    assert [row.event_id for row in order] == ["later", "first", "early", "late"]


async def test_an_urgent_run_overtakes_a_long_queue(desk: Desk) -> None:
    await desk.declare(priority=URGENCY)
    await desk.post([Event("go", {"urgency": 0}, f"e{n}") for n in range(300)])
    await desk.send("urgent", urgency=10)
    jobs = await claim(desk.store, urgency=True)
    assert len(jobs) == 10
    assert "urgent" in {job.facts["id"] for job in jobs}


async def test_a_later_call_of_an_urgent_run_has_no_head_start(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.run("before", world.note, "before")
        await steps.sleep("nap", timedelta(seconds=60))

    world.declare("go", body, priority=URGENCY)
    engine = await world.start()
    await engine.send(Event("go", {"urgency": 300}, "e1"))
    async with asyncio.timeout(5):
        while not await world.rows(  # noqa: ASYNC110 - the database tells
            "SELECT 1 FROM engine.jobs WHERE kind = 'sleep'"
        ):
            await asyncio.sleep(0.01)
    (job,) = await world.rows("SELECT priority FROM engine.jobs")
    assert job.priority == 0


async def test_a_busy_key_does_not_hold_up_another(desk: Desk) -> None:
    await desk.declare(concurrency=KEYED)
    await desk.world.tell(
        "INSERT INTO engine.events (id, name, data) SELECT 'busy' || n, 'go',"
        ' \'{"chat": "busy"}\' FROM generate_series(1, 5000) n'
    )
    await desk.work()
    await desk.send("other", chat="quiet")
    jobs = await claim(desk.store)
    assert [job.facts["id"] for job in jobs] == ["busy1", "other"]


async def test_in_a_shared_lane_functions_without_priority_wait_their_turn(
    desk: Desk,
) -> None:
    shared = [inngest.Concurrency(limit=1, key="'all'", scope="env")]
    trigger = inngest.TriggerEvent(event="go")
    await desk.declare("plain", trigger=trigger, concurrency=shared)
    await desk.declare("urgent", trigger=trigger, concurrency=shared, priority=URGENCY)
    await desk.send("e1", urgency=10)
    order = await desk.world.rows(
        "SELECT function_id FROM engine.runs ORDER BY rank NULLS FIRST, seq"
    )
    assert [row.function_id for row in order] == ["t-urgent", "t-plain"]
