"""Waiting for an event: what answers it, what does not, and who wins a race."""

import asyncio
from datetime import timedelta
from typing import Any

import inngest

from bot.durable.port import Event, RunStatus, RunView
from bot.durable.steps import Steps
from tests.bot.durable.world import World

SAME = "event.data.order == async.data.order"
LONG = timedelta(minutes=5)
LEFT = "SELECT count(*) FROM engine.watches"


def waiting(
    if_exp: str | None = SAME, timeout: timedelta = LONG, times: int = 1
) -> Any:
    async def body(ctx: inngest.Context, steps: Steps) -> list[object]:
        del steps
        heard: list[object] = []
        for number in range(times):
            event = await ctx.step.wait_for_event(
                f"wait {number}", event="paid", if_exp=if_exp, timeout=timeout
            )
            heard.append(event and dict(event.data))
        return heard

    return body


def waits(runs: list[RunView]) -> bool:
    return all(run.status is RunStatus.WAITING for run in runs)


async def test_the_event_it_waits_for_is_what_the_step_returns(world: World) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    await engine.send(Event("go", {"order": 7}, "e1"))
    (run,) = await world.until("e1", waits)
    assert (run.steps[0].kind, run.steps[0].name) == ("wait", "wait 0")
    await engine.send(Event("paid", {"order": 7, "sum": 12}, "p1"))
    (run,) = await world.ended("e1")
    assert run.output == [{"order": 7, "sum": 12}]
    assert (await world.rows(LEFT))[0][0] == 0


async def test_another_runs_event_does_not_answer(world: World) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    await engine.send(Event("go", {"order": 1}, "e1"), Event("go", {"order": 2}, "e2"))
    await world.until("e1", waits)
    await world.until("e2", waits)
    await engine.send(Event("other", {"order": 1}, "x"))
    await engine.send(Event("paid", {"order": 2}, "p2"))
    assert (await world.ended("e2"))[0].output == [{"order": 2}]
    assert waits(await engine.find("e1"))


async def test_without_an_expression_any_event_of_the_name_answers(
    world: World,
) -> None:
    world.declare("go", waiting(if_exp=None))
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    await world.until("e1", waits)
    await engine.send(Event("paid", {"by": "card"}, "p"))
    assert (await world.ended("e1"))[0].output == [{"by": "card"}]


async def test_one_event_answers_all_who_wait_for_it(world: World) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    names = [f"e{number}" for number in range(20)]
    await engine.send(*(Event("go", {"order": 1}, name) for name in names))
    for name in names:
        await world.until(name, waits)
    await engine.send(Event("paid", {"order": 1}, "p"))
    for name in names:
        assert (await world.ended(name))[0].output == [{"order": 1}]


async def test_two_waits_of_one_run_take_two_events(world: World) -> None:
    world.declare("go", waiting(times=2))
    engine = await world.start()
    await engine.send(Event("go", {"order": 1}, "e1"))
    await world.until("e1", waits)
    await engine.send(Event("paid", {"order": 1, "n": 1}, "p1"))
    await world.until("e1", lambda runs: len(runs[0].steps) == 2 and waits(runs))
    await engine.send(Event("paid", {"order": 1, "n": 2}, "p2"))
    (run,) = await world.ended("e1")
    assert [heard["n"] for heard in run.output] == [1, 2]


async def test_when_nothing_comes_in_time_the_step_returns_none(world: World) -> None:
    world.declare("go", waiting(timeout=timedelta(seconds=1)))
    run = await world.run("go", order=1)
    assert (run.status, run.output) == (RunStatus.COMPLETED, [None])
    assert (await world.rows(LEFT))[0][0] == 0


async def test_an_event_sent_in_time_counts_though_it_is_read_late(
    world: World,
) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    await engine.send(Event("go", {"order": 1}, "e1"))
    await world.until("e1", waits)
    await engine.stop(timedelta(seconds=1))
    await world.tell(
        "INSERT INTO engine.events (id, name, data, sent_at) "
        "VALUES ('p', 'paid', '{\"order\": 1}', now() - interval '2 s')"
    )
    await world.tell("UPDATE engine.jobs SET due_at = now() + interval '1 s'")
    world.engines.clear()
    await world.start()
    assert (await world.ended("e1"))[0].output == [{"order": 1}]


async def test_an_event_after_the_time_out_changes_nothing(world: World) -> None:
    world.declare("go", waiting(timeout=timedelta(seconds=1)))
    run = await world.run("go", order=1)
    await world.engines[0].send(Event("paid", {"order": 1}, "late"))
    await asyncio.sleep(0.1)
    assert (await world.engines[0].find("go")) == [run]


