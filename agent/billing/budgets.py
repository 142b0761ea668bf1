"""Spending limits: reserve before a paid call, settle after it, release on failure."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import queries
from agent.billing.money import dollars
from agent.errors import OverBudget
from agent.ports import Who

TTL = timedelta(minutes=20)
"""Longer than any call may take; a crash frees its reservation after this."""


@dataclass(frozen=True, slots=True)
class Call:
    """One paid call: who, for which run, and the key that makes it one call."""

    workspace_id: UUID
    user_id: UUID
    run_id: UUID
    key: str
    """Run, attempt, step, call: the same after a crash, another for a retry."""
    model: str = ""
    """``<provider>/<model>`` it was priced for."""
    skill_id: UUID | None = None
    """What the money goes for; None: no skill."""
    is_own: bool = False
    """A key of the workspace's own pays: it counts here, and is billed there."""
    fallback_from: str = ""
    """The model whose place it takes."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call took, as the ledger keeps it."""

    provider: str
    model: str
    tokens: dict[str, int]
    """The five disjoint counts of ``usage_records``."""
    cost_usd: Decimal
    price_version: str
    latency_ms: int | None = None
    status: str = "ok"
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Budgets:
    """The installation's default limits; a workspace or member may have their own."""

    day_usd: Decimal
    month_usd: Decimal
    most_day_usd: Decimal = Decimal(0)
    most_month_usd: Decimal = Decimal(0)
    """What a workspace may raise its own to; 0: whatever its owner likes."""

    async def ensure_left(self, session: AsyncSession, who: Who) -> None:
        """Return when anything is left to spend.

        Raises:
            OverBudget: A limit in force is used up.
        """
        ids = {"workspace_id": who.workspace_id, "user_id": who.user_id}
        left = await queries.tightest(session, ids)
        if left and left.left_usd <= 0:
            raise _over(left, Decimal(0))

    async def reserve(
        self, session: AsyncSession, call: Call, amount_usd: Decimal
    ) -> None:
        """Hold ``amount_usd`` for ``call``; after a crash the held amount is found.

        Raises:
            OverBudget: Less than that is left; nothing is held.
        """
        ids = {"workspace_id": call.workspace_id, "user_id": call.user_id}
        # First, for its locks: two who resume one call must not both reserve for it.
        await queries.ensure_periods(
            session, ids, day=self.day_usd, month=self.month_usd
        )
        if await queries.keep_held(session, call.workspace_id, call.key, TTL):
            return
        values: dict[str, Any] = {**ids, "run_id": call.run_id}
        values |= {"call_key": call.key, "amount": amount_usd}
        if not await queries.reserve(session, values, TTL):
            raise _over(await queries.tightest(session, ids), amount_usd)


async def settle(
    session: AsyncSession, call: Call, spent: Spent
) -> list[queries.Crossed]:
    """Book what the call really took and free what was held for it, once.

    Returns the alert levels that this very call crossed, each period's highest; nobody
    else is ever told of them.
    """
    row = {
        "workspace_id": call.workspace_id,
        "user_id": call.user_id,
        "run_id": call.run_id,
        "skill_id": call.skill_id,
        "call_key": call.key,
        "provider": spent.provider,
        "model": spent.model,
        **spent.tokens,
        "cost_usd": spent.cost_usd,
        "price_version": spent.price_version,
        "latency_ms": spent.latency_ms,
        "status": spent.status,
        "is_fallback": spent.is_fallback,
    }
    if await queries.record_usage(session, row):
        return await queries.settle(
            session, call.workspace_id, call.key, spent.cost_usd
        )
    await queries.release(session, call.workspace_id, call.key)
    return []


async def release(session: AsyncSession, call: Call) -> None:
    """Free what was held; nothing was spent."""
    await queries.release(session, call.workspace_id, call.key)


async def release_earlier(
    session: AsyncSession, workspace_id: UUID, run_id: UUID, attempt: int
) -> None:
    """Free what a run's earlier attempts still hold.

    A call of theirs that is being cut just now books what it spent all the same.
    """
    current = f"{run_id}:{attempt}:"
    await queries.release_earlier(session, workspace_id, run_id, current)


async def sweep(session: AsyncSession) -> int:
    """Free what crashed calls still hold, in every workspace; how many."""
    return await queries.sweep(session)


def _over(left: queries.Left | None, needed: Decimal) -> OverBudget:
    if left is None:
        return OverBudget("There is no budget.", hint="Ask an owner to set one.")
    whose = "Your" if left.personal else "This workspace's"
    span = "today" if left.period == "day" else "this month"
    rest = max(left.left_usd, Decimal(0))
    limit = f"{whose} limit is {dollars(left.limit_usd)} a {left.period}"
    return OverBudget(
        f"Needs about {dollars(needed)}, {dollars(rest)} left {span}. {limit}."
        if needed
        else f"{limit}, and it is used up.",
        hint="An owner or admin can raise it: /limit.",
        needs_usd=needed,
        left_usd=rest,
        span=span,
    )
