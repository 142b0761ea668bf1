"""What lies between two moments: a late commit, a lost read, a stopped process."""

import asyncio
from datetime import timedelta

import asyncpg
import inngest

from bot.durable import registry, transitions
from bot.durable.database import Connection, Database
from bot.durable.dispatch import dispatch
from bot.durable.protocol import Invoked, Progress, answered
from bot.durable.registry import Registry
from tests.bot.durable.desk import Desk
from tests.bot.durable.store import claim, expire, nothing, registered, started
from tests.bot.durable.world import World

LATE = """
    INSERT INTO engine.events (id, name, data, seq) OVERRIDING SYSTEM VALUE
    VALUES ('early number', 'stop', '{}', -1)
"""


async def test_an_event_that_was_numbered_early_and_committed_late_is_heard(
    desk: Desk,
) -> None:
    await desk.declare(cancel=[inngest.Cancel(event="stop")])
    await desk.send("e1")
    await desk.world.tell(LATE)
    await desk.work()
    assert [run.status for run in await desk.runs()] == ["cancelled"]


async def test_an_event_cancels_no_run_that_it_starts_itself(desk: Desk) -> None:
    await desk.declare(cancel=[inngest.Cancel(event="go")])
    await desk.send("e1")
    await desk.send("e2")
    assert [run.status for run in await desk.runs()] == ["cancelled", "active"]


class Flaky(Registry):
    """Cannot be read as often as there are failures."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []

    async def load(self, connection: Connection) -> None:
        if self.failures:
            raise self.failures.pop()
        await super().load(connection)


async def test_what_changed_while_the_database_was_away_is_read_again(
    world: World,
) -> None:
    """The change is told once; the readings that follow fail."""
    world.declare("go", nothing)
    engine = world.make(poll=timedelta(milliseconds=50))
    flaky = engine._registry = Flaky()
    await engine.start()
    flaky.failures = [OSError("away"), asyncpg.ForeignKeyViolationError("a race")]
    config = {"id": "new", "name": "new", "triggers": [], "steps": {}}
    async with engine._database.connection() as connection:
        await registry.sync(connection, "other", "http://x", [config])
    async with asyncio.timeout(5):
        while "new" not in flaky.known:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
    assert flaky.failures == []


async def test_a_function_that_went_while_it_was_invoked_is_an_error_of_the_step(
    world: World, store: Database
) -> None:
    job = await started(world, store)
    hour = timedelta(hours=1)
    invoked = Invoked("call", "call", "t-went", {}, hour)
    await transitions.progress(store, job, Progress((invoked,)))
    known = await registered(world, store)
    while await dispatch(store, known):
        pass
    (back,) = await claim(store)
    made = answered(back.kind, back.step_id, back.name, back.answer)
    assert made.failed
    assert "There is no such function." in made.memo


async def test_a_stopped_process_gives_its_locks_back(store: Database) -> None:
    """A process may be stopped, or its machine asleep, in the midst of anything."""
    tries = []

    async def stopped_once() -> None:
        async with store.transaction() as connection:
            tries.append(1)
            if len(tries) == 1:
                await connection.execute(
                    "SET LOCAL idle_in_transaction_session_timeout = 50"
                )
                await asyncio.sleep(0.3)
            await connection.execute("SELECT 1")

    async with store.connection() as connection:
        shown = await connection.fetchval("SHOW idle_in_transaction_session_timeout")
    assert shown == "15s"
    await asyncio.wait_for(store.insist(stopped_once), 5)
    assert len(tries) == 2


async def test_who_lost_the_lease_does_not_prolong_the_run(
    world: World, store: Database
) -> None:
    job = await started(world, store)
    await expire(world)
    (again,) = await claim(store)
    await transitions.expect(store, job, timedelta(hours=9))
    until = "SELECT expires_at FROM engine.runs"
    assert [row.expires_at for row in await world.rows(until)] == [None]
    await transitions.expect(store, again, timedelta(hours=9))
    assert (await world.rows(until))[0].expires_at
