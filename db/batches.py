"""Changing many rows a few at a time, so that nobody waits long for a lock."""

from typing import Any, cast

from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

_PATIENCE = text("SET LOCAL lock_timeout = '2s'")


async def changed(session: AsyncSession, statement: TextClause, **values: Any) -> int:
    """Run one batch's statement; return how many rows it changed.

    Raises:
        DBAPIError: A lock was held for over 2 s; nothing was changed.
    """
    await session.execute(_PATIENCE)
    done = await session.execute(statement, values)
    return cast("CursorResult[Any]", done).rowcount
