"""Short ways to ask a database something in a test."""

from typing import Any

import asyncpg
from sqlalchemy import URL, CursorResult, Result, Row, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db.tenancy import SystemRole, system


async def run(
    where: AsyncEngine | AsyncSession, statement: str, **values: object
) -> list[Row[Any]]:
    """Run one statement, in a transaction of its own on an engine; return its rows."""
    if isinstance(where, AsyncSession):
        return _rows(await where.execute(text(statement), values))
    async with where.begin() as connection:
        return _rows(await connection.execute(text(statement), values))


def _rows(result: Result[Any]) -> list[Row[Any]]:
    done = isinstance(result, CursorResult) and not result.returns_rows
    return [] if done else list(result.all())


async def one(
    where: AsyncEngine | AsyncSession, statement: str, **values: object
) -> Any:
    """Run one statement; return its only row's first value."""
    return (await run(where, statement, **values))[0][0]


async def as_role(
    engine: AsyncEngine, role: SystemRole, statement: str, **values: object
) -> list[Row[Any]]:
    """Run one statement with a narrow role's rights, and commit."""
    async with system(engine, role) as session:
        return await run(session, statement, **values)


async def listening(url: URL) -> asyncpg.Connection:
    """A connection of its own, to hear NOTIFY on; close it."""
    return await asyncpg.connect(
        user=url.username,
        password=url.password,
        database=url.database,
        host=str(url.query.get("host", url.host)),
        port=url.port or 5432,
    )
