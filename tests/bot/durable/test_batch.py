from datetime import timedelta
from typing import Any

import inngest

from bot.durable.port import Event
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

EVENTS = """
    SELECT r.seq, array_agg(b.event_id ORDER BY b.place) AS events
    FROM engine.runs r JOIN engine.batches b ON b.run_id = r.id
    GROUP BY r.seq ORDER BY r.seq
"""


def by(size: int, **rest: Any) -> inngest.Batch:
    return inngest.Batch(max_size=size, timeout=timedelta(minutes=1), **rest)


async def batches(desk: Desk) -> list[list[str]]:
    return [list(row.events) for row in await desk.world.rows(EVENTS)]


async def test_a_full_batch_starts_one_run_with_all_its_events(desk: Desk) -> None:
    await desk.declare(batch_events=by(3))
    await desk.send("e1", "e2")
    assert await desk.started() == []
    await desk.send("e3", "e4")
    assert await batches(desk) == [["e1", "e2", "e3"]]
    await desk.send("e5", "e6")
    assert await batches(desk) == [["e1", "e2", "e3"], ["e4", "e5", "e6"]]


async def test_the_timeout_counts_from_the_first_event(desk: Desk) -> None:
    await desk.declare(batch_events=by(10))
    await desk.send("e1")
    await desk.later(seconds=50)
    await desk.send("e2")
    assert await desk.started() == []
    await desk.later(seconds=10)
    assert await batches(desk) == [["e1", "e2"]]


async def test_what_is_left_over_waits_for_its_own_timeout(desk: Desk) -> None:
    await desk.declare(batch_events=by(2))
    await desk.send("e1")
    await desk.later(seconds=50)
    await desk.send("e2", "e3")
    await desk.later(seconds=50)
    assert await desk.started() == ["e1"]
    await desk.later(seconds=10)
    assert await desk.started() == ["e1", "e3"]


async def test_two_hundred_events_at_once_make_twenty_batches(desk: Desk) -> None:
    await desk.declare(batch_events=by(10))
    names = [f"e{number:03}" for number in range(200)]
    await desk.send(*names)
    made = await batches(desk)
    assert len(made) == 20
    assert [name for batch in made for name in batch] == names
    assert await desk.world.rows("SELECT 1 FROM engine.gatherings") == []


async def test_each_key_has_its_own_batch(desk: Desk) -> None:
    await desk.declare(batch_events=by(2, key="event.data.who"))
    await desk.send("a1", who="ann")
    await desk.post(
        [
            Event("go", {"who": who}, name)
            for who, name in (
                ("bob", "b1"),
                ("ann", "a2"),
                ("ann", "a3"),
                ("bob", "b2"),
            )
        ]
    )
    assert await batches(desk) == [["a1", "a2"], ["b1", "b2"]]


async def test_an_event_that_fails_the_condition_runs_alone_at_once(
    desk: Desk,
) -> None:
    await desk.declare(batch_events=by(2, if_exp="event.data.urgent != true"))
    await desk.send("e1", urgent=False)
    await desk.send("now", urgent=True)
    assert await desk.started() == ["now"]
    await desk.send("e2", urgent=False)
    assert await batches(desk) == [["e1", "e2"]]


async def test_gathered_events_cannot_be_pruned(desk: Desk) -> None:
    await desk.declare(batch_events=by(2))
    await desk.send("e1", "lone")
    await desk.send("e2")
    held = await desk.world.rows(
        "SELECT id FROM engine.events e WHERE NOT EXISTS"
        " (SELECT FROM engine.runs r WHERE r.event_id = e.id) AND NOT EXISTS"
        " (SELECT FROM engine.batches b WHERE b.event_id = e.id) AND NOT EXISTS"
        " (SELECT FROM engine.gathered g WHERE g.event_id = e.id)"
    )
    assert held == []


async def test_the_function_gets_all_events_in_order(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        return [[event.id, event.data["n"]] for event in ctx.events]

    given = inngest.Batch(max_size=5, timeout=timedelta(seconds=1))
    world.declare("go", body, batch_events=given)
    engine = await world.start(poll=timedelta(seconds=30))
    await engine.send(*(Event("go", {"n": n}, f"e{n}") for n in range(7)))
    (full,) = await world.ended("e0")
    assert full.output == [[f"e{n}", n] for n in range(5)]
    (rest,) = await world.ended("e5")
    assert rest.output == [["e5", 5], ["e6", 6]]
