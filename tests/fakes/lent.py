"""Who holds a connection to the database, told without asking anybody."""

import asyncio
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class Lent:
    """Which tasks hold a connection of these pools now."""

    def __init__(self, *pools: AsyncEngine) -> None:
        self._by: dict[int, asyncio.Task[Any] | None] = {}
        for pool in pools:
            event.listen(pool.sync_engine, "checkout", self._taken)
            event.listen(pool.sync_engine, "checkin", self._given_back)

    def _taken(self, _: object, record: object, __: object) -> None:
        self._by[id(record)] = asyncio.current_task()

    def _given_back(self, _: object, record: object) -> None:
        self._by.pop(id(record), None)

    @property
    def to_me(self) -> bool:
        """Whether the task that asks holds one."""
        return asyncio.current_task() in self._by.values()
