"""``draper db sql``: look into the database as the owner of its tables."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.cli import client, reach
from bot.cli.refusal import Refusal
from bot.settings import Settings

_READ_ONLY_STATE = "25006"
"""Source: PostgreSQL's manual, appendix A, read_only_sql_transaction."""

READ_ONLY = "-c default_transaction_read_only=on"


async def look(settings: Settings, statement: str | None, *, write: bool) -> int:
    """Answer one statement as a table, or open a psql when there is none."""
    async with reach.opened(settings) as url, _refusing_writes():
        if statement is None:
            options = "" if write else READ_ONLY
            return await asyncio.to_thread(client.converse, url, options)
        print("\n".join(await _answer(url, statement, write=write)))  # noqa: T201
        return 0


@asynccontextmanager
async def _refusing_writes() -> AsyncIterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _READ_ONLY_STATE:
            raise
        raise Refusal(
            "This looks only: the database was opened for a read-only transaction.",
            hint="`draper db sql --write` may change things.",
        ) from error


async def _answer(url: URL, statement: str, *, write: bool) -> list[str]:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            if not write:
                await connection.execute(text("SET TRANSACTION READ ONLY"))
            result = await connection.exec_driver_sql(statement)
            if not result.returns_rows:
                return [f"{max(result.rowcount, 0)} rows"]
            rows = [[_shown(value) for value in row] for row in result]
            return table(list(result.keys()), rows)
    finally:
        await engine.dispose()


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    return "" if value is None else str(value).replace("\n", "\\n")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return aligned lines: heads, a rule, the rows, and how many there are."""
    columns = zip(heads, *rows, strict=True)
    widths = [max(map(len, column)) for column in columns]

    def line(cells: Sequence[str]) -> str:
        pairs = zip(cells, widths, strict=True)
        return " | ".join(cell.ljust(width) for cell, width in pairs).rstrip()

    rule = "-+-".join("-" * width for width in widths)
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})"
    return [line(heads), rule, *map(line, rows), count]
