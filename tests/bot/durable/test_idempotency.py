from datetime import timedelta

import inngest

from tests.bot.durable.desk import Desk


async def test_a_key_starts_one_run_in_a_day(desk: Desk) -> None:
    await desk.declare(idempotency="event.data.order")
    await desk.send("e1", "e2", order=7)
    await desk.send("e3", order=8)
    await desk.later(hours=23, minutes=59)
    await desk.send("e4", order=7)
    await desk.later(minutes=1)
    await desk.send("e5", order=7)
    assert await desk.started() == ["e1", "e3", "e5"]


async def test_the_event_id_as_key_needs_no_meter(desk: Desk) -> None:
    await desk.declare(idempotency="event.id")
    await desk.send("e1", "e2")
    await desk.send("e1")
    assert await desk.started() == ["e1", "e2"]
    assert await desk.world.rows("SELECT 1 FROM engine.meters") == []


async def test_what_the_rate_limit_refuses_does_not_use_up_its_key(desk: Desk) -> None:
    await desk.declare(
        idempotency="event.data.order",
        rate_limit=inngest.RateLimit(limit=1, period=timedelta(hours=1)),
    )
    await desk.send("e1", order=1)
    await desk.send("e2", order=2)
    await desk.later(hours=1)
    await desk.send("e3", order=2)
    assert await desk.started() == ["e1", "e3"]
