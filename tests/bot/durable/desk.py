"""A dispatcher whose clock can be put forward, and no worker behind it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs

from bot.durable import events, flow, registry
from bot.durable.caller import InProcess
from bot.durable.database import Database
from bot.durable.dispatch import dispatch
from bot.durable.port import Event
from bot.durable.registry import Registry
from tests.bot.durable.store import nothing
from tests.bot.durable.world import World

DATED = (
    ("meters", "free_at"),
    ("gatherings", "due_at"),
    ("gatherings", "deadline"),
    ("crons", "next_at"),
    ("runs", "expires_at"),
    ("watches", "until"),
    ("jobs", "due_at"),
)
RUNS = """
    SELECT r.event_id, r.function_id, r.status, r.error->>'name' AS error,
        (SELECT count(*) FROM engine.batches b WHERE b.run_id = r.id) AS size,
        round(extract(epoch FROM j.due_at - r.created_at)::numeric, 1)::float AS delay
    FROM engine.runs r LEFT JOIN engine.jobs j ON j.run_id = r.id ORDER BY r.seq
"""


class Desk:
    """Takes events, and shows the runs they start."""

    def __init__(self, world: World, store: Database) -> None:
        self.world = world
        self.store = store
        self.registry = Registry()

    async def declare(self, name: str = "go", **options: Any) -> None:
        """Declare one more function that does nothing, and register all there are."""
        self.world.declare(name, nothing, **options)
        await self.register()

    async def register(self) -> None:
        """Let the functions of the world be those the database knows."""
        host = InProcess(self.world.client, self.world.functions)
        async with self.store.connection() as connection:
            await registry.sync(connection, host.app, "", host.configs)
            await self.registry.load(connection)
            await flow.adjust(connection, self.registry.known)

    async def send(self, *names: str, **data: Any) -> None:
        """Send events ``go`` of these ids with the same data, and dispatch them."""
        await self.post([Event("go", data, name) for name in names])

    async def post(self, given: Sequence[Event]) -> None:
        """Send events in one statement, and dispatch them."""
        async with self.store.connection() as connection:
            await events.send(connection, given)
        await self.work()

    async def work(self) -> None:
        """Dispatch until nothing is left to do, without a hitch."""
        with capture_logs() as said:
            while await dispatch(self.store, self.registry):
                pass
        assert said == []

    async def later(self, **span: float) -> None:
        """Let time pass, and dispatch."""
        for table, column in DATED:
            moved = f"{column} = {column} - CAST(:span AS interval)"
            await self.world.tell(
                f"UPDATE engine.{table} SET {moved}",  # noqa: S608 - names of ours
                span=timedelta(**span),
            )
        await self.work()

    async def runs(self) -> list[Any]:
        """Return all runs in the order they began."""
        return await self.world.rows(RUNS)

    async def started(self) -> list[str]:
        """Return the event ids of all runs in the order they began."""
        return [run.event_id for run in await self.runs()]

    async def end(self, event_id: str) -> None:
        """Let a run have ended well."""
        await self.world.tell(
            "UPDATE engine.runs SET status = 'completed', ended_at = now() "
            "WHERE event_id = :event",
            event=event_id,
        )