async def test_an_event_and_the_time_out_at_once_leave_one_memo(world: World) -> None:
    world.declare("go", waiting(timeout=timedelta(seconds=1)))
    engine = await world.start()
    await world.start()
    names = [f"e{number}" for number in range(30)]
    await engine.send(*(Event("go", {"order": name}, name) for name in names))
    for name in names:
        await world.until(name, waits)
    due = (await engine.find(names[0]))[0].steps[0].due_at
    assert due
    rest = (
        await world.rows(
            "SELECT extract(epoch FROM min(due_at) - now()) "
            "FROM engine.jobs WHERE kind = 'wait'"
        )
    )[0][0]
    await asyncio.sleep(max(0.0, float(rest) - 0.005))
    await asyncio.gather(
        *(engine.send(Event("paid", {"order": name}, f"p-{name}")) for name in names)
    )
    for name in names:
        (run,) = await world.ended(name)
        assert run.status is RunStatus.COMPLETED
        assert run.output in ([None], [{"order": name}])
    memos = "SELECT count(*), count(DISTINCT run_id) FROM engine.memos"
    assert tuple((await world.rows(memos))[0]) == (30, 30)


async def test_a_cancelled_run_listens_no_more(world: World) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    await engine.send(Event("go", {"order": 1}, "e1"))
    (run,) = await world.until("e1", waits)
    assert await engine.cancel(run.id)
    assert (await world.rows(LEFT))[0][0] == 0
    await engine.send(Event("paid", {"order": 1}, "p"))
    await asyncio.sleep(0.1)
    assert (await engine.find("e1"))[0].status is RunStatus.CANCELLED


async def test_a_wait_beside_a_step_hears_what_the_step_sets_off(world: World) -> None:
    """The wait is registered before anybody is asked."""

    async def body(ctx: inngest.Context, steps: Steps) -> object:
        async def ask(_: object) -> str:
            await world.engines[0].send(Event("paid", {"order": 5}, "at-once"))
            return "asked"

        answer, asked = await ctx.group.parallel(
            (
                lambda: ctx.step.wait_for_event(
                    "answer", event="paid", if_exp=SAME, timeout=LONG
                ),
                lambda: steps.run("ask", ask),
            )
        )
        assert isinstance(answer, inngest.Event)
        return [dict(answer.data), asked]

    world.declare("go", body)
    assert (await world.run("go", order=5)).output == [{"order": 5}, "asked"]


async def test_a_waiting_run_lets_others_into_its_lane(world: World) -> None:
    world.declare(
        "go",
        waiting(),
        concurrency=[inngest.Concurrency(limit=1, key="event.data.lane")],
    )
    engine = await world.start()
    for order in (1, 2):
        await engine.send(Event("go", {"order": order, "lane": "a"}, f"e{order}"))
    await world.until("e1", waits)
    await world.until("e2", waits)
    await engine.send(Event("paid", {"order": 2}, "p2"))
    assert (await world.ended("e2"))[0].output == [{"order": 2}]


async def test_an_expression_that_is_not_supported_fails_the_run_by_name(
    world: World,
) -> None:
    world.declare("go", waiting(if_exp="frobnicate(event.data.order)"))
    run = await world.run("go", order=1)
    assert run.status is RunStatus.FAILED
    assert "frobnicate" in run.error


async def test_ten_thousand_waiting_runs_do_not_slow_an_answer(world: World) -> None:
    world.declare("go", waiting())
    engine = await world.start()
    await engine.send(Event("go", {"order": "mine"}, "e1"))
    await world.until("e1", waits)
    await world.tell(
        "INSERT INTO engine.events (id, name, data, dispatched_at) "
        "SELECT 'f' || n, 'go', json_build_object('order', n), now() "
        "FROM generate_series(1, 10000) n"
    )
    await world.tell(
        "INSERT INTO engine.runs (function_id, event_id) "
        "SELECT 't-go', 'f' || n FROM generate_series(1, 10000) n"
    )
    await world.tell(
        "INSERT INTO engine.watches (run_id, step_id, event, value, condition) "
        "SELECT id, 'w', 'paid', substr(event_id, 2), :same FROM engine.runs "
        "WHERE event_id LIKE 'f%'",
        same=SAME,
    )
    plan = await world.rows(
        "EXPLAIN SELECT FROM engine.watches WHERE event = 'paid' "
        "AND (value IS NULL OR value = ANY (ARRAY['\"mine\"']))"
    )
    assert not any("Seq Scan" in row[0] for row in plan), plan
    await engine.send(Event("paid", {"order": "mine"}, "p"))
    assert (await world.ended("e1"))[0].output == [{"order": "mine"}]
