"""Statements about limits: what they are, what is used of them, who set which."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_NAME = text("""
    SELECT coalesce(nullif(m.display_name, ''), u.full_name, 'Somebody')
    FROM workspace_members m LEFT JOIN users u ON u.id = m.user_id
    WHERE m.user_id = :user_id
""")

# Without a row of today or this month nothing was spent in it yet.
_STANDING = text("""
    WITH limits (user_id, name, period, limit_usd, is_own) AS (
        SELECT CAST(NULL AS uuid), '', v.period, coalesce(v.own, v.usual),
               v.own IS NOT NULL
        FROM workspaces w LEFT JOIN billing_accounts a ON a.workspace_id = w.id
        CROSS JOIN LATERAL (VALUES
            ('day', a.limit_day_usd, CAST(:day AS numeric)),
            ('month', a.limit_month_usd, CAST(:month AS numeric))
        ) AS v (period, own, usual)
        UNION ALL
        SELECT m.user_id, coalesce(m.display_name, ''), v.period, v.own, true
        FROM workspace_members m CROSS JOIN LATERAL (VALUES
            ('day', m.limit_day_usd), ('month', m.limit_month_usd)
        ) AS v (period, own)
        WHERE v.own IS NOT NULL AND (CAST(:everybody AS boolean) OR m.user_id = :me)
    )
    SELECT l.*, coalesce(p.spent_usd, 0) AS spent_usd,
           coalesce(p.reserved_usd, 0) AS reserved_usd
    FROM limits l CROSS JOIN workspaces w
    LEFT JOIN budget_periods p ON p.period = l.period
        AND p.user_id IS NOT DISTINCT FROM l.user_id AND p.starts_on =
            CAST(date_trunc(l.period, now() AT TIME ZONE w.timezone) AS date)
    ORDER BY l.user_id NULLS FIRST, l.name, l.period
""")

_PEOPLE = text("""
    SELECT user_id, coalesce(display_name, '') AS name FROM workspace_members
    ORDER BY display_name
""")

_SET_HERE = {
    period: text(f"""
        WITH before AS (
            SELECT limit_{period}_usd AS usd FROM billing_accounts
            WHERE workspace_id = :workspace_id
        ), put AS (
            INSERT INTO billing_accounts (workspace_id, limit_{period}_usd)
            VALUES (:workspace_id, :usd)
            ON CONFLICT (workspace_id) DO UPDATE
            SET limit_{period}_usd = excluded.limit_{period}_usd
        )
        SELECT (SELECT usd FROM before) AS usd
    """)  # noqa: S608 - one of two words of ours
    for period in ("day", "month")
}

_SET_THEIRS = {
    period: text(f"""
        UPDATE workspace_members SET limit_{period}_usd = :usd
        WHERE user_id = :user_id RETURNING old.limit_{period}_usd AS usd
    """)  # noqa: S608 - one of two words of ours
    for period in ("day", "month")
}

# The period that runs now follows at once; levels below which it now is may be crossed
# anew, and are told anew.
_FOLLOW = text("""
    UPDATE budget_periods p SET limit_usd = :usd, alerts_sent = ARRAY(
        SELECT level FROM unnest(p.alerts_sent) level
        WHERE CAST(:usd AS numeric) > 0
          AND p.spent_usd * 100 >= CAST(:usd AS numeric) * level)
    FROM workspaces w
    WHERE p.workspace_id = w.id AND p.period = :period
      AND p.user_id IS NOT DISTINCT FROM CAST(:user_id AS uuid) AND p.starts_on =
          CAST(date_trunc(p.period, now() AT TIME ZONE w.timezone) AS date)
""")


async def name_of(session: AsyncSession, user_id: UUID) -> str:
    """What a member is called."""
    return await session.scalar(_NAME, {"user_id": user_id}) or "Somebody"


async def standing(
    session: AsyncSession,
    usual: tuple[Decimal, Decimal],
    me: UUID,
    *,
    everybody: bool,
) -> Sequence[RowMapping]:
    """Each limit in force and what is used of it: the workspace's, then people's.

    ``usual``: the installation's for a day and a month.
    """
    day, month = usual
    values = {"day": day, "month": month, "me": me, "everybody": everybody}
    return (await session.execute(_STANDING, values)).mappings().all()


async def people(session: AsyncSession) -> Sequence[RowMapping]:
    """The members by name."""
    return (await session.execute(_PEOPLE)).mappings().all()


async def set_here(
    session: AsyncSession, workspace_id: UUID, period: str, usd: Decimal | None
) -> Decimal | None:
    """Set the workspace's own limit (None: the usual one); what it was."""
    values = {"workspace_id": workspace_id, "usd": usd}
    before: Decimal | None = await session.scalar(_SET_HERE[period], values)
    return before


async def set_theirs(
    session: AsyncSession, user_id: UUID, period: str, usd: Decimal | None
) -> Decimal | None:
    """Set a person's limit (None: only the workspace's); what it was."""
    values = {"user_id": user_id, "usd": usd}
    before: Decimal | None = await session.scalar(_SET_THEIRS[period], values)
    return before


async def follow(
    session: AsyncSession, user_id: UUID | None, period: str, usd: Decimal | None
) -> None:
    """Let the period that runs now have that limit."""
    values = {"user_id": user_id, "period": period, "usd": usd}
    await session.execute(_FOLLOW, values)
