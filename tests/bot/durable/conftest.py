"""One database for all the engine's tests, emptied after each: there are many."""

import os
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.database import Database
from db import roles
from db.server_bootstrap import Urls
from tests.bot.durable.desk import Desk
from tests.bot.durable.world import World
from tests.conftest import administer

_number = count(1)

EMPTY = """
    TRUNCATE engine.events, engine.runs, engine.jobs, engine.memos, engine.slots,
        engine.functions, engine.watches, engine.batches, engine.meters,
        engine.gatherings, engine.gathered, engine.crons
"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine_database(server: Urls, bare_template: Urls) -> AsyncIterator[Urls]:
    """A migrated database."""
    # Other folders import this fixture, each with a database of its own.
    name = f"draper_engine_{os.getpid()}_{next(_number)}"
    source = bare_template.admin.database
    await administer(
        server.admin,
        f"CREATE DATABASE {name} OWNER {roles.OWNER} TEMPLATE {source}",
        *roles.database(name),
    )
    yield Urls(
        owner=server.owner.set(database=name),
        app=server.app.set(database=name),
        system=server.system.set(database=name),
        admin=server.admin.set(database=name),
    )
    await administer(server.admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(engine_database: Urls) -> AsyncIterator[Urls]:
    """The same, empty."""
    yield engine_database
    await administer(engine_database.admin, EMPTY)


@pytest.fixture
async def world(system_engine: AsyncEngine) -> AsyncIterator[World]:
    """Functions to declare, engines to start, and what came of it."""
    made = World(system_engine)
    yield made
    await made.close()


@pytest.fixture
async def store(system_engine: AsyncEngine) -> AsyncIterator[Database]:
    """The engine's connections, without an engine."""
    made = Database(system_engine, 2)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def desk(world: World, store: Database) -> Desk:
    """A dispatcher, to send events to and put the clock forward."""
    return Desk(world, store)
