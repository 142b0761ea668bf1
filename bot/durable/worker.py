"""Carries jobs: claims them, calls their functions, writes down what came of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from bot.durable import queue, transitions
from bot.durable.caller import Caller
from bot.durable.database import Database
from bot.durable.functions import Plan
from bot.durable.limits import Limits
from bot.durable.protocol import (
    Done,
    Error,
    Errored,
    Outcome,
    Progress,
    Ran,
    error_of,
)
from bot.durable.queue import Job, Room
from db import faultpoints

faultpoints.declare("engine.after_claim", "engine.after_commit", "engine.timer_due")

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(slots=True)
class Carried:
    """A job in hand."""

    job: Job
    task: asyncio.Task[None]
    calling: bool = False
    """Foreign code runs: it may be cut off. What we write down may not."""

    def cut(self) -> None:
        """Stop the call, if there is one."""
        if self.calling:
            self.task.cancel()


class Worker:
    """The calls in flight in this process."""

    def __init__(
        self,
        database: Database,
        caller: Caller,
        plans: Mapping[str, Plan],
        limits: Limits,
        worker_id: UUID,
    ) -> None:
        """Carry nothing yet; ``freed`` is called whenever there is room again."""
        self._database = database
        self._caller = caller
        self._plans = plans
        self._limits = limits
        self._id = worker_id
        self._carried: dict[int, Carried] = {}
        self._draining = False
        self._unsure = False
        """A claim was sent whose answer did not come."""
        self.freed: Callable[[], None] = lambda: None

    @property
    def running(self) -> int:
        """How many jobs are in hand."""
        return len(self._carried)

    async def fill(self) -> bool:
        """Claim what is due, as far as there is room; True when room is left."""
        room = self.room()
        if room.jobs <= 0 or self._draining:
            return False
        async with self._database.connection() as connection:
            if self._unsure:
                await queue.disown(connection, self._id, room.held)
            self._unsure = True
            jobs = await queue.claim(connection, self._id, self._limits.lease, room)
            self._unsure = False
        if jobs:
            faultpoints.reach("engine.after_claim")
        for job in jobs:
            self._carried[job.id] = Carried(job, asyncio.create_task(self._carry(job)))
        return len(jobs) < room.jobs

    def room(self) -> Room:
        """Return what could be taken on now."""
        suspicious = self._limits.losses - 1
        suspects = any(one.job.losses >= suspicious for one in self._carried.values())
        free = self._limits.concurrency - len(self._carried)
        return Room(free, 0 if suspects else 1, suspicious, self._carried.keys())

    async def beat(self) -> None:
        """Prolong the leases; cut off the calls whose lease is gone."""
        held = {job_id: one.job.token for job_id, one in self._carried.items()}
        if not held:
            return
        async with self._database.connection() as connection:
            ours = await queue.renew(connection, self._id, self._limits.lease, held)
        for job_id, token in held.items():
            one = self._carried.get(job_id)
            if one and one.job.token == token and job_id not in ours:
                log.warning("engine.lease_lost", run=str(one.job.run_id))
                one.cut()

    def cut(self, run_id: str) -> None:
        """Stop the calls of a run that was cancelled."""
        for one in list(self._carried.values()):
            if str(one.job.run_id) == run_id:
                one.cut()

    async def drain(self, patience: timedelta) -> None:
        """Take nothing new; let calls end for a while, then cut and give back."""
        self._draining = True
        tasks = [one.task for one in self._carried.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience.total_seconds())
        late = list(self._carried.values())
        for one in late:
            one.cut()
        await asyncio.gather(*(one.task for one in late), return_exceptions=True)

    async def _carry(self, job: Job) -> None:
        left: Job | None = job
        try:
            while left:
                left = await self._step(left)
        except asyncio.CancelledError:
            await self._give_back(job.id)
        except Exception:
            # The lease runs out, and somebody tries again.
            log.exception("engine.job_broke", run=str(job.run_id))
        finally:
            del self._carried[job.id]
            self.freed()

    async def _give_back(self, job_id: int) -> None:
        """Release a job whose call was cut off; harmless when the lease is gone."""
        job = self._carried[job_id].job

        async def release() -> None:
            async with self._database.connection() as connection:
                await queue.release(connection, job, spent=True)

        with contextlib.suppress(Exception):
            await asyncio.wait_for(release(), timeout=1)

    async def _step(self, job: Job) -> Job | None:
        if job.kind == "sleep":
            faultpoints.reach("engine.timer_due")
            woken = Progress((Ran(job.step_id, job.name, "null"),))
            await self._write(partial(transitions.progress, self._database, job, woken))
            return None
        refused = self._refusal(job)
        if refused:
            await self._fail(job, refused)
            return None
        carried = self._carried[job.id]
        carried.calling = True
        try:
            outcome = await self._caller.call(job)
        finally:
            carried.calling = False
        return await self._apply(job, outcome)

    def _refusal(self, job: Job) -> Error | None:
        """Return why this job is not to be called again, None when it may be."""
        plan = self._plans.get(job.function_id)
        if plan is None:
            said = f"There is no function {job.function_id!r} any more."
            return error_of("FunctionGone", said)
        if job.losses >= self._limits.losses:
            said = f"Its worker was lost {job.losses} times during this call."
            return error_of("Quarantined", said)
        if job.attempt >= plan.max_attempts:
            said = "The last attempt was cut off; what it did is unknown."
            return error_of("OutcomeUnknown", said)
        return None

    async def _apply(self, job: Job, outcome: Outcome) -> Job | None:
        match outcome:
            case Progress((Ran() as ran,)) if not job.step_id and not job.racing:
                return await self._advance(job, ran)
            case Progress():
                await self._write(
                    partial(transitions.progress, self._database, job, outcome)
                )
            case Done(output):
                await self._write(
                    partial(transitions.complete, self._database, job, output)
                )
            case Errored():
                await self._retry_or_fail(job, outcome)
        return None

    async def _advance(self, job: Job, ran: Ran) -> Job | None:
        token = await self._write(
            partial(
                transitions.advance,
                self._database,
                job,
                ran,
                self._id,
                self._limits.lease,
            )
        )
        if token is None:
            return None
        memos = {**job.memos, ran.step_id: ran.memo}
        onward = replace(job, token=token, attempt=0, losses=0, memos=memos)
        self._carried[job.id].job = onward
        if self._draining:
            async with self._database.connection() as connection:
                await queue.release(connection, onward, spent=False)
            return None
        return onward

    async def _retry_or_fail(self, job: Job, failed: Errored) -> None:
        plan = self._plans[job.function_id]
        if not failed.retriable or job.attempt + 1 >= plan.max_attempts:
            await self._fail(job, failed.error)
            return
        delay = self._limits.backoff(job.attempt)
        await self._write(
            partial(
                transitions.retry,
                self._database,
                job,
                failed.error,
                delay,
                failed.retry_at,
            )
        )
        self.freed()

    async def _fail(self, job: Job, error: Error) -> None:
        log.warning("engine.run_failed", run=str(job.run_id), error=error.get("name"))
        plan = self._plans.get(job.function_id)
        await self._write(partial(transitions.fail, self._database, job, error, plan))

    async def _write(self, work: Callable[[], Awaitable[T]]) -> T:
        done = await self._database.insist(work)
        faultpoints.reach("engine.after_commit")
        return done
