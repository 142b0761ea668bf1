"""What the steps of ``propose`` do: look at one skill of one workspace, or at all."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import structlog

from agent.catalog import proposal_queries
from agent.errors import NotFound
from agent.runs import learning_queries, proposing
from agent.runs.learning import GIVEN
from agent.runs.proposing import Records, Wanted
from bot import vantages
from bot.durable.steps import StepKey
from bot.services import Services

LATELY = timedelta(days=2)
"""Of which ratings the night makes sure that they were looked at."""

log = structlog.get_logger()


class ProposeWork:
    """The steps of ``propose`` over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services

    async def propose(self, key: StepKey, data: dict[str, Any]) -> str:
        """Propose what recurs about one skill; the proposal's id, or empty."""
        services, workspace_id = self._services, UUID(data["workspace_id"])
        seen = await vantages.of(services, workspace_id)
        if seen is None:
            return ""
        async with services.tenant(seen.lead) as session:
            after = await proposal_queries.after(session, workspace_id)
        wanted = Wanted(
            seen.lead,
            seen.eyes,
            data["skill"],
            uuid5(NAMESPACE_OID, str(key)),
            after or services.propose_after,
        )
        try:
            records = Records(services.events, services.audit)
            found = await proposing.propose(services.bench, records, wanted)
        except NotFound:
            return ""  # the skill is gone, and with it what could be learnt
        if found is not None:
            log.info("rule.proposed", workspace_id=str(workspace_id))
        return str(found or "")

    async def due(self, key: StepKey) -> int:
        """Have every skill looked at that was rated lately; how many those are."""
        services, total = self._services, 0
        since = services.clock.now() - LATELY
        for lead in await vantages.everywhere(services):
            total += await self._due(lead.workspace_id, since, key)
        return total

    async def _due(self, workspace_id: UUID, since: Any, key: StepKey) -> int:
        seen = await vantages.of(self._services, workspace_id)
        skills: set[str] = set()
        for eyes in seen.eyes if seen else ():
            async with self._services.tenant(eyes) as session:
                skills |= await learning_queries.rated(session, since)
        if seen is None or not skills:
            return 0
        async with self._services.tenant(seen.lead) as session:
            for skill in sorted(skills):
                data = {"workspace_id": str(workspace_id), "skill": skill}
                name = f"fed:{key}:{workspace_id}:{skill}"
                await self._services.events.emit(session, GIVEN, data, key=name)
        return len(skills)
