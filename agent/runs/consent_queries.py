"""Statements of the runs room: cards, each of which asks for a yes to one call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_OUTDATE = text("""
    UPDATE approvals SET status = 'expired'
    WHERE workspace_id = :workspace_id AND subject_type = 'operation'
      AND status = 'pending' AND params_hash = :params_hash AND expires_at <= now()
""")

# Asked again while it is open, the same card is meant; it does not live any longer.
_ASK = text("""
    INSERT INTO approvals (workspace_id, subject_type, subject_id, run_id, params_hash,
                           required_role, request, requested_by_id, expires_at)
    VALUES (:workspace_id, 'operation', :run_id, :run_id, :params_hash, :role,
            CAST(:request AS jsonb), :user_id,
            now() + make_interval(secs => :seconds))
    ON CONFLICT (workspace_id, subject_type, subject_id, subject_version, params_hash)
        WHERE status = 'pending'
    DO UPDATE SET expires_at = approvals.expires_at
    RETURNING id
""")

_FIND = text("""
    SELECT a.id, a.run_id, a.status, a.required_role, a.request, a.requested_by_id,
           a.decided_by_id, a.used_at, a.expires_at <= now() AS is_late,
           coalesce(m.display_name, '') AS decided_by
    FROM approvals a LEFT JOIN workspace_members m ON m.user_id = a.decided_by_id
    WHERE a.id = :id AND a.subject_type = 'operation'
""")

_DECIDE = text("""
    UPDATE approvals SET status = :status, decided_by_id = :user_id, decided_at = now(),
           channel = :channel, feedback = :feedback
    WHERE id = :id AND status = 'pending' AND expires_at > now() RETURNING id
""")

_WITHDRAW = text("""
    UPDATE approvals SET status = 'cancelled' WHERE id = :id AND status = 'pending'
""")

_PENDING = text("""
    SELECT a.id AS call_id, a.request ->> 'summary' AS summary, a.requested_at,
           a.run_id IS NOT NULL AS by_model, a.required_role,
           coalesce(m.display_name, '') AS asked_by
    FROM approvals a
    LEFT JOIN workspace_members m ON m.user_id = a.requested_by_id
    WHERE a.subject_type = 'operation' AND a.status = 'pending'
      AND a.expires_at > now()
    ORDER BY a.id DESC LIMIT :n
""")

_NAME = text("""
    SELECT name FROM (
        SELECT name FROM clients WHERE id = :id
        UNION ALL SELECT display_name FROM workspace_members WHERE user_id = :id
        UNION ALL SELECT '#' || number FROM runs WHERE id = :id
        UNION ALL SELECT title FROM outputs WHERE id = :id
    ) named LIMIT 1
""")


async def ask(session: AsyncSession, values: Mapping[str, Any]) -> UUID:
    """Ask for a yes to one call; the id of its card, the open one if there is one."""
    await session.execute(_OUTDATE, values)
    found: UUID = (await session.execute(_ASK, values)).scalar_one()
    return found


async def find(session: AsyncSession, call_id: UUID) -> RowMapping | None:
    """One card, and who decided it; None when the caller cannot see it."""
    found = await session.execute(_FIND, {"id": call_id})
    return found.mappings().one_or_none()


async def decide(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Keep who decided, how, from where and in which words; False: it was over."""
    return (await session.execute(_DECIDE, values)).first() is not None


async def withdraw(session: AsyncSession, call_id: UUID) -> None:
    """Nobody is asked any more."""
    await session.execute(_WITHDRAW, {"id": call_id})


async def pending(session: AsyncSession, n: int) -> list[RowMapping]:
    """The open cards that the caller can see, newest first."""
    return list((await session.execute(_PENDING, {"n": n})).mappings())


async def names(session: AsyncSession, ids: Mapping[str, UUID]) -> dict[str, str]:
    """What ids stand for, by field; an id that says nothing here is left out."""
    found = {}
    for field, ident in ids.items():
        name = await session.scalar(_NAME, {"id": ident})
        if name:
            found[field] = str(name)
    return found
