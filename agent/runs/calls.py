"""One paid call to a model: reserve, stream, book, whatever becomes of it.

The caller's own transaction reserves and settles, so that money and the step it was
spent on are written down together. No transaction is open while the model writes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import budgets
from agent.billing.budgets import Budgets, Call, Spent
from agent.ctx import Caller
from agent.errors import AgentError
from agent.llm import loop
from agent.llm.port import Completion, Model, Prices, Prompt, Stop
from agent.llm.tally import Tally
from agent.mailroom import deliveries
from agent.ports import Clock, Objects
from agent.runs import work_queries
from db import faultpoints

faultpoints.declare("write.streaming")

T = TypeVar("T")

OpenTenant = Callable[[Caller], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a call to a model needs besides the prompt."""

    open: OpenTenant
    model: Model
    prices: Prices
    budgets: Budgets
    objects: Objects
    clock: Clock


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at one run, for one person; of its paid steps, this one."""

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


async def reserve(
    bench: Bench, session: AsyncSession, job: Job, prompt: Prompt
) -> Call:
    """Hold the most that ``prompt`` can cost; the same call again after a crash.

    Raises:
        OverBudget: The call may cost more than is left.
    """
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


async def collect(
    bench: Bench,
    call: Call,
    job: Job,
    prompt: Prompt,
    then: Callable[[Completion], Awaitable[T]],
) -> T:
    """Return what ``then`` makes of the whole answer, after showing it growing.

    Whatever ends it otherwise, ``then`` included, what was spent is booked and the step
    marked failed. A whole answer is booked by the caller, see ``settle``.

    Raises:
        Cancelled: The run was stopped meanwhile.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """

    async def show(text: str) -> None:
        faultpoints.reach("write.streaming")
        async with bench.open(job.caller) as session:
            run = job.run_id, job.attempt
            alive = await deliveries.stream(session, *run, text)
            if not alive and not await work_queries.is_running(session, *run):
                raise Cancelled("The run was stopped.")

    tally = Tally()
    try:
        return await then(await loop.collect(bench.model, prompt, show, tally=tally))
    except BaseException as error:
        # Whatever ended it, cancelling included: what was spent is booked, and a
        # second cancelling does not stop that.
        spent = _unfinished(bench.model, prompt, tally)
        await asyncio.shield(_book_failure(bench, call, job, spent, _said(error)))
        raise


async def settle(
    bench: Bench,
    session: AsyncSession,
    call: Call,
    completion: Completion,
    *,
    status: str = "ok",
) -> None:
    """Book what the call really took, and free what was held for it."""
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


async def _book_failure(
    bench: Bench, call: Call, job: Job, spent: Completion, error: str
) -> None:
    async with bench.open(job.caller) as session:
        await settle(bench, session, call, spent, status="error")
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
