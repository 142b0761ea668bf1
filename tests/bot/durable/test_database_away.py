import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import inngest
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from tests.bot.durable.world import World

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'draper-engine'
"""


async def three(world: World, ctx: inngest.Context, steps: Steps) -> str:
    async def act(key: StepKey) -> str:
        world.seen.append(str(key))
        await asyncio.sleep(0.01)
        return key.step_id

    return "".join([await steps.run(name, act) for name in "abc"])


def declare(world: World) -> None:
    async def body(ctx: inngest.Context, steps: Steps) -> str:
        return await three(world, ctx, steps)

    world.declare("go", body)


async def test_cut_connections_lose_and_double_nothing(
    world: World, database: Urls
) -> None:
    declare(world)
    admin = create_async_engine(database.admin)
    engine = await world.start(lease=timedelta(seconds=30))
    names = [f"e{number}" for number in range(60)]

    async def cut() -> None:
        async with admin.connect() as connection:
            for _ in range(12):
                await connection.execute(text(CUT))
                await connection.commit()
                await asyncio.sleep(0.03)

    cutting = asyncio.create_task(cut())
    for name in names:
        await engine.send(Event("go", {}, name))
        await asyncio.sleep(0.004)
    await cutting
    await admin.dispose()
    async with asyncio.timeout(20):
        while not await all_done(world, len(names)):  # noqa: ASYNC110 - as it ends
            await asyncio.sleep(0.05)
    assert set(Counter(world.seen).values()) == {1}
    assert len(world.seen) == 180


async def all_done(world: World, count: int) -> bool:
    rows = await world.rows(
        "SELECT count(*) FROM engine.runs WHERE status = 'completed' "
        "AND output::text = '\"abc\"'"
    )
    return bool(rows[0][0] == count)


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "own", durable=False)
    urls = await server.start()
    owner = create_async_engine(urls.owner)
    async with owner.begin() as connection:
        await connection.run_sync(schema.upgrade)
    await owner.dispose()
    yield server
    await server.stop()


async def test_a_restart_of_postgres_is_survived(own_server: Server) -> None:
    system = create_async_engine(own_server.urls.system)
    world = World(system)
    declare(world)
    engine = await world.start(lease=timedelta(seconds=30))
    names = [f"e{number}" for number in range(30)]
    await engine.send(*(Event("go", {}, name) for name in names))
    await asyncio.sleep(0.03)
    await own_server.stop()
    await asyncio.sleep(0.3)
    assert not engine.health().ok
    await own_server.start()
    await system.dispose()
    for name in names:
        (run,) = await world.ended(name)
        assert (run.status, run.output) == (RunStatus.COMPLETED, "abc")
    assert set(Counter(world.seen).values()) == {1}
    assert engine.health().ok
    await world.close()
    await system.dispose()
