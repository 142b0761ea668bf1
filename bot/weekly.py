"""What owners are told on Mondays: what the week taught, in their workspace's time.

Once a week and person: the notice's key is the week's. Nobody's private rows are read
for it, only what is the team's and sums. A workspace that cannot be read is left to the
next hour, and the others are told all the same.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.catalog import week, week_queries
from agent.catalog.week_operations import TOPIC
from agent.ctx import Role
from agent.mailroom import notices
from agent.mailroom.notices import Notice
from agent.ports import Clock
from bot.durable.steps import StepKey
from bot.render import week as render
from db.tenancy import SystemRole, tenant

HOURS = (9, 20)
"""Of Monday. At the first it is told; the others are for who was not reached."""
PAGE = 50
"""Workspaces a step: one that is repeated repeats little."""

log = structlog.get_logger()


class Rooms(Protocol):
    """The part of the services that it needs."""

    @property
    def app(self) -> AsyncEngine:
        """The pool of ``agent_app``."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    def as_role(self, role: SystemRole, /) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class WeeklyTeller:
    """The steps of ``weekly`` over the real services."""

    def __init__(self, services: Rooms) -> None:
        """Tell with what ``services`` hold."""
        self._services = services

    async def tell(self, key: StepKey, after: str) -> dict[str, Any]:
        """Tell a page of workspaces; a second time tells nobody twice."""
        del key
        page = {"after": UUID(after) if after else None, "n": PAGE}
        now = self._services.clock.now()
        async with self._services.as_role("worker") as session:
            due = await week_queries.due(session, now, HOURS, page)
        told = 0
        for one in due:
            try:
                told += await self._tell(one)
            except SQLAlchemyError as error:  # the others must not go without
                log.warning("digest.failed", error=type(error).__name__)
        last = str(due[-1]["id"]) if len(due) == PAGE else ""
        return {"told": told, "last": last}

    async def _tell(self, one: RowMapping) -> int:
        now = self._services.clock.now()
        since, until = week.last_week(now, one["timezone"])
        async with tenant(self._services.app, one["id"], None) as session:
            found = await week.learnt(session, since, until)
            if not found.says_something:
                return 0
            key = f"learnt:{week.key_of(since)}"
            notice = Notice(key, TOPIC, render.digest(found))
            outcomes = await notices.notify_all(session, one["id"], Role.OWNER, notice)
        return sum(each in {"planned", "held"} for each in outcomes.values())
