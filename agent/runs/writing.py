"""Writing a run's piece: look up the request, reserve, write, settle, keep.

No transaction is open while the model writes. Each function may be done twice: what a
finished one left behind is found and not paid for again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import budgets
from agent.billing.budgets import Budgets, Call, Spent
from agent.ctx import Caller
from agent.errors import AgentError
from agent.llm import loop
from agent.llm.port import Completion, Model, Prices, Prompt, Stop, Turn
from agent.llm.prompt import Task, build
from agent.llm.tally import Tally
from agent.mailroom import deliveries
from agent.ports import Clock, Objects
from agent.runs import approvals, briefs, questions, work_queries
from agent.runs.briefs import Brief
from agent.runs.questions import Question
from db import faultpoints

faultpoints.declare("write.reserved", "write.streaming", "write.settled")

OpenTenant = Callable[[Caller], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Bench:
    """What writing needs besides the request."""

    open: OpenTenant
    model: Model
    prices: Prices
    budgets: Budgets
    objects: Objects
    clock: Clock


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at one run, for one person; of its writing steps, this one."""

    run_id: UUID
    attempt: int
    caller: Caller
    step: str = "write"
    """``write``, ``write-2`` ...: each is a call of its own."""

    @property
    def call_prefix(self) -> str:
        """Run, attempt, step; a call's number makes it a ``call_key``."""
        return f"{self.run_id}:{self.attempt}:{self.step}:"

    @property
    def store_key(self) -> str:
        """Workspace, run, attempt: under it this attempt's files lie."""
        return f"{self.caller.workspace_id}/{self.run_id}/{self.attempt}"

    @property
    def draft_key(self) -> str:
        """Where the text waits until it is an output."""
        return f"drafts/{self.store_key}/{self.step}.md"


class Cancelled(AgentError):
    """The run was stopped while it was being written; nothing more is to be done."""

    code, status = "cancelled", 409


@dataclass(frozen=True, slots=True)
class Written:
    """What writing came to: a draft, or a question that must be answered first."""

    draft_key: str = ""
    """Where the draft lies in the object store; empty with a question."""
    stop: str = Stop.END.value
    """Why the model stopped; other than ``end`` the text is cut."""
    question: Mapping[str, Any] | None = None
    """``{question, choices, default}``."""
    approval: str = ""
    """The role that must say yes before the draft is finished; empty: none."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one call to the model came to."""

    completion: Completion
    question: Question | None


async def write(bench: Bench, job: Job) -> Written:
    """Write the piece once; a second time, what the first left is returned.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    async with bench.open(job.caller) as session:
        done = await work_queries.finished(session, job.run_id, job.step, job.attempt)
        if done is not None:
            return Written(**done)
        if not await work_queries.begin(session, job.run_id, job.step, job.attempt):
            raise Cancelled("The run was stopped.")
        now = bench.clock.now()
        brief = await briefs.read(session, job.run_id, job.attempt, now)
        prompt = build(await _told(bench, brief))
        call = await _reserve(bench, session, job, prompt)
    faultpoints.reach("write.reserved")
    said = await _stream(bench, call, job, prompt)
    written = _written(job, brief, said)
    # Paid for is booked, even when the step is cancelled right now.
    await asyncio.shield(_book(bench, call, job, said.completion, written))
    faultpoints.reach("write.settled")
    return written


async def _told(bench: Bench, brief: Brief) -> Task:
    exchange: list[Turn] = []
    for row in brief.exchanges:
        given, came = row["input"], row["output"]
        if row["kind"] == "wait":
            exchange += questions.turns(given, came)
        else:
            draft = (await bench.objects.get(given["draft_key"])).decode()
            exchange += approvals.turns(draft, came)
    return replace(brief.task, exchange=tuple(exchange))


def _written(job: Job, brief: Brief, said: _Said) -> Written:
    if said.question is not None:
        return Written(question=said.question.model_dump())
    stop = said.completion.stop.value
    return Written(job.draft_key, stop, approval=brief.approval)


async def _book(
    bench: Bench, call: Call, job: Job, completion: Completion, written: Written
) -> None:
    async with bench.open(job.caller) as session:
        await _settle(bench, session, call, completion)
        await work_queries.finish(
            session, job.run_id, job.step, job.attempt, output=asdict(written)
        )


async def _reserve(
    bench: Bench, session: AsyncSession, job: Job, prompt: Prompt
) -> Call:
    # Calls booked already were paid; one that crashed unbooked is this very call.
    number = 1 + await work_queries.booked_calls(session, job.run_id, job.call_prefix)
    caller = job.caller
    key = f"{job.call_prefix}{number}"
    call = Call(caller.workspace_id, caller.user_id, job.run_id, key)
    ceiling = bench.prices.ceiling_usd(
        bench.model.provider, bench.model.model_for(prompt), prompt
    )
    await bench.budgets.reserve(session, call, ceiling)
    return call


async def _stream(bench: Bench, call: Call, job: Job, prompt: Prompt) -> _Said:
    async def show(text: str) -> None:
        faultpoints.reach("write.streaming")
        async with bench.open(job.caller) as session:
            run = job.run_id, job.attempt
            alive = await deliveries.stream(session, *run, text)
            if not alive and not await work_queries.is_running(session, *run):
                raise Cancelled("The run was stopped.")

    tally = Tally()
    try:
        completion = await loop.collect(bench.model, prompt, show, tally=tally)
        question = questions.asked(completion)
        if question is None:
            body = completion.text.encode()
            await bench.objects.put(job.draft_key, body, media_type="text/markdown")
    except BaseException as error:
        # Whatever ended it, cancelling included: what was spent is booked, and a
        # second cancelling does not stop that.
        spent = _unfinished(bench.model, prompt, tally)
        await asyncio.shield(_book_failure(bench, call, job, spent, _said(error)))
        raise
    return _Said(completion, question)


async def _book_failure(
    bench: Bench, call: Call, job: Job, spent: Completion, error: str
) -> None:
    async with bench.open(job.caller) as session:
        await _settle(bench, session, call, spent, status="error")
        await work_queries.fail(session, job.run_id, job.step, job.attempt, error)


def _unfinished(model: Model, prompt: Prompt, tally: Tally) -> Completion:
    return Completion(
        text="",
        usage=tally.usage,
        stop=Stop.OTHER,
        provider=model.provider,
        model=model.model_for(prompt),
        latency_ms=0,
    )


def _said(error: BaseException) -> str:
    return error.said if isinstance(error, AgentError) else type(error).__name__


async def _settle(
    bench: Bench,
    session: AsyncSession,
    call: Call,
    completion: Completion,
    *,
    status: str = "ok",
) -> None:
    provider, model = completion.provider, completion.model
    spent = Spent(
        provider=provider,
        model=model,
        tokens=asdict(completion.usage),
        cost_usd=bench.prices.cost_usd(provider, model, completion.usage),
        price_version=bench.prices.version,
        latency_ms=completion.latency_ms,
        status=status,
    )
    await budgets.settle(session, call, spent)
    await work_queries.total(session, call.run_id, provider, model)
