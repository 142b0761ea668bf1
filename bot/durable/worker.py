"""Carries jobs: claims them, calls their functions, writes down what came of it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bind_contextvars

from bot.durable import queue
from bot.durable.books import Books
from bot.durable.database import Database
from bot.durable.host import Host
from bot.durable.leaseclock import LeaseClock
from bot.durable.limits import Limits
from bot.durable.observer import NOBODY, Observer
from bot.durable.protocol import Outcome
from bot.durable.queue import Job, Room
from db import faultpoints

faultpoints.declare("engine.after_claim", "engine.timer_due")

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
        host: Host,
        books: Books,
        limits: Limits,
        observer: Observer = NOBODY,
    ) -> None:
        """Carry nothing yet; ``freed`` is called whenever there is room again."""
        self._database = database
        self._host = host
        self._books = books
        self._observer = observer
        self._limits = limits
        self._id = books.worker_id
        self._clock = LeaseClock(limits.lease)
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
            self._observer.claimed(job)
            self._carried[job.id] = Carried(job, asyncio.create_task(self._carry(job)))
        return len(jobs) < room.jobs

    def room(self) -> Room:
        """Return what could be taken on now."""
        suspicious = self._limits.losses - 1
        suspects = any(one.job.losses >= suspicious for one in self._carried.values())
        free = self._limits.concurrency - len(self._carried)
        return Room(
            free,
            0 if suspects else 1,
            suspicious,
            self._carried.keys(),
            self._host.plans.keys(),
            self._clock.latest(),
            any(plan.priority for plan in self._host.plans.values()),
        )

    async def see(self, now: datetime) -> None:
        """Note the database's time, so that its jumps cost nobody a lease."""
        if self._clock.see(now):
            async with self._database.connection() as connection:
                await queue.shorten(connection, self._limits.lease)

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
                self._observer.lease_lost(one.job)
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
        # A task of its own: nobody else's lines get this.
        bind_contextvars(durable_run=str(job.run_id), function=job.function_id)
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
        if job.kind != "call":
            faultpoints.reach("engine.timer_due")
            await self._books.answered(job)
            return None
        if await self._books.refused(job):
            return None
        outcome = await self._call(job)
        onward = await self._books.keep(job, outcome)
        if onward is None:
            self.freed()
            return None
        self._carried[job.id].job = onward
        if self._draining:
            async with self._database.connection() as connection:
                await queue.release(connection, onward, spent=False)
            return None
        return onward

    async def _call(self, job: Job) -> Outcome:
        carried = self._carried[job.id]
        with self._observer.calling(job) as call:
            carried.calling = True
            try:
                call.outcome = await self._host.call(job)
            finally:
                carried.calling = False
            return call.outcome
