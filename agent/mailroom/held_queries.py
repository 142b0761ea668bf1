"""Statements about what is held back in people's quiet hours. As the worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import Place

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('digests', 0))")

_DUE = text("""
    SELECT DISTINCT workspace_id, user_id FROM deliveries
    WHERE status = 'held' AND not_before <= statement_timestamp() LIMIT :n
""")

_FIND = text("""
    SELECT conversation_id, channel, account, recipient, quiet_until
    FROM find_person(:workspace_id, :user_id)
""")

_HELD = text("""
    SELECT id, payload, purpose FROM deliveries
    WHERE workspace_id = :workspace_id AND user_id = :user_id AND status = 'held'
    ORDER BY id FOR UPDATE
""")

_HOLD = text("""
    UPDATE deliveries SET not_before = :until
    WHERE workspace_id = :workspace_id AND user_id = :user_id AND status = 'held'
""")

_FOLD = text("""
    UPDATE deliveries SET status = 'cancelled', not_before = NULL, last_error = :why
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'held'
""")


@dataclass(frozen=True, slots=True)
class Held:
    """One person of one workspace for whom something is held."""

    workspace_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a person is reached now, and until when they want no ping."""

    conversation_id: UUID
    place: Place
    quiet_until: datetime | None


async def alone(session: AsyncSession) -> bool:
    """Whether no other process is composing digests until this transaction ends."""
    return bool(await session.scalar(_ALONE))


async def due(session: AsyncSession, n: int) -> list[Held]:
    """People whose quiet hours should be over."""
    rows = await session.execute(_DUE, {"n": n})
    return [Held(row.workspace_id, row.user_id) for row in rows]


async def find(session: AsyncSession, who: Held) -> Reached | None:
    """Where they are reached; None when nowhere any more."""
    row = (await session.execute(_FIND, _key(who))).one_or_none()
    if row is None:
        return None
    place = Place(row.channel, row.account, row.recipient)
    return Reached(row.conversation_id, place, row.quiet_until)


async def held(session: AsyncSession, who: Held) -> list[RowMapping]:
    """All that is held for them, oldest first."""
    return list((await session.execute(_HELD, _key(who))).mappings())


async def hold(session: AsyncSession, who: Held, until: datetime) -> None:
    """Hold it for longer."""
    await session.execute(_HOLD, _key(who) | {"until": until})


async def fold(session: AsyncSession, ids: Sequence[UUID], why: str) -> None:
    """These are told otherwise, or not at all; ``why`` says which."""
    await session.execute(_FOLD, {"ids": list(ids), "why": why})


def _key(who: Held) -> dict[str, UUID]:
    return {"workspace_id": who.workspace_id, "user_id": who.user_id}
