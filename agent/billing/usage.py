"""A month's spending: what for, by whom, and where it is heading."""

import hashlib
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import usage_queries as queries
from agent.billing.money import CENT
from agent.billing.schemas import DayLine, Share, Usage
from agent.ctx import Ctx, Role
from agent.errors import Unavailable
from agent.plots import DayCost

PACE_DAYS = 7
"""The projection goes on like the last so many days."""


async def of_month(ctx: Ctx, month: str, limit_usd: Decimal | None) -> Usage:
    """What ``month`` cost (``2026-11``; empty: the running one)."""
    session, caller = ctx.session, ctx.caller
    today = await queries.today(session, caller.workspace_id)
    first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    span = first, _next_month(first)
    sums = await queries.totals(session, span, caller.user_id)
    is_current = span[0] <= today < span[1]
    last = today if is_current else span[1] - timedelta(days=1)
    days = _every_day(first, last, await queries.days(session, span))
    people = caller.role >= Role.ADMIN
    ahead = projected(days, today) if is_current else (None, 0)
    return Usage(
        month=first.strftime("%Y-%m"),
        is_current=is_current,
        **sums,
        limit_usd=limit_usd,
        by_skill=await _shares(ctx, span, "skill"),
        by_model=await _shares(ctx, span, "model"),
        by_person=await _shares(ctx, span, "person") if people else [],
        days=days,
        projected_usd=ahead[0],
        paced_days=ahead[1],
    )


def projected(days: Sequence[DayLine], today: date) -> tuple[Decimal, int]:
    """What the month will have cost, and how many days' pace that goes by.

    What is spent already, plus the average of the last days (today included, though it
    is not over) for each day to come.
    """
    spent = sum((one.cost_usd for one in days), Decimal(0))
    last = [one.cost_usd for one in days[-PACE_DAYS:]]
    to_come = monthrange(today.year, today.month)[1] - today.day
    pace = sum(last, Decimal(0)) / max(len(last), 1)
    whole = spent + pace * to_come
    return whole.quantize(CENT, ROUND_HALF_UP), len(last)


async def latest(
    session: AsyncSession, skill_id: UUID | None, runs: int
) -> Sequence[RowMapping]:
    """The calls of a skill's latest runs (None: of any), in the five counts.

    What the rehearsal wrote cost nothing and is left out.
    """
    return await queries.latest(session, skill_id, runs)


def month_name(month: str) -> str:
    """``2026-11`` as people say it: ``November 2026``."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


async def plotted(ctx: Ctx, usage: Usage) -> Usage:
    """The same with its plot in the object store; as it is where none can be drawn."""
    plots = ctx.house.plots if ctx.house else None
    if plots is None or not usage.total_usd:
        return usage
    title = f"Usage in {month_name(usage.month)}"
    days = [DayCost(one.day, one.cost_usd) for one in usage.days]
    try:
        drawn = await plots.month(days, usage.limit_usd, title)
    except Unavailable:
        return usage  # the numbers say the same
    digest = hashlib.sha256(drawn).hexdigest()[:24]
    key = f"{ctx.caller.workspace_id}/plots/{digest}.png"
    await ctx.objects.put(key, drawn, media_type="image/png")
    return usage.model_copy(update={"plot_key": key, "plot_bytes": len(drawn)})


async def _shares(ctx: Ctx, span: tuple[date, date], kind: str) -> list[Share]:
    rows = await queries.shares(ctx.session, span, kind)
    return [Share(**row) for row in rows]


def _every_day(first: date, last: date, spent: Sequence[RowMapping]) -> list[DayLine]:
    costs = {row["day"]: row["cost_usd"] for row in spent}
    return [
        DayLine(day=day, cost_usd=costs.get(day, Decimal(0)))
        for day in (first + timedelta(days=at) for at in range((last - first).days + 1))
    ]


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
