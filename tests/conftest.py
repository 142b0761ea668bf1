"""A migrated PostgreSQL for each test that asks: a server a session, a copy a test.

``database`` begins with the people of ``tests.seeds``; ``bare_database`` is empty, as
after the first start. Each engine below is on ``database``. An xdist worker has a
server of its own. TEST_DATABASE_ADMIN_URL names the administrator of another one, to
be thrown away too: its logins' passwords become "test".
"""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db import roles, schema
from db.server import Server
from db.server_bootstrap import Urls
from tests import seeds

GIVEN = os.environ.get("TEST_DATABASE_ADMIN_URL")  # noqa: TID251 - tests have no wiring

MEMORY = Path("/dev/shm")  # noqa: S108 - the databases of one test run
ROOM_BYTES = 2 << 30

_number = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Try the same cases every day, and look for new ones in the long form.

    What was pushed must not turn red by another's chance; how long a case takes is
    for ``bench/`` to say.
    """
    is_long = "not long" not in config.option.markexpr
    hypothesis.settings.register_profile("ours", derandomize=not is_long, deadline=None)
    hypothesis.settings.load_profile("ours")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking thousands of tests again and again."""
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def connected(url: URL) -> AsyncIterator[AsyncEngine]:
    """An engine on ``url``, disposed of at the end."""
    engine = create_async_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Leave the logs as they were: a command that ran here may have hushed them."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Urls]:
    """A PostgreSQL server with our roles; no database of ours yet."""
    if GIVEN:
        yield await _prepared(make_url(GIVEN))
        return
    with _quick_folder(tmp_path_factory) as folder:
        started = Server(folder, durable=False)
        try:
            yield await started.start()
        finally:
            await started.stop()


@contextmanager
def _quick_folder(elsewhere: pytest.TempPathFactory) -> Iterator[Path]:
    # A test's database is a thousand small files, made and deleted: in memory that
    # takes a fifth of the time.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        with TemporaryDirectory(prefix="draper-", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield elsewhere.mktemp("postgres")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bare_template(server: Urls) -> AsyncIterator[Urls]:
    """What the migrations make of an empty database, by the release's login alone."""
    async with copied(server) as urls:
        await administer(urls.admin, "CREATE EXTENSION vector")
        await _run(urls.owner, schema.upgrade)
        yield urls


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server: Urls, bare_template: Urls) -> AsyncIterator[Urls]:
    """The same, with the people of ``tests.seeds``."""
    async with copied(server, template=bare_template) as urls:
        await _run(urls.owner, seeds.sow)
        yield urls


@pytest.fixture
async def database(server: Urls, template: Urls) -> AsyncIterator[Urls]:
    """One test's own database, with people in it."""
    async with copied(server, template=template) as urls:
        yield urls


@pytest.fixture
async def bare_database(server: Urls, bare_template: Urls) -> AsyncIterator[Urls]:
    """One test's own database, empty but migrated."""
    async with copied(server, template=bare_template) as urls:
        yield urls


@pytest.fixture
async def unmigrated_database(server: Urls) -> AsyncIterator[Urls]:
    """One test's own database, before the first migration."""
    async with copied(server) as urls:
        await administer(urls.admin, "CREATE EXTENSION vector")
        yield urls


@pytest.fixture
async def app_engine(database: Urls) -> AsyncIterator[AsyncEngine]:
    """``agent_app``: what serves requests."""
    async with connected(database.app) as engine:
        yield engine


@pytest.fixture
async def system_engine(database: Urls) -> AsyncIterator[AsyncEngine]:
    """``agent_system``: may take a narrow role, and nothing else."""
    async with connected(database.system) as engine:
        yield engine


@pytest.fixture
async def owner_engine(database: Urls) -> AsyncIterator[AsyncEngine]:
    """The tables' owner: sees every row; for setting up and looking behind."""
    async with connected(database.owner) as engine:
        yield engine


async def administer(admin: URL, *statements: str) -> None:
    """Run what only an administrator may, each statement for itself."""
    _, given = PGDialect_asyncpg().create_connect_args(admin)  # type: ignore[no-untyped-call]
    connection = await asyncpg.connect(**given)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _prepared(admin: URL) -> Urls:
    # Workers that alter one role at once would fail; the second waits for the first.
    await administer(
        admin,
        "SELECT pg_advisory_lock(4)",
        *roles.create(dict.fromkeys(roles.LOGINS, "test")),
    )
    release, app, system = (
        admin.set(username=role, password="test") for role in roles.LOGINS
    )
    return Urls(owner=release, app=app, system=system, admin=admin)


@asynccontextmanager
async def copied(server: Urls, template: Urls | None = None) -> AsyncIterator[Urls]:
    """A database of its own, a copy of ``template``; dropped at the end."""
    name = f"draper_test_{os.getpid()}_{next(_number)}"
    source = template.admin.database if template else "template0"
    copy = f"TEMPLATE {source} STRATEGY file_copy"  # a third faster than wal_log
    await administer(
        server.admin,
        f"CREATE DATABASE {name} OWNER {roles.OWNER} {copy}",
        *roles.database(name),
    )
    try:
        yield Urls(
            owner=server.owner.set(database=name),
            app=server.app.set(database=name),
            system=server.system.set(database=name),
            admin=server.admin.set(database=name),
        )
    finally:
        await administer(server.admin, f"DROP DATABASE {name} WITH (FORCE)")


async def _run(url: URL, work: Callable[[Connection], None]) -> None:
    async with connected(url) as engine, engine.begin() as connection:
        await connection.run_sync(work)
