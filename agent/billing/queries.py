"""Every statement of the billing room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# The periods of today, of the workspace and of the person, with the limits in force.
_ENSURE_PERIODS = text("""
    INSERT INTO budget_periods (workspace_id, user_id, period, starts_on, limit_usd)
    SELECT w.id, p.user_id, p.period,
           CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date),
           p.limit_usd
    FROM workspaces w
    LEFT JOIN billing_accounts b ON b.workspace_id = w.id
    LEFT JOIN workspace_members m
           ON m.workspace_id = w.id AND m.user_id = CAST(:user_id AS uuid)
    CROSS JOIN LATERAL (VALUES
        (CAST(NULL AS uuid), 'day', coalesce(b.limit_day_usd, :day)),
        (CAST(NULL AS uuid), 'month', coalesce(b.limit_month_usd, :month)),
        (m.user_id, 'day', m.limit_day_usd),
        (m.user_id, 'month', m.limit_month_usd)
    ) AS p (user_id, period, limit_usd)
    WHERE w.id = :workspace_id
    ON CONFLICT DO NOTHING
""")

_LEFT = text("""
    SELECT p.period, p.user_id IS NOT NULL AS personal, p.limit_usd,
           p.limit_usd - p.spent_usd - p.reserved_usd AS left_usd
    FROM budget_periods p JOIN workspaces w ON w.id = p.workspace_id
    WHERE p.workspace_id = :workspace_id AND p.limit_usd IS NOT NULL
      AND (p.user_id IS NULL OR p.user_id = :user_id)
      AND p.starts_on =
          CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date)
    ORDER BY left_usd LIMIT 1
""")

_HELD = text("""
    SELECT count(*) FROM budget_reservations
    WHERE workspace_id = :workspace_id AND call_key = :call_key AND state = 'held'
""")

_RESERVE = text("""
    WITH current AS (
        SELECT p.id FROM budget_periods p JOIN workspaces w ON w.id = p.workspace_id
        WHERE p.workspace_id = :workspace_id
          AND (p.user_id IS NULL OR p.user_id = :user_id)
          AND p.starts_on =
              CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date)
        ORDER BY p.id
    ), taken AS (
        UPDATE budget_periods p SET reserved_usd = p.reserved_usd + :amount
        FROM current c
        WHERE p.id = c.id
          AND (p.limit_usd IS NULL
               OR p.spent_usd + p.reserved_usd + :amount <= p.limit_usd)
        RETURNING p.id
    ), held AS (
        INSERT INTO budget_reservations (workspace_id, budget_period_id, run_id,
                                         call_key, amount_usd, expires_at)
        SELECT :workspace_id, id, :run_id, :call_key, :amount,
               now() + CAST(:ttl AS interval)
        FROM taken
        ON CONFLICT (budget_period_id, call_key) DO UPDATE
        SET state = 'held', amount_usd = excluded.amount_usd, settled_usd = NULL,
            expires_at = excluded.expires_at
    )
    SELECT (SELECT count(*) FROM current) - (SELECT count(*) FROM taken)
""")

# Leaving 'held' gives the amount back and, when settled, books what was spent.
_LEAVE_HELD = text("""
    WITH gone AS (
        UPDATE budget_reservations SET state = :state, settled_usd = :settled
        WHERE workspace_id = :workspace_id AND call_key = :call_key AND state = 'held'
        RETURNING budget_period_id, amount_usd
    )
    UPDATE budget_periods p
    SET reserved_usd = p.reserved_usd - g.amount_usd,
        spent_usd = p.spent_usd + coalesce(:settled, 0)
    FROM gone g WHERE p.id = g.budget_period_id
""")

_SWEEP = text("""
    WITH gone AS (
        UPDATE budget_reservations SET state = 'released'
        WHERE state = 'held' AND expires_at < now()
        RETURNING budget_period_id, amount_usd
    ), sums AS (
        SELECT budget_period_id, sum(amount_usd) AS amount_usd, count(*) AS n
        FROM gone GROUP BY 1
    ), freed AS (
        UPDATE budget_periods p SET reserved_usd = p.reserved_usd - s.amount_usd
        FROM sums s WHERE p.id = s.budget_period_id RETURNING s.n
    )
    SELECT coalesce(sum(n), 0) FROM freed
""")

_RECORD_USAGE = text("""
    INSERT INTO usage_records (workspace_id, user_id, run_id, skill_id, call_key, kind,
        provider, model, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, output_tokens, cost_usd, price_version, latency_ms,
        status)
    VALUES (:workspace_id, :user_id, :run_id, :skill_id, :call_key, 'llm', :provider,
        :model, :input_tokens, :cache_read_tokens, :cache_write_5m_tokens,
        :cache_write_1h_tokens, :output_tokens, :cost_usd, :price_version, :latency_ms,
        :status)
    ON CONFLICT (workspace_id, call_key) DO NOTHING
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Left:
    """The tightest limit in force."""

    period: str
    personal: bool
    limit_usd: Decimal
    left_usd: Decimal


async def ensure_periods(
    session: AsyncSession, ids: Mapping[str, UUID], *, day: Decimal, month: Decimal
) -> None:
    """Make today's and this month's rows; ``ids``: workspace_id and user_id."""
    await session.execute(_ENSURE_PERIODS, {**ids, "day": day, "month": month})


async def tightest(session: AsyncSession, ids: Mapping[str, UUID]) -> Left | None:
    """The limit with the least left; None without any limit or any period yet."""
    row = (await session.execute(_LEFT, ids)).mappings().one_or_none()
    return Left(**row) if row else None


async def is_held(session: AsyncSession, workspace_id: UUID, call_key: str) -> bool:
    """Whether a reservation stands for this very call, from before a crash."""
    ids = {"workspace_id": workspace_id, "call_key": call_key}
    return bool(await session.scalar(_HELD, ids))


async def reserve(
    session: AsyncSession, values: Mapping[str, Any], ttl: timedelta
) -> bool:
    """Hold an amount in every period in force; False when one has too little left."""
    short: int = await session.scalar(_RESERVE, {**values, "ttl": ttl}) or 0
    return short == 0


async def leave_held(
    session: AsyncSession,
    workspace_id: UUID,
    call_key: str,
    *,
    settled: Decimal | None,
) -> None:
    """Settle a reservation with what was really spent, or release it with None."""
    await session.execute(
        _LEAVE_HELD,
        {
            "workspace_id": workspace_id,
            "call_key": call_key,
            "settled": settled,
            "state": "released" if settled is None else "settled",
        },
    )


async def sweep(session: AsyncSession) -> int:
    """Release what expired, in every workspace; how many reservations."""
    return int(await session.scalar(_SWEEP) or 0)


async def record_usage(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Append usage; a call already booked is left alone. Returns how many were new."""
    new = 0
    for row in rows:
        new += await session.scalar(_RECORD_USAGE, row) is not None
    return new
