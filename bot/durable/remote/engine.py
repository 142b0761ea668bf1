"""The remote engine: an Inngest server runs the functions; we hand it events."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.ports import Clock
from bot.durable.port import EngineHealth, Event, RunStatus, RunView
from bot.durable.remote import outbox
from bot.durable.remote.api import Api, insist
from bot.durable.remote.breath import Breath
from bot.durable.remote.errors import Away, Rejected
from bot.durable.remote.relay import Relay, new_seed
from bot.ears import Ears, connector
from db.tenancy import system

STATUS = {
    "Scheduled": RunStatus.QUEUED,
    "Running": RunStatus.RUNNING,
    "Completed": RunStatus.COMPLETED,
    "Failed": RunStatus.FAILED,
    "Overflowed": RunStatus.FAILED,
    "Cancelled": RunStatus.CANCELLED,
    "Skipped": RunStatus.CANCELLED,
}
"""Source: pkg/enums/run_status.go of github.com/inngest/inngest"""
ENDED = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}

log = structlog.get_logger()


class RemoteEngine:
    """A RunEngine over an Inngest server, with the outbox between."""

    def __init__(
        self, system_engine: AsyncEngine, api: Api, clock: Clock, breath: Breath
    ) -> None:
        """Get ready; nothing is posted before ``start``.

        Args:
            system_engine: A pool of ``agent_system``; its address is listened on.
            api: The server.
            clock: Dates the ids that the server gives to events.
            breath: The relay's pace.
        """
        self._system = system_engine
        self._api = api
        self._clock = clock
        self._relay = Relay(system_engine, api, clock, breath)
        self._ears = Ears(connector(system_engine.url))
        self._task: asyncio.Task[None] | None = None
        self._trouble = "not started"

    async def start(self) -> None:
        """Begin to relay."""
        self._task = asyncio.create_task(self._work())
        self._trouble = ""
        log.info("engine.remote", server=self._api.account.api)

    async def stop(self, drain: timedelta) -> None:
        """Post nothing new, let a post on its way arrive within ``drain``."""
        self._trouble = "stopping"
        self._relay.end()
        if self._task:
            await asyncio.wait([self._task], timeout=drain.total_seconds())
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._ears.close()
        self._trouble = "stopped"

    async def aclose(self) -> None:
        """Give the connections to the server back; the last thing of all."""
        await self._api.aclose()

    async def send(self, *events: Event) -> list[str]:
        """Post events now; returns their ids. Idempotent by ``Event.id``.

        Raises:
            Away, Denied, Rejected: They may not have been taken; the same ids may be
                sent again.
        """
        ts, seed = int(self._clock.now().timestamp() * 1000), new_seed(self._clock)
        posted = [{**outbox.as_json(event), "ts": ts} for event in events]
        told = await insist(lambda: self._api.post(posted, seed))
        if told:
            async with system(self._system, "worker") as session:
                await outbox.put_sent(session, events, told)
        return [event.id for event in events]

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        """Keep events in the caller's transaction; the relay posts them after it."""
        return await outbox.put(session, events)

    async def cancel(self, run_id: str) -> bool:
        """Stop a run before its next step; False when it had already ended."""
        if await self._has_ended(run_id):
            return False
        try:
            await self._api.cancel(run_id)
        except (Away, Rejected):
            # A server answers 500 for a run that ended in between.
            if await self._has_ended(run_id):
                return False
            raise
        return True

    async def _has_ended(self, run_id: str) -> bool:
        found = await self._api.run(run_id)
        return found is None or _status(found) in ENDED

    async def get(self, run_id: str) -> RunView | None:
        """One run, without its steps: the server does not list them here."""
        found = await self._api.run(run_id)
        if found is None:
            return None
        event = await self._api.event(str(found["event_id"])) or {}
        return _view(found, str(event.get("id") or found["event_id"]))

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started; none before it was posted."""
        async with system(self._system, "worker") as session:
            internal_id = await outbox.internal_id(session, event_id)
        if internal_id is None:
            return []
        runs = await self._api.runs_of(internal_id)
        return [_view(run, event_id) for run in runs]

    def health(self) -> EngineHealth:
        """How the relay stands, from memory, without a round trip."""
        trouble = self._trouble or self._relay.trouble
        return EngineHealth(
            ok=not trouble, detail=trouble or "working", queued=self._relay.queued
        )

    async def _work(self) -> None:
        async with self._ears.hear(outbox.CHANNEL) as heard:
            while True:
                try:
                    await self._relay.run(heard)
                except Exception:
                    # One of the edges: the relay outlives whatever befalls one turn.
                    log.exception("relay.turn_broke")
                    await asyncio.sleep(1)
                else:
                    return


def _status(run: dict[str, Any]) -> RunStatus:
    return STATUS.get(str(run.get("status")), RunStatus.RUNNING)


def _view(run: dict[str, Any], event_id: str) -> RunView:
    status, output = _status(run), run.get("output")
    is_error = status is RunStatus.FAILED and isinstance(output, dict)
    return RunView(
        id=str(run["run_id"]),
        function_id=str(run["function_id"]),
        event_id=event_id,
        status=status,
        attempt=0,
        output=None if status is RunStatus.FAILED else output,
        error=str(output.get("message", "")) if is_error and output else "",
        created_at=_instant(run.get("run_started_at")),
        ended_at=_instant(run.get("ended_at")),
    )


def _instant(given: Any) -> datetime | None:
    return datetime.fromisoformat(given) if given else None
