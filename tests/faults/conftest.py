"""Installations to be killed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from db.server_bootstrap import Urls
from tests.faults.world import Site, opened

Opens = Callable[[str], Awaitable[Site]]


@pytest.fixture
async def opens(database: Urls, tmp_path: Path) -> AsyncIterator[Opens]:
    """Make an installation at a door, on this test's own database."""
    async with AsyncExitStack() as stack:

        async def open_one(door: str) -> Site:
            return await stack.enter_async_context(opened(door, database, tmp_path))

        yield open_one
