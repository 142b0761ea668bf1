"""Money for one call: what it may cost, and what it did."""

from dataclasses import asdict, replace
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import alerts, budgets
from agent.billing.budgets import Call, Spent
from agent.llm.choice import ModelRef
from agent.llm.port import Completion, Prompt
from agent.runs import call_queries, work_queries
from agent.runs.bench import Bench

_INSTEAD = ":fallback"
"""Ends the key of a call that takes another one's place."""


def ceiling(bench: Bench, call: Call, prompt: Prompt) -> Decimal:
    """The most a call can cost."""
    ref = ModelRef.parse(call.model)
    return bench.prices.ceiling_usd(ref.provider, ref.name, prompt)


async def settle(
    bench: Bench,
    session: AsyncSession,
    call: Call,
    completion: Completion,
    *,
    status: str = "ok",
) -> None:
    """Book what the call really took, and free what was held for it.

    When the answer came from another model than ``call`` was reserved for, that one's
    own reservation is settled; the first one's was, when it failed.
    """
    if completion.fallback_from:
        call = in_place_of(call)
    taken = spent(bench, completion, status=status)
    await work_queries.lock(session, call.run_id)
    crossed = await budgets.settle(session, call, taken)
    await work_queries.total(session, call.run_id, taken.provider, taken.model)
    if status == "ok":
        await call_queries.wrote(session, call.run_id, completion.fallback_from)
    await alerts.tell(session, crossed)


def spent(bench: Bench, completion: Completion, *, status: str) -> Spent:
    """What a call took, priced as the ledger keeps it."""
    provider, model = completion.provider, completion.model
    return Spent(
        provider=provider,
        model=model,
        tokens=asdict(completion.usage),
        cost_usd=bench.prices.cost_usd(provider, model, completion.usage),
        price_version=bench.prices.version,
        latency_ms=completion.latency_ms,
        status=status,
        is_fallback=bool(completion.fallback_from),
    )


def in_place_of(call: Call) -> Call:
    """The call that takes the place of ``call``; of one that does, itself."""
    if call.key.endswith(_INSTEAD):
        return call
    return replace(call, key=f"{call.key}{_INSTEAD}", fallback_from=call.model)
