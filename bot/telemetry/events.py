"""Requests to the engine, told to telemetry where they ask for a run."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Events
from agent.runs.requests import REQUESTED
from bot.telemetry.port import Telemetry


class WatchedEvents:
    """The same events, telling of each run that is asked for."""

    def __init__(self, events: Events, telemetry: Telemetry) -> None:
        """Tell ``telemetry`` of what goes to ``events``."""
        self._events = events
        self._telemetry = telemetry

    async def emit(
        self, session: AsyncSession, name: str, data: Mapping[str, object], *, key: str
    ) -> None:
        """Queue event ``name``; a second one with the same ``key`` is dropped."""
        await self._events.emit(session, name, data, key=key)
        if name == REQUESTED:
            run_id, attempt = UUID(str(data["run_id"])), int(str(data["attempt"]))
            self._telemetry.requested(run_id, attempt)
