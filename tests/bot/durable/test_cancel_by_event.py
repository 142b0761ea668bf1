import asyncio
import time
from datetime import timedelta

import inngest
import pytest

from bot.durable.port import Event, RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

SAME = inngest.Cancel(event="stop", if_exp="event.data.id == async.data.id")
ANY = inngest.Cancel(event="stop")


async def stopped(desk: Desk) -> list[str]:
    return [run.event_id for run in await desk.runs() if run.status == "cancelled"]


async def stop(desk: Desk, name: str, **data: object) -> None:
    await desk.post([Event("stop", data, name)])


async def test_an_event_cancels_the_runs_that_match(desk: Desk) -> None:
    await desk.declare(cancel=[SAME])
    await desk.send("e1", id=1)
    await desk.send("e2", id=2)
    await desk.send("text", id="1")
    await stop(desk, "s1", id=1)
    assert await stopped(desk) == ["e1"]
    await stop(desk, "s2", id=3)
    assert await stopped(desk) == ["e1"]


async def test_without_an_expression_any_such_event_cancels(desk: Desk) -> None:
    await desk.declare(cancel=[ANY])
    await desk.send("e1", "e2")
    await stop(desk, "s1")
    assert await stopped(desk) == ["e1", "e2"]
    assert await desk.world.rows("SELECT 1 FROM engine.watches") == []


@pytest.mark.parametrize(
    ("expression", "hits"),
    [
        ("async.data.id == event.data.id", ["e1"]),
        ("event.data.id == async.data.id && async.data.sure == true", ["e1"]),
        ("event.data.id == async.data.id && async.data.sure == false", []),
        ("event.data.id != async.data.id", []),
        ("event.data.id < async.data.high", ["e1"]),
        ("event.data.id == async.data.id || async.data.all == true", ["e1"]),
        ("async.data.sure == true", ["e1"]),
        ("event.data.null == async.data.missing", ["e1"]),
        ("event.data.missing == async.data.id", []),
    ],
)
async def test_expressions_see_the_runs_event_and_the_new_one(
    desk: Desk, expression: str, hits: list[str]
) -> None:
    await desk.declare(cancel=[inngest.Cancel(event="stop", if_exp=expression)])
    await desk.send("e1", id=1, null=None)
    await stop(desk, "s1", id=1.0, sure=True, high=2)
    assert await stopped(desk) == hits


async def test_a_value_of_any_length_is_matched(desk: Desk) -> None:
    await desk.declare(cancel=[SAME])
    await desk.send("e1", id="x" * 10_000)
    await desk.send("e2", id="x" * 10_000 + "y")
    await stop(desk, "s1", id="x" * 10_000)
    assert await stopped(desk) == ["e1"]


async def test_an_event_with_very_many_values_is_matched(desk: Desk) -> None:
    await desk.declare(cancel=[SAME])
    await desk.send("e1", id=1)
    await stop(desk, "s1", id=1, rest=list(range(10, 5000)))
    assert await stopped(desk) == ["e1"]


async def test_one_of_several_is_enough(desk: Desk) -> None:
    await desk.declare(cancel=[inngest.Cancel(event="other"), SAME])
    await desk.send("e1", id=1)
    await stop(desk, "s1", id=1)
    assert await stopped(desk) == ["e1"]


async def test_after_its_timeout_an_event_does_not_cancel(desk: Desk) -> None:
    given = inngest.Cancel(event="stop", timeout=timedelta(minutes=5))
    await desk.declare(cancel=[given])
    await desk.send("e1")
    await desk.later(minutes=4)
    await desk.send("e2")
    await desk.later(minutes=1)
    await stop(desk, "s1")
    assert await stopped(desk) == ["e2"]


async def test_an_event_sent_in_time_cancels_though_read_late(desk: Desk) -> None:
    await desk.declare(
        cancel=[inngest.Cancel(event="stop", timeout=timedelta(hours=1))]
    )
    await desk.send("e1")
    await desk.world.tell(
        "INSERT INTO engine.events (id, name, data, sent_at)"
        " VALUES ('s1', 'stop', '{}', now() - interval '2 minutes')"
    )
    await desk.world.tell("UPDATE engine.watches SET until = now() - interval '1 s'")
    await desk.work()
    assert await stopped(desk) == ["e1"]


async def test_an_event_before_the_run_does_not_cancel_it(desk: Desk) -> None:
    await desk.declare(cancel=[ANY])
    await stop(desk, "s1")
    await desk.send("e1")
    assert await stopped(desk) == []


async def test_of_two_at_once_the_order_decides(desk: Desk) -> None:
    await desk.declare(cancel=[ANY])
    await desk.post(
        [Event("go", {}, "e1"), Event("stop", {}, "s1"), Event("go", {}, "e2")]
    )
    assert await stopped(desk) == ["e1"]
    assert await desk.started() == ["e1", "e2"]


async def test_a_run_that_its_own_event_would_cancel_goes_on(desk: Desk) -> None:
    await desk.declare(cancel=[inngest.Cancel(event="go")])
    await desk.send("e1")
    assert await stopped(desk) == []
    await desk.send("e2")
    assert await stopped(desk) == ["e1"]


async def test_one_event_among_ten_thousand_runs_finds_its_own(desk: Desk) -> None:
    await desk.declare(cancel=[SAME])
    await desk.world.tell(
        "INSERT INTO engine.events (id, name, data, dispatched_at) SELECT"
        " 'e' || n, 'go', json_build_object('id', n), now()"
        " FROM generate_series(1, 10000) n"
    )
    await desk.world.tell(
        "WITH r AS (INSERT INTO engine.runs (function_id, event_id)"
        " SELECT 't-go', id FROM engine.events RETURNING id, event_id)"
        " INSERT INTO engine.watches (run_id, event, value, condition)"
        " SELECT r.id, 'stop', e.data->>'id', :condition FROM r"
        " JOIN engine.events e ON e.id = r.event_id",
        condition=SAME.if_exp,
    )
    began = time.perf_counter()
    await stop(desk, "s1", id=7777, why="no longer needed")
    took_s = time.perf_counter() - began
    assert await stopped(desk) == ["e7777"]
    assert took_s < 0.5


async def test_a_cancelled_run_stops_in_the_middle_of_its_step(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await asyncio.sleep(60)

    world.declare("go", body, cancel=[SAME])
    engine = await world.start()
    await engine.send(Event("go", {"id": 123}, "e1"))
    await world.until("e1", lambda runs: runs[0].status is RunStatus.RUNNING)
    await engine.send(
        Event("stop", {"id": 456}, "s1"), Event("stop", {"id": 123}, "s2")
    )
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.CANCELLED
