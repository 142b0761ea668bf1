"""One try at one model, within a paid call: its circuit, its money, its successor."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import budgets
from agent.billing.budgets import Call
from agent.ctx import Role
from agent.errors import AgentError, OverBudget
from agent.llm import loop
from agent.llm.breaker import Verdict
from agent.llm.choice import ModelRef
from agent.llm.port import (
    Completion,
    ModelFailed,
    ModelRejected,
    Prompt,
    Stop,
)
from agent.llm.tally import Tally
from agent.mailroom import deliveries
from agent.mailroom.notices import Notice, notify_all
from agent.mailroom.schemas import Message
from agent.runs import call_queries, results, usual, work_queries
from agent.runs.bench import Bench, Cancelled, Job
from agent.runs.booking import ceiling, in_place_of, settle
from agent.runs.seating import Seat
from db import faultpoints

faultpoints.declare("write.streaming")

T = TypeVar("T")

log = structlog.get_logger()


class Skipped(ModelFailed):
    """The model was not asked: it fails just now, as others have found out."""


class OwnKeyRefused(ModelRejected):
    """The provider does not take the workspace's own key."""

    code = "own_key_refused"


@dataclass
class Try:
    """One model, asked once."""

    bench: Bench
    call: Call
    job: Job
    prompt: Prompt
    instead: Call | None = None
    """After a failure: the call, reserved, that may be made in its place."""
    _tally: Tally = field(default_factory=Tally)
    _is_shown: bool = False
    _seat: Seat | None = None

    @property
    def ref(self) -> ModelRef:
        """Who is asked."""
        return ModelRef.parse(self.call.model)

    async def answer(self, then: Callable[[Completion], Awaitable[T]]) -> T:
        """Return what ``then`` makes of the whole answer.

        Whatever ends it otherwise, what was spent is booked, and ``instead`` reserved
        or the step marked failed.
        """
        verdict = Verdict()
        try:
            verdict = await self._ask()
            prompt = replace(self.prompt, model=self.ref.name)
            model = (await self._seated()).model
            completion = await loop.collect(
                model, prompt, self._show, tally=self._tally
            )
            await self._worked(verdict)
            return await then(
                replace(completion, fallback_from=self.call.fallback_from)
            )
        except BaseException as error:
            # Whatever ended it, cancelling included: what was spent is booked, and a
            # second cancelling does not stop that.
            await asyncio.shield(self._ended(self._named(error), verdict))
            if (named := self._named(error)) is not error:
                raise named from error
            raise

    async def _ask(self) -> Verdict:
        circuits = self.bench.circuits
        verdict = await circuits.ask(str(self.ref)) if circuits else Verdict()
        if not verdict.may_call:
            raise Skipped(
                f"{self.ref.title} is failing.",
                hint="Try again in a few minutes.",
                retry_after_s=verdict.wait_s,
                is_outage=False,
            )
        return verdict

    async def _seated(self) -> Seat:
        seating = self.bench.seating
        if seating is None:
            self._seat = Seat(self.bench.model)
        else:
            self._seat = await seating.seat(
                self.job.caller, self.ref, is_own=self.call.is_own
            )
        return self._seat

    async def _show(self, text: str) -> None:
        faultpoints.reach("write.streaming")
        job, run = self.job, (self.job.run_id, self.job.attempt)
        if self.prompt.form is not None:
            text = self._growing(self.prompt.form, text)
        is_seen = bool(text) and not job.is_quiet
        self._is_shown = self._is_shown or is_seen
        async with self.bench.open(job.caller) as session:
            alive = is_seen and await deliveries.stream(session, *run, text)
            if not alive and not await work_queries.is_running(session, *run):
                raise Cancelled("The run was stopped.")

    def _growing(self, form: Mapping[str, Any], said: str) -> str:
        """What can be read by now of an answer that is data; nobody reads JSON."""
        is_rehearsal = self._seat is not None and self._seat.model.is_rehearsal
        return results.growing(form, said, is_rehearsal=is_rehearsal)

    def _named(self, error: BaseException) -> BaseException:
        """The error in words that fit: whose key was refused."""
        is_own = self._seat is not None and self._seat.is_own
        if not (isinstance(error, ModelRejected) and error.is_account and is_own):
            return error
        if isinstance(error, OwnKeyRefused):
            return error
        return OwnKeyRefused(
            f"This workspace's own key for {self.ref.provider} was refused: "
            f"{error.message}",
            hint="An admin can replace it (/key) or check the account it belongs to.",
            is_account=True,
        )

    async def _worked(self, verdict: Verdict) -> None:
        if self.bench.circuits:
            await self.bench.circuits.worked(str(self.ref), verdict)

    async def _ended(self, error: BaseException, verdict: Verdict) -> None:
        await self._tell_circuit(error, verdict)
        async with self.bench.open(self.job.caller) as session:
            await self._book(session, error)
            await self._say_so(session, error)
            self.instead = await self._successor(session, error)
            if self.instead is None:
                step = self.job.run_id, self.job.step, self.job.attempt
                await work_queries.fail(session, *step, _said(error))
            if isinstance(error, ModelRejected) and error.is_account:
                await self._warn(session, error)

    async def _tell_circuit(self, error: BaseException, verdict: Verdict) -> None:
        circuits, service = self.bench.circuits, str(self.ref)
        if circuits is None or isinstance(error, Skipped):
            return
        if isinstance(error, ModelFailed) and error.is_outage:
            await circuits.failed(service, verdict)
        elif isinstance(error, ModelRejected):
            await circuits.worked(service, verdict)
        else:
            await circuits.gave_up(verdict, service)

    async def _book(self, session: AsyncSession, error: BaseException) -> None:
        if isinstance(error, Skipped):
            await work_queries.lock(session, self.call.run_id)
            await budgets.release(session, self.call)
            return
        spent = Completion(
            text="",
            usage=self._tally.usage,
            stop=Stop.OTHER,
            provider=self.ref.provider,
            model=self.ref.name,
            latency_ms=0,
            fallback_from=self.call.fallback_from,
        )
        await settle(self.bench, session, self.call, spent, status="error")

    async def _say_so(self, session: AsyncSession, error: BaseException) -> None:
        if isinstance(error, ModelFailed) and not self.job.is_quiet:
            run = self.job.run_id, self.job.attempt
            await deliveries.progress(session, *run, usual.SECOND_TRY)

    async def _successor(
        self, session: AsyncSession, error: BaseException
    ) -> Call | None:
        """The call that may be made instead, its money held; None: it ends here."""
        call = await self._next(session, error)
        if call is None:
            return None
        try:
            most = ceiling(self.bench, call, self.prompt)
            await self.bench.budgets.reserve(session, call, most)
        except OverBudget:
            return None  # then the first one's failure is what is told
        noted = {"fallback_from": self.call.model, "because": _said(error)}
        step = self.job.run_id, self.job.step, self.job.attempt
        await call_queries.note(session, step, noted)
        log.warning("model.replaced", model=self.call.model, by=call.model)
        return call

    async def _next(self, session: AsyncSession, error: BaseException) -> Call | None:
        seating = self.bench.seating
        if seating is None or self._is_shown or self.call.fallback_from:
            return None
        if not await work_queries.is_running(
            session, self.job.run_id, self.job.attempt
        ):
            return None  # nobody wants the answer any more
        found, own = await seating.instead(session, self.job.caller, self.job.run_id)
        call = in_place_of(self.call)
        if isinstance(error, OwnKeyRefused) and found.house_key:
            return replace(call, is_own=False)
        if not isinstance(error, ModelFailed) or found.model in {None, self.ref}:
            return None
        other = found.model
        assert other is not None  # noqa: S101 - it is none of those
        return replace(call, model=str(other), is_own=other.provider in own)

    async def _warn(self, session: AsyncSession, error: ModelRejected) -> None:
        """Tell the admins that a key needs them: once a day, whoever's run it was.

        Whoever asked is told by how the run ends, unless that hides it.
        """
        day = self.bench.clock.now().date()
        key = f"model-key:{self.ref.provider}:{day}:{error.message}"
        text = f"Nothing can be written: {error.said}"
        if self.instead:
            text = f"{error.said} Until then the installation's key pays."
        caller = self.job.caller
        is_hidden = self.instead is not None or self.job.is_quiet
        await notify_all(
            session,
            caller.workspace_id,
            Role.ADMIN,
            Notice(key, "security", Message(text)),
            but=None if is_hidden else caller.user_id,
        )


def _said(error: BaseException) -> str:
    return error.said if isinstance(error, AgentError) else type(error).__name__
