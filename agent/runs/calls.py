"""One paid call to a model: reserve, stream, book, whatever becomes of it.

The caller's own transaction reserves and settles, so that money and the step it was
spent on are written down together. No transaction is open while the model writes.

A model that fails before its first word is shown is replaced by the workspace's second
one, within the same call; ``agent.runs.tries`` has one try at one model.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.errors import OverBudget
from agent.llm.choice import ModelRef
from agent.llm.port import Completion, ModelFailed, ModelRejected, Prompt
from agent.runs import work_queries
from agent.runs.bench import Bench, Cancelled, Job, OpenTenant
from agent.runs.booking import ceiling, settle
from agent.runs.seating import Pick
from agent.runs.tries import Try

__all__ = [
    "Bench",
    "Cancelled",
    "Job",
    "OpenTenant",
    "collect",
    "reserve",
    "settle",
]

T = TypeVar("T")


async def reserve(
    bench: Bench, session: AsyncSession, job: Job, prompt: Prompt
) -> Call:
    """Hold the most that ``prompt`` can cost; the same call again after a crash.

    Raises:
        OverBudget: The call may cost more than is left; it names a model that fits.
    """
    # Calls booked already were paid; one that crashed unbooked is this very call.
    number = 1 + await work_queries.booked_calls(session, job.run_id, job.call_prefix)
    pick = await _pick(bench, session, job, prompt)
    call = Call(
        job.caller.workspace_id,
        job.caller.user_id,
        job.run_id,
        f"{job.call_prefix}{number}",
        str(pick.ref),
        pick.skill_id,
        pick.is_own,
    )
    try:
        await bench.budgets.reserve(session, call, ceiling(bench, call, prompt))
    except OverBudget as error:
        _offer_cheaper(bench, error, pick, prompt)
        raise
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
    first = Try(bench, call, job, prompt)
    try:
        return await first.answer(then)
    except (ModelFailed, ModelRejected):
        if first.instead is None:
            raise
    return await Try(bench, first.instead, job, prompt).answer(then)


async def _pick(bench: Bench, session: AsyncSession, job: Job, prompt: Prompt) -> Pick:
    if bench.seating is None:
        ref = ModelRef(bench.model.provider, bench.model.model_for(prompt))
        return Pick(ref, None)
    return await bench.seating.pick(session, job.run_id, prompt)


def _offer_cheaper(bench: Bench, error: OverBudget, pick: Pick, prompt: Prompt) -> None:
    for ref in pick.cheaper:
        cost = bench.prices.ceiling_usd(ref.provider, ref.name, prompt)
        if cost <= error.left_usd:
            error.cheaper, error.cheaper_usd = str(ref), cost
            return
