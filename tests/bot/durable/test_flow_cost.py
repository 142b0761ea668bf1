"""What flow control costs those who do not use it: nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import inngest
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.database import Database
from bot.durable.port import Event
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World

HOUR = timedelta(hours=1)


class Overheard(Database):
    """Connections of which every statement is noted."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, 1)
        self.statements: list[str] = []

    def transaction(self) -> Any:
        return self._overheard(super().transaction())

    def _overheard(self, opened: Any) -> Any:
        return _Listening(opened, self.statements)


class _Listening:
    def __init__(self, opened: Any, statements: list[str]) -> None:
        self._opened = opened
        self._statements = statements

    async def __aenter__(self) -> Any:
        connection = await self._opened.__aenter__()
        self._hear = lambda said: self._statements.append(said.query)
        connection.add_query_logger(self._hear)
        self._connection = connection
        return connection

    async def __aexit__(self, *error: object) -> Any:
        self._connection.remove_query_logger(self._hear)
        return await self._opened.__aexit__(*error)


@pytest.fixture
async def overheard(system_engine: AsyncEngine) -> AsyncIterator[Overheard]:
    """A store that notes its statements."""
    made = Overheard(system_engine)
    await made.open()
    yield made
    await made.close()


async def statements(world: World, store: Overheard, **options: Any) -> list[str]:
    """Return what one dispatch of twenty events says to the database."""
    desk = Desk(world, store)
    await desk.declare(**options)
    await desk.post([Event("go", {}, f"warm{n}") for n in range(20)])
    store.statements.clear()
    await desk.post([Event("go", {}, f"e{n}") for n in range(20)])
    last = next(n for n, said in enumerate(store.statements) if "pg_notify" in said)
    return store.statements[: last + 1]


async def test_a_function_that_asks_for_nothing_costs_no_statement(
    world: World, overheard: Overheard
) -> None:
    said = await statements(world, overheard)
    # The lock, what is due, the events; the runs; the events again, the notification.
    assert len(said) == 6
    assert not any(
        f"engine.{table}" in one
        for one in said
        if "EXISTS (SELECT FROM engine.gatherings" not in one
        for table in ("meters", "gatherings", "gathered", "crons", "batches")
    )


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"rate_limit": inngest.RateLimit(limit=1_000_000, period=HOUR)}, 8),
        ({"idempotency": "event.id + event.name"}, 8),
        ({"throttle": inngest.Throttle(limit=1, period=HOUR)}, 8),
        ({"singleton": inngest.Singleton(mode="skip", key="event.id")}, 7),
        ({"singleton": inngest.Singleton(mode="cancel", key="event.id")}, 7),
        # Of those that hold events back, no run begins.
        ({"debounce": inngest.Debounce(period=HOUR)}, 6),
        ({"batch_events": inngest.Batch(max_size=100, timeout=HOUR)}, 7),
        ({"priority": inngest.Priority(run="1")}, 6),
        ({"timeouts": inngest.Timeouts(start=HOUR)}, 6),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
async def test_an_option_costs_a_statement_or_two_for_all_events_together(
    world: World, overheard: Overheard, options: dict[str, Any], count: int
) -> None:
    assert len(await statements(world, overheard, **options)) == count
