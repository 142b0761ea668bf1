"""A small world around the engine: declare functions, start engines, look behind."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import inngest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.limits import Limits
from bot.durable.port import Event, RunStatus, RunView
from bot.durable.steps import StepKey, Steps

PATIENCE_S = 20.0
"""Well below the slowest poll of a test, so that no poll stands in for a notice."""

ENDED = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}
QUICK = Limits(
    lease=timedelta(seconds=0.6),
    poll=timedelta(seconds=0.3),
    backoff=lambda attempt: timedelta(milliseconds=20 * 2**attempt),
)

Body = Callable[[inngest.Context, Steps], Awaitable[Any]]


def client() -> inngest.Inngest:
    return inngest.Inngest(
        app_id="t", is_production=False, logger=logging.getLogger("inngest.test")
    )


class World:
    def __init__(self, system: AsyncEngine) -> None:
        self.system = system
        self.client = client()
        self.functions: list[inngest.Function[Any]] = []
        self.engines: list[EmbeddedEngine] = []
        self.seen: list[str] = []
        """What steps noted, in order."""

    def declare(self, name: str, body: Body, **options: Any) -> None:
        """Declare a function ``name``, started by the event ``name``."""
        given: dict[str, Any] = {
            "trigger": inngest.TriggerEvent(event=name),
            "fn_id": name,
        } | options

        @self.client.create_function(**given)
        async def function(ctx: inngest.Context) -> Any:
            return await body(ctx, Steps(ctx))

        self.functions.append(function)

    async def note(self, key: StepKey, what: str) -> str:
        """A step that leaves a trace."""
        self.seen.append(what)
        return what

    def make(self, **limits: Any) -> EmbeddedEngine:
        """Make an engine of the functions declared so far, to be stopped at the end."""
        given = replace(QUICK, **limits)
        host = InProcess(self.client, self.functions, given.call)
        engine = EmbeddedEngine(self.system, host, given)
        self.engines.append(engine)
        return engine

    async def start(self, **limits: Any) -> EmbeddedEngine:
        """Make one and start it."""
        engine = self.make(**limits)
        await engine.start()
        return engine

    async def run(self, name: str, **data: Any) -> RunView:
        """Start one run and return how it ended."""
        engine = self.engines[0] if self.engines else await self.start()
        await engine.send(Event(name, data, name))
        return (await self.ended(name))[0]

    async def ended(self, event_id: str, within_s: float = PATIENCE_S) -> list[RunView]:
        """Return the runs of an event once all have ended."""
        return await self.until(
            event_id, lambda runs: all(run.status in ENDED for run in runs), within_s
        )

    async def until(
        self,
        event_id: str,
        settled: Callable[[list[RunView]], bool],
        within_s: float = PATIENCE_S,
    ) -> list[RunView]:
        """Return the runs of an event once there are some and ``settled`` holds."""
        async with asyncio.timeout(within_s):
            while True:
                runs = await self.engines[0].find(event_id)
                if runs and settled(runs):
                    return runs
                await asyncio.sleep(0.01)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Return what a query as the worker role finds."""
        async with self.system.begin() as connection:
            await connection.execute(text("SET LOCAL ROLE agent_worker"))
            return list((await connection.execute(text(query), values)).all())

    async def tell(self, statement: str, **values: Any) -> None:
        """Change rows behind the engine's back."""
        async with self.system.begin() as connection:
            await connection.execute(text("SET LOCAL ROLE agent_worker"))
            await connection.execute(text(statement), values)

    async def close(self) -> None:
        for engine in self.engines:
            await engine.stop(timedelta(0))
