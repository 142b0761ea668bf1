"""Every statement of the billing room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# The periods of today, of the workspace and of the person, with the limits in force.
# The update locks all of them, changed or not, until the transaction ends: of calls
# that race, each sees what the one before it left.
_ENSURE_PERIODS = text("""
    INSERT INTO budget_periods AS b (workspace_id, user_id, period, starts_on,
                                     limit_usd)
    SELECT w.id, p.user_id, p.period,
           CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date),
           p.limit_usd
    FROM workspaces w
    LEFT JOIN billing_accounts a ON a.workspace_id = w.id
    LEFT JOIN workspace_members m
           ON m.workspace_id = w.id AND m.user_id = CAST(:user_id AS uuid)
    CROSS JOIN LATERAL (VALUES
        (1, CAST(NULL AS uuid), 'day', coalesce(a.limit_day_usd, :day)),
        (2, CAST(NULL AS uuid), 'month', coalesce(a.limit_month_usd, :month)),
        (3, m.user_id, 'day', m.limit_day_usd),
        (4, m.user_id, 'month', m.limit_month_usd)
    ) AS p (place, user_id, period, limit_usd)
    WHERE w.id = :workspace_id AND (p.place < 3 OR p.user_id IS NOT NULL)
    ORDER BY p.place
    ON CONFLICT (workspace_id, user_id, period, starts_on)
    DO UPDATE SET limit_usd = excluded.limit_usd
    WHERE b.limit_usd IS DISTINCT FROM excluded.limit_usd
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

# What a crash left is good for the whole of the new call.
_KEEP_HELD = text("""
    UPDATE budget_reservations SET expires_at = now() + CAST(:ttl AS interval)
    WHERE workspace_id = :workspace_id AND call_key = :call_key AND state = 'held'
    RETURNING id
""")

_RESERVE = text("""
    WITH current AS (
        SELECT p.id, p.limit_usd IS NULL
               OR p.spent_usd + p.reserved_usd + :amount <= p.limit_usd AS fits
        FROM budget_periods p JOIN workspaces w ON w.id = p.workspace_id
        WHERE p.workspace_id = :workspace_id
          AND (p.user_id IS NULL OR p.user_id = :user_id)
          AND p.starts_on =
              CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date)
    ), taken AS (
        UPDATE budget_periods p SET reserved_usd = p.reserved_usd + :amount
        FROM current c
        WHERE p.id = c.id AND (SELECT bool_and(fits) FROM current)
        RETURNING p.id
    )
    INSERT INTO budget_reservations (workspace_id, budget_period_id, run_id, call_key,
                                     amount_usd, expires_at)
    SELECT :workspace_id, id, :run_id, :call_key, :amount,
           now() + CAST(:ttl AS interval)
    FROM taken
    ON CONFLICT (budget_period_id, call_key) DO UPDATE
    SET state = 'held', amount_usd = excluded.amount_usd, settled_usd = NULL,
        expires_at = excluded.expires_at
    RETURNING id
""")

# Everybody locks periods in one order, and before reservations, so that no two calls
# wait for each other.
_LOCKED = """
    SELECT r.id, r.budget_period_id, r.state, r.amount_usd
    FROM budget_periods p JOIN budget_reservations r ON r.budget_period_id = p.id
    WHERE {which}
    ORDER BY p.workspace_id, p.user_id NULLS FIRST, p.period, p.starts_on
    FOR UPDATE OF p, r
"""
_OF_CALL = "r.workspace_id = :workspace_id AND r.call_key = :call_key"

_FREE = """
    WITH late AS ({locked}), freed AS (
        UPDATE budget_periods p SET reserved_usd = p.reserved_usd - s.amount_usd
        FROM (SELECT budget_period_id, sum(amount_usd) AS amount_usd
              FROM late GROUP BY 1) s
        WHERE p.id = s.budget_period_id
    )
    UPDATE budget_reservations r SET state = 'released'
    FROM late WHERE r.id = late.id
    RETURNING r.id
"""
_RELEASE = text(
    _FREE.format(locked=_LOCKED.format(which=f"{_OF_CALL} AND r.state = 'held'"))
)
_SUPERSEDED = (
    "r.workspace_id = :workspace_id AND r.run_id = :run_id AND r.state = 'held'"
    " AND NOT starts_with(r.call_key, :current)"
)
_RELEASE_EARLIER = text(_FREE.format(locked=_LOCKED.format(which=_SUPERSEDED)))
_SWEEP = text(
    _FREE.format(
        locked=_LOCKED.format(which="r.state = 'held' AND r.expires_at < now()")
    )
)

