"""Functions of another app, called over HTTP in production mode, from event to end."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import inngest

from bot.durable.port import RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.face.conftest import Side
from tests.bot.durable.face.site import Site

SECOND = timedelta(seconds=1)


def chores(site: Site) -> None:
    """Declare a function that does everything once, and one that it invokes."""

    async def errand(ctx: inngest.Context, steps: Steps) -> Any:
        step = ctx.step
        done: list[Any] = [await step.run("first", site.note, "first")]
        await step.sleep("nap", timedelta(seconds=1))
        await step.send_event("call", inngest.Event(name="called", id=ctx.run_id))
        answer = await step.wait_for_event(
            "answer", event="answer", timeout=10 * SECOND,
            if_exp="event.data.n == async.data.n",
        )  # fmt: skip
        done.append(answer.data["said"] if answer else "nobody")
        done.append(
            await step.invoke_by_id(
                "ask", app_id="far", function_id="double", data={"n": 21}
            )
        )
        done += await ctx.group.parallel(
            (
                lambda: step.run("left", site.note, "left"),
                lambda: step.run("right", site.note, "right"),
            )
        )
        return done

    async def double(ctx: inngest.Context, steps: Steps) -> Any:
        given: Any = ctx.event.data["n"]
        return given * 2

    async def called(ctx: inngest.Context, steps: Steps) -> None:
        site.notes.append("called")

    site.declare("errand", errand)
    site.declare("double", double, trigger=inngest.TriggerEvent(event="never"))
    site.declare("called", called)


async def test_a_run_does_all_that_steps_can(side: Side) -> None:
    site = side.site()
    chores(site)
    async with site.open():
        (key,) = await side.send({"name": "errand", "data": {"n": 7}})
        await side.world.until(
            key, lambda runs: any(step.kind == "wait" for step in runs[0].steps)
        )
        await side.send({"name": "answer", "data": {"n": 8, "said": "wrong"}})
        await side.send({"name": "answer", "data": {"n": 7, "said": "right"}})
        (run,) = await side.world.ended(key)
    assert run.status is RunStatus.COMPLETED
    assert run.output == ["first", "right", 42, "left", "right"]
    assert Counter(site.notes) == Counter(["first", "called", "left", "right"])


async def test_a_failure_is_tried_again_and_then_handled(side: Side) -> None:
    site = side.site()

    async def failing(ctx: inngest.Context, steps: Steps) -> None:
        site.notes.append(f"attempt {ctx.attempt}")
        raise inngest.RetryAfterError("not yet", 10)

    async def failed(ctx: inngest.Context) -> None:
        error: Any = ctx.event.data["error"]
        site.notes.append(f"handled: {error['message']}")

    site.declare("failing", failing, retries=2, on_failure=failed)
    async with site.open():
        run = await side.run("failing")
        await side.world.ended(f"failed:{run.id}")
    assert (run.status, run.error) == (RunStatus.FAILED, "not yet")
    assert site.notes == ["attempt 0", "attempt 1", "attempt 2", "handled: not yet"]


async def test_state_that_a_call_cannot_carry_is_fetched_by_the_sdk(
    side: Side,
) -> None:
    site = side.site()

    async def heavy(ctx: inngest.Context, steps: Steps) -> int:
        async def load() -> str:
            site.notes.append("loaded")
            return "x" * 2**20

        parts = [await ctx.step.run(f"load-{n}", load) for n in range(6)]
        return sum(map(len, parts))

    site.declare("heavy", heavy)
    async with site.open():
        run = await side.run("heavy")
    assert (run.error, run.output) == ("", 6 * 2**20)
    assert site.notes == ["loaded"] * 6


async def test_an_app_that_is_away_keeps_its_runs_and_disturbs_no_other(
    side: Side,
) -> None:
    away, there = side.site("away"), side.site("there")

    async def go(ctx: inngest.Context, steps: Steps) -> str:
        return "done"

    away.declare("late", go)
    there.declare("now", go)
    async with away.open() as url:
        port = httpx.URL(url).port or 0
    async with there.open():
        waiting = await side.send(*({"name": "late"} for _ in range(30)))
        before = asyncio.get_running_loop().time()
        runs = [await side.run("now") for _ in range(5)]
        assert asyncio.get_running_loop().time() - before < 4
    assert {run.output for run in runs} == {"done"}
    late = [(await side.engine.find(key))[0] for key in waiting]
    assert {run.status for run in late} <= {RunStatus.QUEUED, RunStatus.RUNNING}
    assert {run.attempt for run in late} == {0}
    async with away.open(port):
        for key in waiting:
            (run,) = await side.world.ended(key)
            assert (run.output, run.error) == ("done", "")


async def test_an_app_that_moved_is_called_at_its_new_place(side: Side) -> None:
    site = side.site()

    async def go(ctx: inngest.Context, steps: Steps) -> None:
        await ctx.step.sleep("nap", SECOND)

    site.declare("go", go)
    async with site.open() as first:
        (key,) = await side.send({"name": "go"})
        await side.world.until(key, lambda runs: bool(runs[0].steps))
    async with site.open() as second:
        (run,) = await side.world.ended(key)
    assert first != second
    assert run.status is RunStatus.COMPLETED


async def test_nobody_but_the_engine_can_call_the_app(side: Side) -> None:
    site = side.site()

    async def go(ctx: inngest.Context, steps: Steps) -> None:
        site.notes.append("called")

    site.declare("go", go)
    call = {
        "ctx": {
            "attempt": 0,
            "disable_immediate_execution": False,
            "run_id": "r1",
            "stack": {"stack": []},
        },
        "event": {"name": "go", "data": {}},
        "events": [{"name": "go", "data": {}}],
        "steps": {},
        "use_api": False,
    }
    async with site.open() as url, httpx.AsyncClient() as http:
        for signature in ({}, {"x-inngest-signature": "t=1&s=" + "0" * 64}):
            answer = await http.post(
                url, params={"fnId": "far-go"}, json=call, headers=signature
            )
            assert answer.status_code == 401
    assert site.notes == []
