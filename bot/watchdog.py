"""Finds runs that nobody works on any more, and what else stands still.

A run's row and its durable run can part: an event lost by an Inngest server, a handler
that failed itself, rows put back from a backup. Whoever asked would wait for ever. So a
row that has not moved is held against the engine, and put right where that is safe:
asking again is (the event has the id that it had), and so is giving up what has ended
(the row is moved only if it is still at that attempt).
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Role
from agent.ports import Clock, Events
from agent.runs import overview
from agent.runs.overview import Place
from agent.runs.requests import REQUESTED, facts
from bot import standing
from bot.durable.port import EngineHealth, RunStatus, RunView
from bot.durable.steps import StepKey
from db.tenancy import SystemRole

QUIET = timedelta(minutes=5)
"""A row that moved since is left alone."""
HOPELESS = timedelta(hours=1)
"""What was asked for again, and is not there after so long, will not come."""
BUSY, PAUSED = 200, 50
"""Rows looked at in one round."""

ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
LOST = "I lost track of this one, and could not finish it. Please try again."

log = structlog.get_logger()


class Looks(Protocol):
    """The part of an engine that tells how runs stand."""

    async def find(self, event_id: str) -> list[RunView]:
        """The runs that one event started."""
        ...

    def health(self) -> EngineHealth:
        """How it stands, from memory."""
        ...


class Rooms(Protocol):
    """The part of the services that it needs."""

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def events(self) -> Events:
        """Requests to the engine."""
        ...

    def tenant(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        """Open the caller's transaction."""
        ...

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class GivesUp(Protocol):
    """The part of the run's own work that ends it with an apology."""

    async def give_up(self, key: StepKey, data: dict[str, Any], error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """A run that nobody works on."""

    kind: str
    """``lost``: the engine has none; ``ended``: the engine's has ended."""
    place: Place


class Watchdog:
    """The steps of ``watchdog``, and what the last look found."""

    def __init__(self, services: Rooms, engine: Looks, work: GivesUp) -> None:
        """Hold the rows against ``engine``; let ``work`` apologise."""
        self._services = services
        self._engine = engine
        self._work = work
        self.trouble = ""
        """What was stuck when this process last looked; empty: nothing."""
        self._asked: dict[str, datetime] = {}
        """When each attempt that the engine does not know was asked for again."""
        self.found: Counter[str] = Counter()
        """How many of each kind were found since the start."""

    async def look(self, key: StepKey) -> list[str]:
        """Say what is stuck; the ids of the runs to put right."""
        del key
        async with self._services.as_role("worker") as session:
            now = await standing.read(session)
            rows = await overview.still(session, QUIET, busy=BUSY, paused=PAUSED)
        stuck = standing.complaints(now)
        findings = [finding async for finding in self._judged(rows)]
        known = {finding.place.event_id for finding in findings}
        self._asked = {k: at for k, at in self._asked.items() if k in known}
        self._tell(stuck, findings)
        return [str(finding.place.id) for finding in findings]

    async def repair(self, key: StepKey, ids: Sequence[str]) -> dict[str, int]:
        """Put runs right that are still wrong; how many were asked for or given up."""
        async with self._services.as_role("worker") as session:
            rows = [await overview.place(session, UUID(one)) for one in ids]
        done: Counter[str] = Counter()
        async for finding in self._judged(row for row in rows if row):
            done[await self._put_right(key, finding)] += 1
        return dict(done)

    async def _judged(self, rows: Iterable[Place]) -> AsyncIterator[Finding]:
        for place in rows:
            if kind := await self._judge(place):
                yield Finding(kind, place)

    async def _judge(self, place: Place) -> str:
        if place.status in overview.OVER:
            return ""
        runs = await self._engine.find(place.event_id)
        if not runs:
            return "lost"
        if any(run.status not in ENDED for run in runs):
            return ""
        quiet_since = self._services.clock.now() - QUIET
        if any(run.ended_at and run.ended_at > quiet_since for run in runs):
            return ""  # its failure handler may be about to say so
        for run in runs:
            handlers = await self._engine.find(f"failed:{run.id}")
            if any(handler.status not in ENDED for handler in handlers):
                return ""
        return "ended"

    async def _put_right(self, key: StepKey, finding: Finding) -> str:
        place = finding.place
        caller = _caller(place)
        if caller is None:
            return "left"  # nobody is there to be told
        data = facts(caller, place.id, attempt=place.attempt, kind=place.kind)
        if finding.kind == "ended" or self._is_hopeless(place):
            await self._work.give_up(key, data, LOST)
            log.warning("watchdog.gave_up", run_id=str(place.id), kind=finding.kind)
            return "given-up"
        async with self._services.tenant(caller) as session:
            await self._services.events.emit(
                session, REQUESTED, data, key=place.event_id
            )
        log.warning("watchdog.asked_again", run_id=str(place.id))
        return "asked-again"

    def _is_hopeless(self, place: Place) -> bool:
        """Whether it was asked for long ago, of an engine that has nothing to do."""
        now, health = self._services.clock.now(), self._engine.health()
        since = self._asked.setdefault(place.event_id, now)
        return now - since > HOPELESS and health.ok and not health.queued

    def _tell(self, stuck: dict[str, str], findings: Sequence[Finding]) -> None:
        for kind, said in stuck.items():
            log.warning("watchdog.stuck", kind=kind, detail=said)
        for finding in findings:
            place = finding.place
            log.warning(
                "watchdog.run_stuck",
                kind=finding.kind,
                run_id=str(place.id),
                status=place.status,
                attempt=place.attempt,
            )
        self.found.update(stuck.keys())
        self.found.update(f"run-{finding.kind}" for finding in findings)
        lost = [f"{len(findings)} run(s) that nobody works on"] if findings else []
        self.trouble = "; ".join([*stuck.values(), *lost])


def _caller(place: Place) -> Caller | None:
    if place.user_id is None:
        return None
    return Caller(
        workspace_id=place.workspace_id,
        user_id=place.user_id,
        role=Role.MEMBER,
        chat_id=place.chat_id,
        channel=place.channel,
        conversation_id=place.conversation_id,
    )
