"""What a fresh cluster needs before the first migration: roles, database, extension."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import URL

ADMIN = "postgres"
"""The cluster's superuser. Serves nothing; sets up at start."""
OWNER, APP, SYSTEM = "agent_owner", "agent_app", "agent_system"
LOGINS = (ADMIN, OWNER, APP, SYSTEM)
DATABASE = "draper"
PORT = 5432
"""Names the socket; nothing listens on a network."""


@dataclass(frozen=True, slots=True)
class Urls:
    """How to reach the database as each role, for SQLAlchemy with asyncpg."""

    owner: URL
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

    return Urls(owner=url(OWNER), app=url(APP), system=url(SYSTEM), admin=url(ADMIN))


async def connect(url: URL, database: str = DATABASE) -> asyncpg.Connection:
    """Open one connection, outside any pool."""
    return await asyncpg.connect(
        host=str(url.query["host"]),
        port=PORT,
        user=url.username,
        password=url.password,
        database=database,
        timeout=10,
    )


async def ensure(known: Urls, passwords: Mapping[str, str]) -> None:
    """Create what is missing; doing it again changes nothing."""
    connection = await connect(known.admin, "postgres")
    try:
        for role in (OWNER, APP, SYSTEM):
            await _ensure_role(connection, role, passwords[role])
        if not await connection.fetchval(
            "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE
        ):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        await connection.execute(
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}, {SYSTEM}"
        )
    finally:
        await connection.close()
    connection = await connect(known.admin)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    finally:
        await connection.close()


async def _ensure_role(
    connection: asyncpg.Connection, role: str, password: str
) -> None:
    found = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if found else "CREATE"
    # token_urlsafe holds no quote; the statement takes no parameters.
    await connection.execute(
        f"{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB "
        f"PASSWORD '{password}'"
    )
