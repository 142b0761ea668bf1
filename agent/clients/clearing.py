"""Deleting files whose time has come: the bytes first, the row when they are gone."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import asset_queries
from agent.clients.assets import RAW, TEXT, VIEW
from agent.ports import Objects

BATCH = 100

AsEraser = Callable[[], AbstractAsyncContextManager[AsyncSession]]


async def clear(as_eraser: AsEraser, objects: Objects) -> int:
    """Delete what is due, a batch at a time; how many files that were.

    Raises:
        Unavailable: The store did not answer; what is left is due the next time.
    """
    total = 0
    while True:
        async with as_eraser() as session:
            due = await asset_queries.due(session, BATCH)
        for _, key in due:
            for suffix in ("", TEXT, VIEW, RAW):
                await objects.delete(f"{key}{suffix}")
        async with as_eraser() as session:
            await asset_queries.drop(session, [asset_id for asset_id, _ in due])
        total += len(due)
        if len(due) < BATCH:
            return total
