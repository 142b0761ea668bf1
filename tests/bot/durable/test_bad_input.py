"""What a run or its surroundings may do wrong: a clear error, and others go on."""

import asyncio
from datetime import timedelta

import inngest
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event, RunStatus
from bot.durable.protocol import Outcome, Progress
from bot.durable.queue import Job
from bot.durable.steps import StepKey, Steps
from db.server_bootstrap import Urls
from tests.bot.durable.world import QUICK, World

NO_SPACE = """
    CREATE FUNCTION engine.no_space() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device'
            USING ERRCODE = 'disk_full';
    END $$
"""
FULL = """
    CREATE TRIGGER no_space BEFORE INSERT ON engine.memos
        FOR EACH STATEMENT EXECUTE FUNCTION engine.no_space()
"""
FREED = "DROP FUNCTION engine.no_space CASCADE"


def counting(world: World, count: int, name: str = "go") -> None:
    async def number(_: StepKey, at: int) -> int:
        return at

    async def body(ctx: inngest.Context, steps: Steps) -> int:
        del ctx
        last = 0
        for at in range(count):
            last = await steps.run(f"s{at}", number, at)
        return last

    world.declare(name, body)


async def test_as_many_steps_as_allowed_are_possible(world: World) -> None:
    """A thousand by default; the SDK needs some 40 s for those, so fewer here."""
    counting(world, 150)
    engine = await world.start(steps=150)
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.ended("e1", within_s=20)
    assert (run.status, run.output) == (RunStatus.COMPLETED, 149)
    assert len(run.steps) == 150


async def test_more_steps_than_allowed_fail_the_run_and_no_other(world: World) -> None:
    counting(world, 30)
    counting(world, 5, "small")
    engine = await world.start(steps=20)
    await engine.send(Event("go", {}, "e1"), Event("small", {}, "e2"))
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert run.error == "A run may have 20 steps; this wants more."
    assert (await world.ended("e2"))[0].status is RunStatus.COMPLETED


async def test_parallel_steps_count_too(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> None:
        await steps.parallel(
            *((lambda at=at: steps.run(f"s{at}", world.note, "x")) for at in range(25))
        )

    world.declare("go", body)
    engine = await world.start(steps=20)
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert world.seen == []


async def test_a_full_disk_is_waited_out_and_nothing_is_done_twice(
    world: World, database: Urls
) -> None:
    counting(world, 3)
    engine = await world.start()
    owner = create_async_engine(database.admin)
    try:
        async with owner.begin() as connection:
            await connection.execute(text(NO_SPACE))
            await connection.execute(text(FULL))
        await engine.send(Event("go", {}, "e1"))
        async with asyncio.timeout(5):
            while engine.health().ok:  # noqa: ASYNC110 - it notices by itself
                await asyncio.sleep(0.01)
        assert "No space left" in engine.health().detail
        async with owner.begin() as connection:
            await connection.execute(text(FREED))
        (run,) = await world.ended("e1")
        assert (run.status, run.output) == (RunStatus.COMPLETED, 2)
        assert [step.attempt for step in run.steps] == [0, 0, 0]
        assert engine.health().ok
    finally:
        await owner.dispose()


async def test_no_connection_to_be_had_is_waited_out(
    world: World, database: Urls
) -> None:
    counting(world, 3)
    owner = create_async_engine(database.admin)
    name = database.admin.database
    try:
        async with owner.begin() as connection:
            await connection.execute(
                text(f"ALTER DATABASE {name} WITH CONNECTION LIMIT 0")
            )
        starting = asyncio.create_task(world.start())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(starting), 0.5)
        async with owner.begin() as connection:
            await connection.execute(
                text(f"ALTER DATABASE {name} WITH CONNECTION LIMIT -1")
            )
        engine = await asyncio.wait_for(starting, 10)
        await engine.send(Event("go", {}, "e1"))
        assert (await world.ended("e1"))[0].output == 2
    finally:
        await owner.dispose()


async def test_many_at_once_on_one_connection_all_end(world: World) -> None:
    counting(world, 2)
    engine = await world.start(connections=1, lease=timedelta(seconds=30))
    names = [f"e{number}" for number in range(250)]
    await asyncio.gather(*(engine.send(Event("go", {}, name)) for name in names))
    done = "SELECT count(*) FROM engine.runs WHERE status = 'completed'"
    async with asyncio.timeout(40):
        while (await world.rows(done))[0][0] < 250:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.1)


async def test_a_name_as_wild_as_it_gets_comes_through(world: World) -> None:
    wild = "'); DROP TABLE engine.runs; -- \U0001f600 {} %s :x $1 \n \\ \""

    async def body(ctx: inngest.Context, steps: Steps) -> str:
        del ctx
        return await steps.run(wild, world.note, wild)

    world.declare("go", body)
    assert (await world.run("go")).output == wild


class Nowhere(InProcess):
    """Calls that neither end nor name a step."""

    calls = 0

    async def call(self, job: Job) -> Outcome:
        del job
        self.calls += 1
        return Progress(())


async def test_a_function_that_goes_nowhere_fails_after_its_attempts(
    world: World,
) -> None:
    counting(world, 1)
    host = Nowhere(world.client, world.functions)
    engine = EmbeddedEngine(world.system, host, QUICK)
    world.engines.append(engine)
    await engine.start()
    await engine.send(Event("go", {}, "e1"))
    (run,) = await world.ended("e1")
    assert run.status is RunStatus.FAILED
    assert run.error == "The function neither ended nor named a step."
    assert host.calls == 5
