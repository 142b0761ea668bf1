from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.bot.durable.world import World


@pytest.fixture
async def world(system_engine: AsyncEngine) -> AsyncIterator[World]:
    """Functions to declare, engines to start, and what came of it."""
    made = World(system_engine)
    yield made
    await made.close()
