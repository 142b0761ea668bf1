import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.agent.world import World


@pytest.fixture
def world(
    app_engine: AsyncEngine, system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> World:
    """The agent on a database of this test's own."""
    return World(app_engine, system_engine, owner_engine)
