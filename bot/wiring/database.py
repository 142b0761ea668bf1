"""Which PostgreSQL a process uses, brought to the newest schema where that is ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agent.errors import BadInput, Unavailable
from bot.settings import Settings
from db import schema
from db.server import Server, urls_of
from db.server_errors import InUse

POOL, MORE = 10, 5
"""Connections of each login, and how many more under load: a process has 40 at most
with its engine and its ears, so that two fit the embedded server's hundred."""
KEEPING_POOL = 2
"""Connections for the inbox alone: work never delays an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Pools:
    """One process's connections."""

    app: AsyncEngine
    system: AsyncEngine
    keeping: AsyncEngine
    is_shared: bool = False
    """Another process of this data folder does the work already."""

    @property
    def listen_url(self) -> URL:
        """Where to listen for notifications."""
        return self.system.url


@asynccontextmanager
async def open_database(
    settings: Settings, *, may_join: bool = False
) -> AsyncIterator[Pools]:
    """Open the database: the embedded one, or the server that the settings name.

    ``may_join``: use a running process's embedded database instead of refusing.

    Raises:
        ServerError, SchemaError: It cannot be used; each says what to do.
        BadInput: Only one of the two URLs is set.
    """
    if settings.database_url is None:
        async with _embedded(settings, may_join=may_join) as pools:
            yield pools
        return
    if settings.database_system_url is None:
        raise BadInput(
            "DATABASE_URL is set, but DATABASE_SYSTEM_URL is not.",
            hint="Both logins are needed; .env.example says how.",
        )
    async with _pools(settings.database_url, settings.database_system_url) as pools:
        await _ensure_current(pools, settings.database_url)
        yield pools


async def _ensure_current(pools: Pools, url: URL) -> None:
    try:
        async with pools.app.connect() as connection:
            await connection.run_sync(schema.ensure_current)
    except (OSError, SQLAlchemyError) as error:
        why = str(getattr(error, "orig", error)).partition("\n")[0]
        where = f"{url.host or url.query.get('host')}:{url.port or 5432}"
        raise Unavailable(
            f"The database {url.database} at {where} does not let us in: {why}.",
            hint="Start it, or correct DATABASE_URL; `draper doctor` tries it.",
        ) from error


@asynccontextmanager
async def _embedded(settings: Settings, *, may_join: bool) -> AsyncIterator[Pools]:
    server = Server(settings.home)
    try:
        urls = await server.start()
    except InUse:
        if not may_join:
            raise
        running = urls_of(settings.home)
        async with _pools(running.app, running.system) as pools:
            yield replace(pools, is_shared=True)
        return
    try:
        await _upgrade(urls.owner)
        async with _pools(urls.app, urls.system) as pools:
            yield pools
    finally:
        await server.stop()


async def _upgrade(url: URL) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(schema.ensure_known)
            await connection.run_sync(schema.upgrade)
    finally:
        await engine.dispose()


def _pool(url: URL) -> AsyncEngine:
    # An error that shows its parameters would show what people wrote.
    return create_async_engine(
        url, pool_size=POOL, max_overflow=MORE, hide_parameters=True
    )


@asynccontextmanager
async def _pools(app: URL, system: URL) -> AsyncIterator[Pools]:
    pools = Pools(
        app=_pool(app),
        system=_pool(system),
        keeping=create_async_engine(
            system,
            pool_size=KEEPING_POOL,
            max_overflow=0,
            pool_timeout=2,
            hide_parameters=True,
        ),
    )
    try:
        yield pools
    finally:
        for engine in (pools.app, pools.system, pools.keeping):
            await engine.dispose()
