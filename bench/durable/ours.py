"""The embedded engine as a contender."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import inngest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

from bench.durable.contest import CROWD_STEPS, LINE_STEPS, Watch
from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event
from bot.durable.steps import StepKey, Steps


class Ours:
    """Sends an event; the engine does the rest."""

    def __init__(self, name: str, engine: EmbeddedEngine, watch: Watch) -> None:
        self.name = name
        self.watch = watch
        self._engine = engine

    async def begin(self, name: str, steps: int) -> None:
        """Send the event that starts a chain."""
        await self._engine.send(Event(f"chain-{steps}", {}, name))


@contextlib.asynccontextmanager
async def engine(name: str, system: URL) -> AsyncIterator[Ours]:
    """An engine at work on a database, with its limits as they come."""
    client, watch = inngest.Inngest(app_id="bench", is_production=False), Watch()
    chains = [chain(client, watch, count) for count in (1, CROWD_STEPS, LINE_STEPS)]
    made = create_async_engine(system)
    running = EmbeddedEngine(made, InProcess(client, chains))
    await running.start()
    try:
        yield Ours(name, running, watch)
    finally:
        await running.stop(timedelta(seconds=5))
        await made.dispose()


def chain(client: inngest.Inngest, watch: Watch, count: int) -> inngest.Function[None]:
    """Return a function of so many steps."""
    name = f"chain-{count}"

    @client.create_function(fn_id=name, trigger=inngest.TriggerEvent(event=name))
    async def run(ctx: inngest.Context) -> None:
        watch.begin(str(ctx.event.id))
        steps = Steps(ctx)
        for number in range(count):
            await steps.run(f"step {number}", nothing)
        watch.end(str(ctx.event.id))

    return run


async def nothing(_: StepKey) -> str:
    """A step."""
    return "done"
