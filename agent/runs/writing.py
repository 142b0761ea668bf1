"""Writing a run's piece: look up the request, reserve, write, settle, keep.

No transaction is open while the model writes. Each function may be done twice: what a
finished one left behind is found and not paid for again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.llm.port import Completion, Stop, Turn
from agent.llm.prompt import Task, build
from agent.mailroom import deliveries
from agent.runs import approvals, briefs, calls, questions, revise, work_queries
from agent.runs.briefs import Brief
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.questions import Question
from db import faultpoints

faultpoints.declare("write.reserved", "write.settled")


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
    rules: int = 0
    """Standing instructions it is to be checked against."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one call to the model came to."""

    completion: Completion
    question: Question | None


async def write(bench: Bench, job: Job, more: Sequence[Turn] = ()) -> Written:
    """Write the piece once; a second time, what the first left is returned.

    ``more`` was said since: a draft of it, and what is to be put right. Then nothing is
    asked any more.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    async with bench.open(job.caller) as session:
        done = await work_queries.finished(session, job.run_id, job.step, job.attempt)
        if done is not None:
            return Written(**done)
        await _begin(session, job)
        now = bench.clock.now()
        brief = await briefs.read(session, job.run_id, job.attempt, now)
        prompt = build(_with(await _told(bench, brief), more))
        call = await calls.reserve(bench, session, job, prompt)
    faultpoints.reach("write.reserved")

    async def kept(completion: Completion) -> _Said:
        question = questions.asked(completion)
        if question is None:
            body = completion.text.encode()
            await bench.objects.put(job.draft_key, body, media_type="text/markdown")
        return _Said(completion, question)

    said = await calls.collect(bench, call, job, prompt, kept)
    written = _written(job, brief, said)
    # Paid for is booked, even when the step is cancelled right now.
    await asyncio.shield(_book(bench, call, job, said.completion, written))
    faultpoints.reach("write.settled")
    return written


async def _begin(session: AsyncSession, job: Job) -> None:
    step = job.run_id, job.step, job.attempt
    is_second_try = await work_queries.has_failed(session, *step)
    if not await work_queries.begin(session, *step):
        raise Cancelled("The run was stopped.")
    if not is_second_try and not job.is_quiet:
        await deliveries.progress(session, job.run_id, job.attempt)


async def _told(bench: Bench, brief: Brief) -> Task:
    exchange: list[Turn] = []
    if brief.revises:
        earlier = await bench.objects.get(brief.revises["storage_key"])
        exchange += revise.turns(earlier.decode(), brief.revises)
    for row in brief.exchanges:
        given, came = row["input"], row["output"]
        if row["kind"] == "wait":
            exchange += questions.turns(given, came)
        else:
            draft = (await bench.objects.get(given["draft_key"])).decode()
            exchange += approvals.turns(draft, came)
    task = await briefs.look(bench.objects, brief.task)
    return replace(task, exchange=tuple(exchange))


def _with(task: Task, more: Sequence[Turn]) -> Task:
    if not more:
        return task
    return replace(task, exchange=(*task.exchange, *more), may_use_tools=False)


def _written(job: Job, brief: Brief, said: _Said) -> Written:
    if said.question is not None:
        return Written(question=said.question.model_dump())
    stop = said.completion.stop.value
    return Written(
        job.draft_key,
        stop,
        approval=brief.approval,
        rules=len(brief.task.standing),
    )


async def _book(
    bench: Bench, call: Call, job: Job, completion: Completion, written: Written
) -> None:
    async with bench.open(job.caller) as session:
        await calls.settle(bench, session, call, completion)
        await work_queries.finish(
            session, job.run_id, job.step, job.attempt, output=asdict(written)
        )
