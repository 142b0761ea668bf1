"""Events read together begin the same runs as events read one by one."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import inngest
import pytest

from bot.durable.flow.rates import Meter, Meters
from bot.durable.port import Event
from tests.bot.durable.desk import Desk

KEY = "event.data.key"
AN_HOUR = timedelta(hours=1)
STOP = inngest.Cancel(event="stop", if_exp="event.data.key == async.data.key")
OPTIONS: dict[str, dict[str, Any]] = {
    "rate limit": {
        "rate_limit": inngest.RateLimit(limit=20, period=timedelta(days=1), key=KEY)
    },
    "idempotency": {"idempotency": "event.data.number % 7"},
    "debounce": {"debounce": inngest.Debounce(period=AN_HOUR, key=KEY)},
    "batch": {"batch_events": inngest.Batch(max_size=4, timeout=AN_HOUR, key=KEY)},
    "skip": {"singleton": inngest.Singleton(mode="skip", key=KEY), "cancel": [STOP]},
    "cancel": {
        "singleton": inngest.Singleton(mode="cancel", key=KEY),
        "cancel": [STOP],
    },
    "lane": {
        "concurrency": [inngest.Concurrency(limit=2, key=KEY)],
        "cancel": [STOP],
    },
}
OUTCOME = """
    SELECT substr(r.event_id, 2) AS event, r.status, s.run_id IS NOT NULL AS inside,
        ARRAY(SELECT substr(b.event_id, 2) FROM engine.batches b
              WHERE b.run_id = r.id ORDER BY b.place) AS batch
    FROM engine.runs r LEFT JOIN engine.slots s ON s.run_id = r.id
    WHERE r.function_id = :function ORDER BY r.seq
"""


def story(chance: random.Random, name: str) -> list[Event]:
    """Return events that start runs, and some that end them."""
    return [
        Event(
            name if chance.random() < 0.8 else "stop",
            {"key": chance.choice("abc"), "number": number},
            f"{name}{number}",
        )
        for number in range(60)
    ]


def cut(chance: random.Random, events: list[Event], most: int) -> Iterator[list[Event]]:
    """Yield the events in parts of random length."""
    while events:
        size = chance.randint(1, most)
        yield events[:size]
        events = events[size:]


async def told(
    desk: Desk, name: str, options: dict[str, Any], seed: int, most: int
) -> list[Any]:
    """Return what became of the story of ``seed``, read in parts of up to ``most``."""
    await desk.declare(name, **options)
    events = story(random.Random(seed), name)  # noqa: S311 - test data
    for part in cut(random.Random(seed + most), events, most):  # noqa: S311 - test data
        await desk.post(part)
    await desk.later(hours=1)
    rows = await desk.world.rows(OUTCOME, function=f"t-{name}")
    desk.world.functions.clear()
    await desk.world.tell("DELETE FROM engine.watches")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", [20261121, 20261122])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
async def test_how_many_are_read_at_once_does_not_matter(
    desk: Desk, options: dict[str, Any], seed: int
) -> None:
    one_by_one = await told(desk, "x", options, seed, 1)
    assert len(one_by_one) >= 3
    assert await told(desk, "y", options, seed, 9) == one_by_one
    assert await told(desk, "z", options, seed, 60) == one_by_one


@pytest.mark.parametrize("limit", [1, 7, 10, 35])
def test_in_no_period_more_than_the_limit_and_its_tenth_begin(limit: int) -> None:
    chance = random.Random(limit)  # noqa: S311 - test data
    interval = AN_HOUR / limit
    meter = Meter("m", interval, interval * (limit // 10))
    free: dict[str, datetime] = {}
    now, began = datetime(2026, 11, 21, tzinfo=UTC), []
    for _ in range(5000):
        now += AN_HOUR * chance.expovariate(20 * limit)
        meters = Meters(now, free)
        if not meters.wait(meter):
            meters.move(meter)
            began.append(now)
        free |= meters.moved
    most = limit + limit // 10
    for first, after in zip(began, began[most:], strict=False):
        assert after - first >= AN_HOUR - timedelta(milliseconds=1)
    # And hardly fewer than there may be, since far more came than that.
    assert len(began) > 0.8 * limit * ((now - began[0]) / AN_HOUR)


@pytest.mark.parametrize("burst", [1, 3])
def test_a_throttle_keeps_the_order_and_the_pace(burst: int) -> None:
    chance = random.Random(burst)  # noqa: S311 - test data
    interval = timedelta(seconds=10)
    meter = Meter("m", interval, interval * (burst - 1))
    free: dict[str, datetime] = {}
    now, begins = datetime(2026, 11, 21, tzinfo=UTC), []
    for _ in range(1000):
        now += interval * chance.expovariate(1.1)
        meters = Meters(now, free)
        begins.append(now + meters.wait(meter))
        meters.move(meter)
        free |= meters.moved
    assert begins == sorted(begins)
    for first, after in zip(begins, begins[burst:], strict=False):
        assert after - first >= interval - timedelta(milliseconds=1)