# An alert is due from the call that crosses its level, and from no other: the update
# that counts the money notes the level, and the row's lock puts racing calls in line.
# A call may outlast its reservation and find it swept: what it spent counts all the
# same, in the periods that it was reserved in.
_BOOK = """
    WITH mine AS ({locked}), counted AS (
        UPDATE budget_periods p
        SET reserved_usd = p.reserved_usd
                - CASE m.state WHEN 'held' THEN m.amount_usd ELSE 0 END,
            spent_usd = p.spent_usd + CAST(:settled AS numeric(12, 6)),
            alerts_sent = p.alerts_sent || ARRAY(
                SELECT level
                FROM unnest(coalesce(
                    (SELECT alert_percent FROM billing_accounts a
                     WHERE a.workspace_id = p.workspace_id), '{{75,90,100}}')) level
                WHERE p.limit_usd > 0 AND level <> ALL(p.alerts_sent)
                  AND (p.spent_usd + CAST(:settled AS numeric(12, 6))) * 100
                      >= p.limit_usd * level)
        FROM mine m WHERE p.id = m.budget_period_id
        RETURNING p.workspace_id, p.user_id, p.period, p.starts_on, p.limit_usd,
            p.spent_usd, old.alerts_sent AS told, new.alerts_sent AS now_told
    ), booked AS (
        UPDATE budget_reservations r SET state = 'settled', settled_usd = :settled
        FROM mine m WHERE r.id = m.id
    )
    SELECT workspace_id, user_id, period, starts_on, limit_usd, spent_usd,
           (SELECT max(level) FROM unnest(now_told) level WHERE level <> ALL(told))
               AS percent
    FROM counted WHERE now_told <> told ORDER BY user_id NULLS FIRST, period
"""
_SETTLE = text(
    _BOOK.format(
        locked=_LOCKED.format(which=f"{_OF_CALL} AND r.state IN ('held', 'released')")
    )
)

_RECORD_USAGE = text("""
    INSERT INTO usage_records (workspace_id, user_id, run_id, skill_id, call_key, kind,
        provider, model, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, output_tokens, cost_usd, price_version, latency_ms,
        status, is_fallback)
    VALUES (:workspace_id, :user_id, :run_id, :skill_id, :call_key, 'llm', :provider,
        :model, :input_tokens, :cache_read_tokens, :cache_write_5m_tokens,
        :cache_write_1h_tokens, :output_tokens, :cost_usd, :price_version, :latency_ms,
        :status, :is_fallback)
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


@dataclass(frozen=True, slots=True)
class Crossed:
    """A limit of which a call used up so much that people should know."""

    workspace_id: UUID
    user_id: UUID | None
    """Whose limit; None: the workspace's."""
    period: str
    starts_on: date
    limit_usd: Decimal
    spent_usd: Decimal
    percent: int
    """The highest level crossed."""


async def ensure_periods(
    session: AsyncSession, ids: Mapping[str, UUID], *, day: Decimal, month: Decimal
) -> None:
    """Make today's and this month's rows; ``ids``: workspace_id and user_id."""
    await session.execute(_ENSURE_PERIODS, {**ids, "day": day, "month": month})


async def tightest(session: AsyncSession, ids: Mapping[str, UUID]) -> Left | None:
    """The limit with the least left; None without any limit or any period yet."""
    row = (await session.execute(_LEFT, ids)).mappings().one_or_none()
    return Left(**row) if row else None


async def keep_held(
    session: AsyncSession, workspace_id: UUID, call_key: str, ttl: timedelta
) -> bool:
    """Prolong what is held for this very call from before a crash; False: nothing."""
    values = {"workspace_id": workspace_id, "call_key": call_key, "ttl": ttl}
    return (await session.execute(_KEEP_HELD, values)).first() is not None


async def reserve(
    session: AsyncSession, values: Mapping[str, Any], ttl: timedelta
) -> bool:
    """Hold an amount in every period in force; False when one has too little left.

    Then none holds it. ``ensure_periods`` has locked them before.
    """
    done = await session.execute(_RESERVE, {**values, "ttl": ttl})
    return done.first() is not None


async def release(session: AsyncSession, workspace_id: UUID, call_key: str) -> None:
    """Free what a call holds."""
    values = {"workspace_id": workspace_id, "call_key": call_key}
    await session.execute(_RELEASE, values)


async def release_earlier(
    session: AsyncSession, workspace_id: UUID, run_id: UUID, current: str
) -> None:
    """Free what a run's calls hold whose key does not begin with ``current``."""
    values = {"workspace_id": workspace_id, "run_id": run_id, "current": current}
    await session.execute(_RELEASE_EARLIER, values)


async def settle(
    session: AsyncSession, workspace_id: UUID, call_key: str, settled: Decimal
) -> list[Crossed]:
    """Free what a call holds and count what it really spent; levels it crossed."""
    values = {"workspace_id": workspace_id, "call_key": call_key}
    found = await session.execute(_SETTLE, {**values, "settled": settled})
    return [Crossed(**row) for row in found.mappings()]


async def sweep(session: AsyncSession) -> int:
    """Release what expired, in every workspace; how many reservations."""
    return len((await session.execute(_SWEEP)).all())


async def record_usage(session: AsyncSession, row: Mapping[str, Any]) -> bool:
    """Append a call to the ledger; False when it is there already."""
    return await session.scalar(_RECORD_USAGE, row) is not None
