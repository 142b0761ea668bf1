import asyncio
import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.server import Server
from db.server_bootstrap import Urls

MIGRATION = Path(__file__).parents[3] / "alembic/versions/2026_11_21_0100_engine.py"
TABLES = "engine.events, engine.runs, engine.jobs, engine.memos, engine.slots"


def migrate(connection: Connection) -> None:
    spec = importlib.util.spec_from_file_location("engine_migration", MIGRATION)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with Operations.context(MigrationContext.configure(connection)):
        module.upgrade()


async def prepare(urls: Urls) -> None:
    owner = create_async_engine(urls.owner)
    async with owner.begin() as connection:
        await connection.run_sync(migrate)
    await owner.dispose()


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    with asyncio.Runner() as runner:
        server = Server(tmp_path_factory.mktemp("pg"), durable=False)
        known = runner.run(server.start())
        runner.run(prepare(known))
        yield known
        runner.run(server.stop())


@pytest.fixture
async def system(urls: Urls) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(urls.system)
    yield engine
    await engine.dispose()


@pytest.fixture
async def app(urls: Urls) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(urls.app)
    yield engine
    await engine.dispose()


@pytest.fixture(autouse=True)
async def clean(urls: Urls) -> AsyncIterator[None]:
    yield
    owner = create_async_engine(urls.owner)
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"TRUNCATE {TABLES} RESTART IDENTITY")
    await owner.dispose()
