"""What a fresh cluster needs before the first migration: roles, database, extension."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import URL

from db import roles

ADMIN = "postgres"
"""The cluster's superuser. Serves nothing; sets up at start."""
LOGINS = (ADMIN, *roles.LOGINS)
DATABASE = "draper"
PORT = 5432
"""Names the socket; nothing listens on a network."""


@dataclass(frozen=True, slots=True)
class Urls:
    """How to reach the database as each role, for SQLAlchemy with asyncpg."""

    owner: URL
    """The release's login, whose sessions work as the owner of the tables."""
    app: URL
    system: URL
    admin: URL


def urls(sockets: Path, passwords: Mapping[str, str]) -> Urls:
    """Return the URLs for a socket folder and the roles' passwords."""

    def url(role: str) -> URL:
        return URL.create(
            "postgresql+asyncpg",
            username=role,
            password=passwords[role],
            database=DATABASE,
            query={"host": str(sockets)},
        )

    return Urls(
        owner=url(roles.RELEASE),
        app=url(roles.APP),
        system=url(roles.SYSTEM),
        admin=url(ADMIN),
    )


@asynccontextmanager
async def connected(
    url: URL, database: str = DATABASE
) -> AsyncIterator[asyncpg.Connection]:
    """Lend one connection, outside any pool."""
    connection = await asyncpg.connect(
        host=str(url.query["host"]),
        port=PORT,
        user=url.username,
        password=url.password,
        database=database,
        timeout=10,
    )
    try:
        yield connection
    finally:
        await connection.close()


async def ensure(known: Urls, passwords: Mapping[str, str]) -> None:
    """Create what is missing; doing it again changes nothing."""
    async with connected(known.admin, "postgres") as connection:
        for statement in roles.create(passwords):
            await connection.execute(statement)
        await _ensure_database(connection)
    async with connected(known.admin) as connection:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


async def _ensure_database(connection: asyncpg.Connection) -> None:
    known = "SELECT FROM pg_database WHERE datname = $1"
    if not await connection.fetch(known, DATABASE):
        await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {roles.OWNER}")
    for statement in roles.database(DATABASE):
        await connection.execute(statement)
