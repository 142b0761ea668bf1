"""Where it is measured: one PostgreSQL with a database for each contender."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from db import schema
from db.server import Server
from db.server_bootstrap import Urls

OLD = "draper_old"


@contextlib.asynccontextmanager
async def place() -> AsyncIterator[Server]:
    """A server with a migrated database, a copy with a past, and one for DBOS."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        urls = await server.start()
        try:
            owner = create_async_engine(urls.owner)
            async with owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            await owner.dispose()
            await _copies(urls)
            yield server
        finally:
            await server.stop()


async def _copies(urls: Urls) -> None:
    admin = create_async_engine(
        urls.admin.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {OLD} TEMPLATE draper"))
        await connection.execute(text("CREATE DATABASE dbos"))
    await admin.dispose()
