"""One paid step of a model's: what it reads on the way, what it says, what it cost.

No transaction is open while the model speaks. A step may be done twice: rounds of
reading that are behind it are found again, and not paid for again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.catalog.skillfile import SkillFile
from agent.llm.port import Completion
from agent.llm.prompt import Task, build
from agent.mailroom import deliveries
from agent.runs import calls, reading, work_queries
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.reading import Round
from db import faultpoints

faultpoints.declare("write.reserved", "write.settled", "write.read")

Output = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a model is told in a step, and what it may do before it answers."""

    task: Task
    file: SkillFile | None = None
    """Whose further references it may read, where they are offered."""
    line: str = ""
    """What people are told meanwhile; empty: what the placeholder said."""
    may_ask: bool = False
    """Whether it may ask the person a question instead."""

    @property
    def reads(self) -> bool:
        """Whether references are offered."""
        return reading.READ in self.task.tools


@dataclass(frozen=True, slots=True)
class _Spoken:
    completion: Completion
    round: Round | None = None
    """What is to be read first."""
    output: Output | None = None


Keep = Callable[[Completion], Awaitable[Output]]
"""Keeps what was said, and gives what the step's row is to hold of it."""


async def say(bench: Bench, job: Job, telling: Telling, keep: Keep) -> Output:
    """What ``keep`` made of the answer, once it is paid for and the step closed.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    rounds: list[Round] = []
    if telling.reads:
        async with bench.open(job.caller) as session:
            rounds += await reading.kept(session, job)
    while True:
        call, spoken = await _once(bench, job, telling, rounds, keep)
        # Paid for is booked, even when the step is cancelled right now.
        await asyncio.shield(_book(bench, job, call, spoken, len(rounds) + 1))
        if spoken.output is not None:
            faultpoints.reach("write.settled")
            return spoken.output
        faultpoints.reach("write.read")
        assert spoken.round is not None  # noqa: S101 - it said, or it reads
        rounds.append(spoken.round)


async def _once(
    bench: Bench, job: Job, telling: Telling, rounds: list[Round], keep: Keep
) -> tuple[Call, _Spoken]:
    prompt = build(_with(telling, rounds))
    async with bench.open(job.caller) as session:
        await _begin(session, job, "" if rounds else telling.line)
        call = await calls.reserve(bench, session, job, prompt)
    faultpoints.reach("write.reserved")

    async def heard(completion: Completion) -> _Spoken:
        one = None
        if telling.reads:
            one = reading.asked(completion, may_ask=telling.may_ask)
        if one is not None:
            return _Spoken(completion, one)
        return _Spoken(completion, output=await keep(completion))

    return call, await calls.collect(bench, call, job, prompt, heard)


def _with(telling: Telling, rounds: list[Round]) -> Task:
    task = telling.task
    if not rounds or telling.file is None:
        return task
    return replace(
        task,
        exchange=(*task.exchange, *reading.turns(telling.file, rounds)),
        may_use_tools=task.may_use_tools and len(rounds) < reading.MOST,
    )


async def _begin(session: AsyncSession, job: Job, line: str) -> None:
    step = job.run_id, job.step, job.attempt
    is_second_try = await work_queries.has_failed(session, *step)
    if not await work_queries.begin(session, *step):
        raise Cancelled("The run was stopped.")
    if not is_second_try and (line or not job.is_quiet):
        await deliveries.progress(session, job.run_id, job.attempt, line)


async def _book(
    bench: Bench, job: Job, call: Call, spoken: _Spoken, number: int
) -> None:
    async with bench.open(job.caller) as session:
        await calls.settle(bench, session, call, spoken.completion)
        if spoken.output is None and spoken.round is not None:
            await reading.keep(session, job, number, spoken.round)
            return
        step = job.run_id, job.step, job.attempt
        await work_queries.finish(session, *step, output=spoken.output or {})
