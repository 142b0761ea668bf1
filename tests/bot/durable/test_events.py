import asyncio
from datetime import timedelta

import inngest
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from tests.bot.durable.world import World


async def hello(ctx: inngest.Context, steps: Steps) -> object:
    return {"id": ctx.event.id, "data": ctx.event.data, "name": ctx.event.name}


async def test_an_event_leaves_with_its_transaction(
    world: World, app_engine: AsyncEngine
) -> None:
    world.declare("go", hello)
    engine = await world.start()
    async with AsyncSession(app_engine) as session, session.begin():
        assert await engine.send_in(session, Event("go", {"n": 1}, "e1")) == ["e1"]
        await asyncio.sleep(0.1)
        assert await engine.find("e1") == []
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.COMPLETED
    assert run.output == {"id": "e1", "data": {"n": 1}, "name": "go"}


async def test_an_event_rolled_back_starts_nothing(
    world: World, app_engine: AsyncEngine
) -> None:
    world.declare("go", hello)
    engine = await world.start()
    async with AsyncSession(app_engine) as session:
        await engine.send_in(session, Event("go", {}, "e1"))
        await session.rollback()
    await engine.send(Event("go", {}, "e2"))
    await world.ended("e2")
    assert await engine.find("e1") == []
    assert await world.rows("SELECT 1 FROM engine.events WHERE id = 'e1'") == []


async def test_two_events_of_one_id_start_one_run(
    world: World, app_engine: AsyncEngine
) -> None:
    world.declare("go", hello)
    engine = await world.start()
    same = [Event("go", {"n": n}, "e1") for n in range(3)]
    await asyncio.gather(*(engine.send(event) for event in same))
    async with AsyncSession(app_engine) as session, session.begin():
        await engine.send_in(session, *same)
    assert len(await world.ended("e1")) == 1


async def test_an_event_starts_every_function_that_waits_for_it(world: World) -> None:
    world.declare("one", hello, trigger=inngest.TriggerEvent(event="go"))
    world.declare("two", hello, trigger=inngest.TriggerEvent(event="go"))
    world.declare("three", hello)
    engine = await world.start()
    await engine.send(Event("go", {}, "e1"))
    runs = await world.ended("e1")
    assert {run.function_id for run in runs} == {"t-one", "t-two"}


async def test_an_event_nobody_waits_for_is_kept_and_harmless(world: World) -> None:
    world.declare("go", hello)
    engine = await world.start()
    await engine.send(Event("unknown", {}, "e0"), Event("go", {}, "e1"))
    await world.ended("e1")
    assert await engine.find("e0") == []


async def test_awkward_text_comes_through(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        async def same(_: StepKey) -> object:
            return [ctx.event.data, "\ud83d"]

        return await steps.run("same", same)

    world.declare("go", body)
    awkward = {"nul": "a\0b", "half": "\ud83d", "emoji": "🙂", 'quote"': "'\\"}
    run = await world.run("go", **awkward)
    assert run.output == [awkward | {"half": "?"}, "?"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM engine.events",
        "UPDATE engine.events SET name = 'x'",
        "DELETE FROM engine.events",
        "SELECT * FROM engine.runs",
        "INSERT INTO engine.slots (run_id, lane) VALUES (uuidv7(), 'x')",
        "DELETE FROM engine.jobs",
        "SELECT * FROM engine.memos",
    ],
)
async def test_the_app_may_only_add_events(
    app_engine: AsyncEngine, statement: str
) -> None:
    async with app_engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))


async def test_events_sent_while_nobody_works_are_waiting(world: World) -> None:
    world.declare("go", hello)
    engine = await world.start()
    await engine.stop(timedelta(0))
    await world.tell(
        "INSERT INTO engine.events (id, name, data) VALUES ('e1', 'go', '{}')"
    )
    world.engines.clear()
    await world.start()
    assert (await world.ended("e1"))[0].status is RunStatus.COMPLETED


async def test_a_lost_notification_costs_one_poll(world: World) -> None:
    world.declare("go", hello)
    await world.start(poll=timedelta(seconds=0.2), lease=timedelta(seconds=60))
    await world.tell(
        "INSERT INTO engine.events (id, name, data) VALUES ('e1', 'go', '{}')"
    )
    assert await world.ended("e1", within_s=5)


async def test_an_event_that_cannot_be_dispatched_is_set_aside(
    world: World, app_engine: AsyncEngine
) -> None:
    world.declare("go", hello)
    engine = await world.start()
    async with AsyncSession(app_engine) as session, session.begin():
        forged = Event("inngest/function.invoked", {"no": "correlation"}, "forged")
        await engine.send_in(
            session, Event("go", {}, "e1"), forged, Event("go", {}, "e2")
        )
    for name in ("e1", "e2"):
        (run,) = await world.ended(name)
        assert run.status is RunStatus.COMPLETED
    assert await engine.find("forged") == []
    assert engine.health().ok


async def test_a_clock_that_cannot_tick_costs_no_event(world: World) -> None:
    yearly = inngest.TriggerCron(cron="0 0 1 1 *")
    world.declare("go", hello, trigger=[inngest.TriggerEvent(event="go"), yearly])
    engine = await world.start()
    # An instant after which the calendar has no other.
    await world.tell("UPDATE engine.crons SET next_at = '-infinity'")
    await engine.send(Event("go", {}, "e1"))
    await asyncio.sleep(0.3)
    await world.tell("UPDATE engine.crons SET next_at = 'infinity'")
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.COMPLETED
