"""Runs that begin by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import inngest

from bot.durable.port import RunStatus
from bot.durable.steps import Steps
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

YEARLY = inngest.TriggerCron(cron="0 0 1 1 *")
HOURLY = inngest.TriggerCron(cron="0 * * * *")
CRONS = "SELECT * FROM engine.crons ORDER BY function_id, expression"
DUE = "UPDATE engine.crons SET next_at = date_trunc('second', now()) - interval '1 day'"


async def crons(desk: Desk) -> list[Any]:
    return await desk.world.rows(CRONS)


async def test_the_next_instant_is_written_down_at_the_start(desk: Desk) -> None:
    await desk.declare(trigger=YEARLY)
    (cron,) = await crons(desk)
    (now,) = await desk.world.rows("SELECT extract(year FROM now())::integer AS year")
    assert cron.function_id == "t-go"
    assert cron.next_at == datetime(now.year + 1, 1, 1, tzinfo=UTC)


async def test_a_tick_starts_one_run_and_names_the_next_instant(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY)
    (before,) = await crons(desk)
    await desk.work()
    assert await desk.runs() == []
    await desk.later(hours=1)
    (run,) = await desk.runs()
    (event,) = await desk.world.rows(
        "SELECT id, name, data::text AS data FROM engine.events"
    )
    assert run.event_id == event.id
    assert event.name == "inngest/scheduled.timer"
    assert '"cron": "0 * * * *"' in event.data
    (after,) = await crons(desk)
    assert after.next_at == before.next_at


async def test_after_a_day_away_it_ticks_once(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY)
    await desk.later(days=1)
    await desk.work()
    assert len(await desk.runs()) == 1


async def test_an_instant_ticks_once_though_it_comes_again(desk: Desk) -> None:
    await desk.declare(trigger=YEARLY)
    for _ in range(2):
        await desk.world.tell("UPDATE engine.crons SET next_at = '2026-01-01T00:00Z'")
        await desk.work()
    assert len(await desk.runs()) == 1


async def test_two_dispatchers_tick_once(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY)
    other = Desk(desk.world, desk.store)
    await other.register()
    await desk.world.tell(DUE)
    await asyncio.gather(desk.work(), other.work())
    assert len(await desk.runs()) == 1


async def test_a_changed_expression_forgets_the_old_one(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY)
    desk.world.functions.clear()
    await desk.declare(trigger=YEARLY)
    await desk.later(hours=2)
    assert [cron.expression for cron in await crons(desk)] == ["0 0 1 1 *"]
    assert await desk.runs() == []


async def test_a_restart_keeps_an_instant_that_was_missed(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY)
    await desk.world.tell(DUE)
    await Desk(desk.world, desk.store).register()
    await desk.work()
    assert len(await desk.runs()) == 1


async def test_a_function_that_is_gone_ticks_no_more(desk: Desk) -> None:
    await desk.declare("keep")
    await desk.declare("go", trigger=HOURLY)
    desk.world.functions.pop()
    await desk.register()
    assert await crons(desk) == []


async def test_a_function_may_have_events_and_several_crons(desk: Desk) -> None:
    await desk.declare(trigger=[inngest.TriggerEvent(event="go"), HOURLY, YEARLY])
    await desk.send("e1")
    await desk.world.tell(DUE)
    await desk.work()
    assert len(await desk.runs()) == 3


async def test_jitter_delays_the_run_the_same_for_all(desk: Desk) -> None:
    trigger = inngest.TriggerCron(cron="0 0 1 1 *", jitter="5m")
    await desk.declare("one", trigger=trigger)
    await desk.declare("two", trigger=trigger)
    now = "UPDATE engine.crons SET next_at = date_trunc('second', now())"
    await desk.world.tell(now)
    await desk.work()
    delays = [run.delay for run in await desk.runs()]
    events = await desk.world.rows(
        "SELECT extract(epoch FROM sent_at - (data->>'scheduledAt')::timestamptz)"
        "::float AS late FROM engine.events ORDER BY id"
    )
    for delay, event in zip(delays, events, strict=True):
        assert 0 < event.late < timedelta(minutes=5).total_seconds()
        assert abs(delay - event.late) < 3
    assert events[0].late != events[1].late


async def test_flow_control_holds_for_ticks(desk: Desk) -> None:
    await desk.declare(trigger=HOURLY, singleton=inngest.Singleton(mode="skip"))
    await desk.later(hours=1)
    await desk.later(hours=1)
    assert len(await desk.runs()) == 1


async def test_the_engine_ticks_by_itself(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> object:
        return ctx.event.name

    world.declare("go", body, trigger=YEARLY)
    await world.start(poll=timedelta(seconds=60))
    await world.start(poll=timedelta(seconds=60))
    await world.tell("UPDATE engine.crons SET next_at = now() + interval '0.3 s'")
    await world.rows("SELECT pg_notify('engine', 'events')")
    async with asyncio.timeout(5):
        while not (  # noqa: ASYNC110 - the database tells
            rows := await world.rows("SELECT event_id FROM engine.runs")
        ):
            await asyncio.sleep(0.02)
    (run,) = await world.ended(rows[0].event_id)
    assert run.status is RunStatus.COMPLETED
    assert run.output == "inngest/scheduled.timer"
    assert len(await world.rows("SELECT 1 FROM engine.runs")) == 1
