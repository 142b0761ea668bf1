"""What flow control costs where runs begin, and one cancelling event among many runs.

Each line dispatches as many events to one function that has one option, beside the
unfinished runs of the lines before. ``python -m bench.flow``.
"""

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import inngest
import structlog
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.durable import flow, registry
from bot.durable.caller import InProcess
from bot.durable.database import Database
from bot.durable.dispatch import dispatch
from bot.durable.registry import Registry
from db import schema
from db.server import Server

EVENTS, KEYS = 10_000, 1_000
KEY = "event.data.key"
HOUR = timedelta(hours=1)
OPTIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "rate limit": {"rate_limit": inngest.RateLimit(limit=1, period=HOUR, key=KEY)},
    "idempotency": {"idempotency": KEY},
    "throttle": {"throttle": inngest.Throttle(limit=1, period=HOUR, key=KEY)},
    "debounce": {"debounce": inngest.Debounce(period=HOUR, key=KEY)},
    "batches of 10": {"batch_events": inngest.Batch(max_size=10, timeout=HOUR)},
    "batches of 10, keys": {
        "batch_events": inngest.Batch(max_size=10, timeout=HOUR, key=KEY)
    },
    "singleton, skip": {"singleton": inngest.Singleton(mode="skip", key=KEY)},
    "priority": {"priority": inngest.Priority(run="event.data.number % 600")},
    "cancel by event": {
        "cancel": [
            inngest.Cancel(
                event="stop", if_exp="event.data.number == async.data.number"
            )
        ]
    },
}
SEND = """
    INSERT INTO engine.events (id, name, data)
    SELECT $1 || n, $1, json_build_object('number', n, 'key', n % $3)
    FROM generate_series(1, $2::integer) n
"""
BEGUN = "SELECT count(*) FROM engine.runs WHERE function_id = $1"
STOP = """
    INSERT INTO engine.events (id, name, data)
    VALUES ('stop', 'stop', '{"number": 7777, "why": "no longer needed"}')
"""


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[AsyncEngine]:
    """A migrated database on a server of its own."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        urls = await server.start()
        owner = create_async_engine(urls.owner)
        system = create_async_engine(urls.system)
        try:
            async with owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            yield system
        finally:
            await owner.dispose()
            await system.dispose()
            await server.stop()


async def declare(store: Database, name: str, options: dict[str, Any]) -> Registry:
    """Return the registry of one function with these options."""
    client = inngest.Inngest(app_id="bench", is_production=False)

    @client.create_function(
        fn_id=name, trigger=inngest.TriggerEvent(event=name), **options
    )
    async def go(ctx: inngest.Context) -> None:
        """Never called."""

    known = Registry()
    async with store.connection() as connection:
        configs = InProcess(client, [go]).configs
        await registry.sync(connection, "bench", "", configs)
        await known.load(connection)
        await flow.adjust(connection, known.known)
    return known


async def timed(store: Database, known: Registry) -> float:
    """Dispatch all there is; return the seconds."""
    began = time.perf_counter()
    while await dispatch(store, known):
        pass
    return time.perf_counter() - began


async def measure(system: AsyncEngine) -> None:
    """Print the table."""
    store = Database(system, 2)
    await store.open()
    print(f"{'option':22}{'events/s':>10}{'runs':>8}")
    for name, options in OPTIONS.items():
        known = await declare(store, name, options)
        async with store.connection() as connection:
            await connection.execute(SEND, name, EVENTS, KEYS)
            await connection.execute("ANALYZE engine.events")
        took_s = await timed(store, known)
        async with store.connection() as connection:
            runs = await connection.fetchval(BEGUN, f"bench-{name}")
        print(f"{name:22}{EVENTS / took_s:10.0f}{runs:8}")
        if "cancel" in options:
            await cancel(store, known)
    await store.close()


async def cancel(store: Database, known: Registry) -> None:
    """Print how long it takes to find and end one run of many."""
    async with store.connection() as connection:
        await connection.execute(STOP)
    took_s = await timed(store, known)
    print(f"one cancelling event among {EVENTS} active runs: {took_s * 1000:.1f} ms")


async def main() -> None:
    """Measure on a server of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    async with database() as system:
        await measure(system)


if __name__ == "__main__":
    uvloop.run(main())
