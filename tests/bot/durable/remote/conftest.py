"""A server that is not there, and our side of it on a database of its own."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db.server_bootstrap import Urls
from tests.bot.durable.remote.world import Side
from tests.conftest import copied
from tests.standins.inngest import Inngest


@pytest.fixture
async def database(server: Urls, template: Urls) -> AsyncIterator[Urls]:
    """One test's own database, with people in it."""
    async with copied(server, template=template) as urls:
        yield urls


@pytest.fixture
async def inngest() -> AsyncIterator[Inngest]:
    """The stand-in, listening."""
    async with Inngest() as made:
        yield made


@pytest.fixture
async def side(system_engine: AsyncEngine, inngest: Inngest) -> AsyncIterator[Side]:
    """Engines towards the stand-in."""
    made = Side(system_engine, inngest)
    yield made
    await made.close()
