"""What the steps of ``look-at-tests`` do: look, close what must be closed, and tell."""

from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import (
    experiment_looks,
    experiment_plots,
    experiment_queries,
    experiment_states,
    experiments,
)
from agent.ctx import Role
from agent.mailroom import notices
from agent.mailroom.notices import Notice
from bot.durable.steps import StepKey
from bot.render import experiments as words
from bot.services import Services
from db.tenancy import tenant

TOPIC = "tests"

log = structlog.get_logger()


class ExperimentWork:
    """The steps over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services

    async def look(self, key: StepKey, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Look at one test; itself, if it has come to something."""
        del key  # a second look finds the same
        found = await self._one(UUID(data["workspace_id"]), UUID(data["test_id"]))
        return [found] if found else []

    async def all(self, key: StepKey) -> list[dict[str, Any]]:
        """Look at every test there is; those that have come to something."""
        del key  # as above
        async with self._services.as_role("worker") as session:
            rows = await experiment_queries.running_anywhere(session)
        found = [await self._one(row["workspace_id"], row["id"]) for row in rows]
        return [one for one in found if one]

    async def tell(self, key: StepKey, test: dict[str, Any]) -> int:
        """Tell owners and admins of a test; how many were told."""
        del key  # the notice has its own
        workspace_id, test_id = UUID(test["workspace_id"]), UUID(test["test_id"])
        async with self._open(workspace_id) as session:
            found = await experiments.load(session, test_id)
            if found is None:
                return 0
            state = await experiment_states.shown(session, found)
        services = self._services
        picture = await experiment_plots.draw(
            services.plots, services.objects, workspace_id, found
        )
        name = f"test:{test_id}:{found.reading.verdict}:{found.reading.at}"
        notice = Notice(name, TOPIC, words.card(state, picture))
        async with self._open(workspace_id) as session:
            told = await notices.notify_all(session, workspace_id, Role.ADMIN, notice)
            await experiment_looks.told(session, found)
        log.info("experiment.told", workspace_id=str(workspace_id), count=len(told))
        return len(told)

    async def _one(self, workspace_id: UUID, test_id: UUID) -> dict[str, Any] | None:
        now = self._services.clock.now()
        async with self._open(workspace_id) as session:
            audit = self._services.audit
            found = await experiment_looks.look(session, audit, test_id, now)
        if found is None:
            return None
        log.info("experiment.decided", state=found.reading.verdict)
        return {"workspace_id": str(workspace_id), "test_id": str(test_id)}

    def _open(self, workspace_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        return tenant(self._services.app, workspace_id, None)
