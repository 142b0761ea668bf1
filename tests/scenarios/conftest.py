"""One app for most scenarios, each with people and a workspace of its own.

``house`` is shared and asks a stand-in of Claude; ``opens`` makes another app with an
empty database, for what concerns a whole installation.
"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import pytest_asyncio
import structlog

from bot.logs import processors
from db.server_bootstrap import Urls
from tests.conftest import copied
from tests.scenarios.house import House, Opens, Outside, opened, surroundings

HELD = """
    SELECT (SELECT count(*) FROM budget_reservations WHERE state = 'held')
         + (SELECT count(*) FROM budget_periods WHERE reserved_usd <> 0)
"""
HERE = Path(__file__).parent
DOORS = ("telegram", "slack", "web")
ON_ONE_LOOP = pytest.mark.asyncio(loop_scope="session")


EVERY_DOOR = {"test_a_piece", "test_cards", "test_commands", "test_feedback"}
"""What is tried at each door every day; the rest takes turns, and all is tried in the
long form."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let scenarios run on the loop of the shared app, most at one door a day."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(ON_ONE_LOOP, append=False)
            if not _is_at_its_door(item):
                item.add_marker(pytest.mark.long)


def _is_at_its_door(item: pytest.Item) -> bool:
    given = getattr(item, "callspec", None)
    door = given.params.get("door") if given else None
    if door not in DOORS or item.path.stem in EVERY_DOOR:
        return True
    # By the name, not by chance: what failed yesterday is tried again today.
    return bool(
        door == DOORS[crc32(item.nodeid.partition("[")[0].encode()) % len(DOORS)]
    )


@pytest.fixture(autouse=True)
def _our_logs() -> None:
    """As the app logs, where the library's own way shows every variable."""
    structlog.configure(
        processors=processors(as_json=False), cache_logger_on_first_use=False
    )


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Each door in turn."""
    return str(request.param)


@pytest.fixture(params=["telegram", "slack"])
def messenger(request: pytest.FixtureRequest) -> str:
    """Each door that strangers can reach."""
    return str(request.param)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_outside() -> AsyncIterator[Outside]:
    async with surroundings() as outside:
        yield outside


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_house(
    server: Urls,
    bare_template: Urls,
    shared_outside: Outside,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("home")
    async with (
        copied(server, template=bare_template) as urls,
        opened(urls, home, shared_outside) as house,
    ):
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def house(shared_house: House) -> AsyncIterator[House]:
    """The shared app; its surroundings are calm at the beginning and the end."""
    shared_house.outside.calm()
    yield shared_house
    shared_house.outside.calm()
    try:
        await shared_house.rests()
        assert await shared_house.asks(HELD) == 0, "money is still held"
        assert shared_house.store.hurried == [], "asked within a transaction"
    except AssertionError:
        shared_house.store.hurried.clear()
        await shared_house.sweep()
        raise
    finally:
        await shared_house.close()


@pytest_asyncio.fixture(loop_scope="session")
async def outside() -> AsyncIterator[Outside]:
    """Surroundings of a test's own."""
    async with surroundings() as outside:
        yield outside


@pytest_asyncio.fixture(loop_scope="session")
async def urls(server: Urls, bare_template: Urls) -> AsyncIterator[Urls]:
    """A database of a test's own, as after the first start."""
    async with copied(server, template=bare_template) as urls:
        yield urls


@pytest.fixture
def opens(urls: Urls, outside: Outside, tmp_path: Path) -> Opens:
    """Open an app of one's own; twice, and the second finds what the first left."""

    def open_one(**changes: Any) -> contextlib.AbstractAsyncContextManager[House]:
        return opened(urls, tmp_path / "home", outside, **changes)

    return open_one
