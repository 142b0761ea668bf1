"""What the embedded engine costs: start latency, time per step, runs per second.

Beside it, in the same run, the least any durable step must do: bare asyncpg that
selects and inserts one row a step. ``python -m bench.durable``.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import inngest
import structlog
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.durable.database import Database
from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.limits import Limits
from bot.durable.port import Event
from bot.durable.steps import StepKey, Steps
from db import schema
from db.server import Server

STARTS, LINE_RUNS, LINE_STEPS, CROWD_RUNS = 200, 40, 10, 600
CROWDS = (1, 20, 100)
STEPS = 3


class Watch:
    """Notes when runs begin and end."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.ended: dict[str, asyncio.Event] = {}

    def begin(self, name: str) -> None:
        """Note the first call of a run."""
        self.began.setdefault(name, time.perf_counter())

    def end(self, name: str) -> None:
        """Note the last call of a run."""
        self.ended.setdefault(name, asyncio.Event()).set()

    async def until(self, name: str) -> None:
        """Return once the run has ended."""
        await self.ended.setdefault(name, asyncio.Event()).wait()


def functions(client: inngest.Inngest, watch: Watch) -> list[inngest.Function[None]]:
    async def nothing(_: StepKey) -> str:
        return "done"

    def chain(name: str, count: int) -> inngest.Function[None]:
        @client.create_function(fn_id=name, trigger=inngest.TriggerEvent(event=name))
        async def run(ctx: inngest.Context) -> None:
            watch.begin(str(ctx.event.id))
            steps = Steps(ctx)
            for number in range(count):
                await steps.run(f"step {number}", nothing)
            watch.end(str(ctx.event.id))

        return run

    return [chain("line", LINE_STEPS), chain("crowd", STEPS)]


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[AsyncEngine]:
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        urls = await server.start()
        owner, system = (
            create_async_engine(urls.owner),
            create_async_engine(urls.system),
        )
        try:
            async with owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            yield system
        finally:
            await owner.dispose()
            await system.dispose()
            await server.stop()


async def starts(engine: EmbeddedEngine, watch: Watch) -> list[float]:
    """Return seconds from ``send`` to the function's first line, one at a time."""
    taken = []
    for number in range(STARTS):
        name = f"start-{number}"
        began = time.perf_counter()
        await engine.send(Event("crowd", {}, name))
        await watch.until(name)
        taken.append(watch.began[name] - began)
    return taken


async def line(engine: EmbeddedEngine, watch: Watch) -> float:
    """Return seconds a step, runs one after the other, the start left out."""
    total = 0.0
    for number in range(LINE_RUNS):
        name = f"line-{number}"
        await engine.send(Event("line", {}, name))
        await watch.until(name)
        total += time.perf_counter() - watch.began[name]
    return total / (LINE_RUNS * LINE_STEPS)


async def crowd(engine: EmbeddedEngine, watch: Watch, at_once: int) -> float:
    """Return runs of three steps a second, ``at_once`` of them in flight."""
    names = [f"crowd-{at_once}-{number}" for number in range(CROWD_RUNS)]

    async def one(name: str) -> None:
        await engine.send(Event("crowd", {}, name))
        await watch.until(name)

    return await per_second([partial(one, name) for name in names], at_once)


async def bare(system: AsyncEngine, at_once: int) -> float:
    """Return runs a second of nothing but one select and one insert a step."""
    database = Database(system, min(at_once, Limits().connections))
    await database.open()
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO engine.events (id, name, data) VALUES ('bare', 'b', '{}') "
            "ON CONFLICT DO NOTHING"
        )
        run_id = await connection.fetchval(
            "INSERT INTO engine.runs (function_id, event_id, status, ended_at) "
            "VALUES ($1, 'bare', 'completed', now()) RETURNING id",
            f"bare-{at_once}",
        )

    async def one(number: int) -> None:
        for step in range(STEPS):
            await bare_step(database, run_id, f"{number}/{step}")

    rate = await per_second(
        [partial(one, number) for number in range(CROWD_RUNS)], at_once
    )
    await database.close()
    return rate


async def bare_step(database: Database, run_id: UUID, step: str) -> None:
    async with database.connection() as connection:
        await connection.fetch(
            "SELECT body FROM engine.memos WHERE run_id = $1 AND step_id = $2",
            run_id,
            step,
        )
        await connection.execute(
            "INSERT INTO engine.memos (run_id, step_id, name, body) "
            "VALUES ($1, $2, 'bare', '{}')",
            run_id,
            step,
        )


async def per_second(
    work: Iterable[Callable[[], Awaitable[None]]], at_once: int
) -> float:
    room = asyncio.Semaphore(at_once)

    async def limited(one: Callable[[], Awaitable[None]]) -> None:
        async with room:
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(limited(one) for one in work))
    return CROWD_RUNS / (time.perf_counter() - began)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


async def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    client = inngest.Inngest(app_id="bench", is_production=False)
    watch = Watch()
    async with database() as system:
        engine = EmbeddedEngine(system, InProcess(client, functions(client, watch)))
        await engine.start()
        took = statistics.quantiles(await starts(engine, watch), n=100)
        print(f"start, send to first line  p50 {ms(took[49])}  p99 {ms(took[98])}")
        print(f"a step, one run at a time  {ms(await line(engine, watch))}")
        print("runs of three steps a second, durably:")
        print(f"{'at once':>8} {'engine':>8} {'bare asyncpg':>13}")
        for at_once in CROWDS:
            ours = await crowd(engine, watch, at_once)
            theirs = await bare(system, at_once)
            print(f"{at_once:>8} {ours:>8.0f} {theirs:>13.0f}")
        await engine.stop(timedelta(seconds=5))


if __name__ == "__main__":
    uvloop.run(main())
