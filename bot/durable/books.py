"""Writes down what came of a call, so that nothing finished is done again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

import asyncpg
import structlog
import uuid_utils.compat as uuids

from bot.durable import transitions
from bot.durable.database import Database
from bot.durable.host import Host
from bot.durable.limits import Limits
from bot.durable.observer import NOBODY, Observer
from bot.durable.protocol import (
    Done,
    Error,
    Errored,
    Invoked,
    Op,
    Outcome,
    Progress,
    Ran,
    Undelivered,
    answered,
    dump,
    error_of,
)
from bot.durable.queue import Job
from bot.durable.registry import Registry
from bot.durable.transitions import MAX_STATE_BYTES, StateTooLarge, is_small
from db import faultpoints

faultpoints.declare("engine.after_commit")

UNKEEPABLE = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""What the same call would meet again: NUL in a name, Infinity, a name of pages."""

TOO_LARGE = (
    f"The steps of a run may return {MAX_STATE_BYTES >> 20} MiB in all. "
    "Keep the data in the object store and return keys."
)

T = TypeVar("T")
log = structlog.get_logger()


class Books:
    """What one worker writes."""

    def __init__(
        self,
        database: Database,
        host: Host,
        registry: Registry,
        limits: Limits,
        observer: Observer = NOBODY,
    ) -> None:
        """Write in ``database``, in the name of a worker of its own."""
        self.worker_id = uuids.uuid7()
        self._observer = observer
        self._database = database
        self._host = host
        self._registry = registry
        self._limits = limits

    async def answered(self, job: Job) -> None:
        """The time of a sleep, a wait or an invocation has come."""
        ran = answered(job.kind, job.step_id, job.name, job.answer)
        await self._progress(job, Progress((ran,)))

    async def refused(self, job: Job) -> bool:
        """Fail a job that is not to be called again; False when it may be."""
        error = self._refusal(job)
        if error:
            await self._fail(job, error)
            return True
        timeouts = self._host.plans[job.function_id].timeouts
        if timeouts and not job.memos and not job.attempt:
            expect = partial(transitions.expect, self._database, job)
            await self._database.insist(partial(expect, timeouts.finish))
        return False

    async def keep(self, job: Job, outcome: Outcome) -> Job | None:
        """Keep what came of a call; return the run's next one if it goes on here."""
        try:
            return await self._keep(job, outcome)
        except UNKEEPABLE as error:
            said = f"What it gave cannot be kept: {error}."
            await self._fail(job, error_of("Unkeepable", said))
        except StateTooLarge:
            await self._fail(job, error_of("StateTooLarge", TOO_LARGE))
        return None

    async def _keep(self, job: Job, outcome: Outcome) -> Job | None:
        match outcome:
            case Progress(ops) if len(job.memos) + len(ops) > self._limits.steps:
                said = f"A run may have {self._limits.steps} steps; this wants more."
                await self._fail(job, error_of("TooManySteps", said))
            case Progress(()) if not job.step_id:
                said = "The function neither ended nor named a step."
                await self._retry_or_fail(job, Errored(error_of("NoProgress", said)))
            case Progress((Ran() as ran,)) if _stays(job, ran):
                return await self._advance(job, ran)
            case Progress():
                await self._progress(job, self._checked(outcome))
            case Done(output):
                await self._complete(job, output)
            case Errored():
                await self._retry_or_fail(job, outcome)
            case Undelivered(error, wait):
                await self._later(job, error, wait or self._limits.undelivered)
        return None

    def _refusal(self, job: Job) -> Error | None:
        plan = self._host.plans.get(job.function_id)
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

    def _checked(self, made: Progress) -> Progress:
        """Let the invocation of a function nobody has fail as a step."""
        return replace(made, ops=tuple(map(self._known_or_failed, made.ops)))

    def _known_or_failed(self, op: Op) -> Op:
        if not isinstance(op, Invoked) or op.function_id in self._registry.known:
            return op
        said = f"There is no function {op.function_id!r}."
        memo = dump({"error": error_of("FunctionNotFound", said)})
        return Ran(op.step_id, op.name, memo, failed=True)

    async def _advance(self, job: Job, ran: Ran) -> Job | None:
        advance = partial(transitions.advance, self._database, job, ran)
        token = await self._write(partial(advance, self.worker_id, self._limits.lease))
        if token is None:
            return None
        memos = {**job.memos, ran.step_id: ran.memo}
        return replace(job, token=token, attempt=0, losses=0, memos=memos)

    async def _progress(self, job: Job, made: Progress) -> None:
        await self._write(partial(transitions.progress, self._database, job, made))

    async def _complete(self, job: Job, output: str) -> None:
        complete = partial(transitions.complete, self._database, job, output)
        if await self._write(complete):
            self._observer.ended(job, "completed")

    async def _retry_or_fail(self, job: Job, failed: Errored) -> None:
        plan = self._host.plans[job.function_id]
        if not failed.retriable or job.attempt + 1 >= plan.max_attempts:
            await self._fail(job, failed.error)
            return
        retry = partial(transitions.retry, self._database, job, failed.error)
        delay = self._limits.backoff(job.attempt)
        await self._write(partial(retry, delay, failed.retry_at))
        self._observer.retried(job, str(failed.error.get("name")))

    async def _later(self, job: Job, error: Error, wait: timedelta) -> None:
        """Try again what did not arrive; nothing was spent."""
        log.debug("engine.undelivered", run=str(job.run_id), error=error.get("name"))
        postpone = partial(transitions.postpone, self._database, job, error)
        await self._write(partial(postpone, wait))

    async def _fail(self, job: Job, error: Error) -> None:
        log.warning("engine.run_failed", run=str(job.run_id), error=error.get("name"))
        plan = self._host.plans.get(job.function_id)
        fail = partial(transitions.fail, self._database, job, error, plan)
        if await self._write(fail):
            self._observer.ended(job, "failed", str(error.get("name")))

    async def _write(self, work: Callable[[], Awaitable[T]]) -> T:
        done = await self._database.insist(work)
        faultpoints.reach("engine.after_commit")
        return done


def _stays(job: Job, ran: Ran) -> bool:
    """Tell whether the run may go on in this worker once a step has run."""
    return not job.step_id and not job.racing and is_small(ran)
