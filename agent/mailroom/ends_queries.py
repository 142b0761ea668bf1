"""Statements about messages that did not get through: telling of them, showing them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Of a run that is under way there is nothing to tell yet. What had been shown whole,
# and only could not be changed any more, got through. A notice that failed is told
# once more, elsewhere.
_UNTOLD = text("""
    SELECT d.id, d.workspace_id, r.id AS run_id, r.number, r.attempt, r.user_id,
           r.status
    FROM deliveries d JOIN runs r ON r.id = coalesce(d.run_id, CAST(substring(
        d.dedupe_key FROM '(?:^run|\\:undelivered):([0-9a-f-]{36}):') AS uuid))
    WHERE d.status = 'failed' AND d.told_at IS NULL
      AND d.updated_at > now() - interval '2 days'
      AND r.status NOT IN ('queued', 'running') AND r.user_id IS NOT NULL
      AND (d.whole_at IS NULL OR d.whole_at < r.completed_at)
    ORDER BY r.id, d.id LIMIT 100 FOR UPDATE OF d SKIP LOCKED
""")

_FAILED = text("""
    SELECT id, channel, account, recipient, purpose, private_chat_id,
           coalesce(last_error, '') AS error
    FROM deliveries
    WHERE workspace_id = :workspace_id AND status = 'failed'
      AND (run_id = :run_id OR starts_with(dedupe_key, :pages)
           OR starts_with(dedupe_key, :notices))
    ORDER BY id
""")

_NOTICES = text("""
    SELECT count(*) AS tried, count(*) FILTER (WHERE status <> 'failed') AS standing
    FROM deliveries
    WHERE workspace_id = :workspace_id AND starts_with(dedupe_key, :notices)
""")

_TELL = text("""
    INSERT INTO deliveries (workspace_id, conversation_id, channel, account, recipient,
                            purpose, dedupe_key, payload, status, not_before)
    SELECT :workspace_id, p.conversation_id, p.channel, p.account, p.recipient,
           'notice', :key, CAST(:payload AS jsonb),
           CASE WHEN p.quiet_until IS NULL THEN 'planned' ELSE 'held' END, p.quiet_until
    FROM find_person_elsewhere(:workspace_id, :user_id, CAST(:avoided AS text[])) p
    WHERE p.notifications->>:topic IS DISTINCT FROM 'off'
    ON CONFLICT DO NOTHING
    RETURNING id
""")

_TOLD = text(
    "UPDATE deliveries SET told_at = now() WHERE id = ANY(CAST(:ids AS uuid[]))"
)

# From the newest message that answers it: what was sent before that is history.
_OF_A_RUN = text("""
    WITH answer AS (
        SELECT id, dedupe_key FROM deliveries
        WHERE run_id = :run_id AND purpose = 'reply' ORDER BY id DESC LIMIT 1
    )
    SELECT d.id, d.channel, d.status, d.attempts, d.failing_since, d.not_before,
           d.sent_revision < d.revision AS is_behind,
           d.whole_at >= coalesce(r.completed_at, d.whole_at) AS was_seen,
           coalesce(d.last_error, '') AS error
    FROM deliveries d CROSS JOIN answer JOIN runs r ON r.id = :run_id
    WHERE d.id >= answer.id
      AND (d.id = answer.id OR starts_with(d.dedupe_key, :pages)
           OR starts_with(d.dedupe_key, answer.dedupe_key || '\\:page\\:'))
    ORDER BY d.id
""")

# Only the newest answer of a run, and only while it stands unshown.
_LOST = text("""
    SELECT r.id AS run_id, r.attempt, newest.id AS answer_id
    FROM deliveries d JOIN runs r ON r.id = coalesce(d.run_id, CAST(
        substring(d.dedupe_key FROM '^run:([0-9a-f-]{36}):') AS uuid))
    CROSS JOIN LATERAL (
        SELECT a.id FROM deliveries a WHERE a.run_id = r.id AND a.purpose = 'reply'
        ORDER BY a.id DESC LIMIT 1) newest
    WHERE d.id = :id AND d.status = 'failed' AND d.id >= newest.id
      AND (d.whole_at IS NULL OR d.whole_at < r.completed_at)
""")

_PAGES = text("""
    SELECT d.payload FROM deliveries d
    WHERE d.id >= :first AND (d.id = :first OR starts_with(d.dedupe_key, :pages))
    ORDER BY d.id
""")


def pages_of(run_id: UUID, attempt: int) -> str:
    """How the keys of a run's further messages begin."""
    return f"run:{run_id}:{attempt}:"


def notices_of(run: RowMapping) -> str:
    """How the keys of what a person is told about a run's lost answer begin."""
    who, which = run["user_id"], f"{run['run_id']}:{run['attempt']}"
    return f"notice:{who}:undelivered:{which}:"


async def untold(session: AsyncSession) -> list[RowMapping]:
    """Messages that failed, each with its run, of which nobody was told; locked."""
    return list((await session.execute(_UNTOLD)).mappings())


async def failed(session: AsyncSession, run: RowMapping) -> list[RowMapping]:
    """All that failed for a run: its answer, and notices of that."""
    return list((await session.execute(_FAILED, _keys(run))).mappings())


async def notices(session: AsyncSession, run: RowMapping) -> tuple[int, bool]:
    """How often a person was told of a run's lost answer, and whether one stands."""
    row = (await session.execute(_NOTICES, _keys(run))).one()
    return row.tried, row.standing > 0


async def tell(
    session: AsyncSession,
    run: RowMapping,
    key: str,
    payload: Mapping[str, Any],
    avoided: Sequence[str],
) -> bool:
    """Plan a notice at no place that begins with one of ``avoided``; False: nowhere.

    In quiet hours it is held for the digest.
    """
    values = {
        "workspace_id": run["workspace_id"],
        "user_id": run["user_id"],
        "key": key,
        "payload": json.dumps(payload),
        "avoided": list(avoided),
        "topic": "delivery",
    }
    return await session.scalar(_TELL, values) is not None


async def mark_told(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Of these nobody need be told any more."""
    await session.execute(_TOLD, {"ids": list(ids)})


async def of_run(session: AsyncSession, run_id: UUID, attempt: int) -> list[RowMapping]:
    """The messages that show a run's answer, as far as the caller may see them."""
    values = {"run_id": run_id, "pages": pages_of(run_id, attempt)}
    return list((await session.execute(_OF_A_RUN, values)).mappings())


async def lost(session: AsyncSession, delivery_id: UUID) -> RowMapping | None:
    """A message of a run's answer that failed; None when it is not, or was replaced."""
    found = await session.execute(_LOST, {"id": delivery_id})
    return found.mappings().one_or_none()


async def payloads(
    session: AsyncSession, run_id: UUID, attempt: int, first: UUID
) -> list[dict[str, Any]]:
    """What a run's answer says, message by message, from ``first`` on."""
    values = {"first": first, "pages": pages_of(run_id, attempt)}
    return list((await session.scalars(_PAGES, values)).all())


def _keys(run: RowMapping) -> dict[str, Any]:
    return {
        "workspace_id": run["workspace_id"],
        "run_id": run["run_id"],
        "pages": pages_of(run["run_id"], run["attempt"]),
        "notices": notices_of(run),
    }
