"""Statements of the inbox: keeping, claiming, closing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import (
    Claimed,
    RawEvent,
    Sender,
)
from agent.mailroom.spans import interval, soon

_INSERT_EVENTS = text("""
    INSERT INTO inbox (channel, account, event_id, message_key, chat_key, kind, body,
                       payload, status, processed_at)
    SELECT channel, account, event_id, message_key, chat_key, kind, body,
           CAST(payload AS jsonb),
           CASE WHEN payload IS NULL THEN 'ignored' ELSE 'received' END,
           CASE WHEN payload IS NULL THEN now() END
    FROM unnest(
        CAST(:channels AS text[]), CAST(:accounts AS text[]),
        CAST(:event_ids AS text[]), CAST(:message_keys AS text[]),
        CAST(:chat_keys AS text[]), CAST(:kinds AS text[]),
        CAST(:bodies AS bytea[]), CAST(:payloads AS text[])
    ) AS e (channel, account, event_id, message_key, chat_key, kind, body, payload)
    ON CONFLICT DO NOTHING
""")

_CLAIM_INBOX = text("""
    SELECT i.id, i.head, i.channel, i.account, i.kind, i.payload, i.attempts,
           s.user_id, s.workspace_id, s.role, s.chat_row_id, s.conversation_id,
           s.client_id, s.timezone,
           coalesce(s.chat_state IN ('left', 'blocked'), false) AS is_out
    FROM claim_inbox(:limit, CAST(:lease AS interval)) i
    LEFT JOIN LATERAL resolve_sender(
        i.channel, i.payload->>'team', i.payload->>'sender', i.account,
        i.payload->>'chat', i.payload->>'thread'
    ) s ON true
    ORDER BY i.id
""")

# All rows of a claim in one statement: they end together.
HELD = "unnest(CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]))"

_CLOSE_INBOX = text(f"""
    UPDATE inbox SET status = :status, processed_at = now(), claimed_until = NULL,
           error_message = :error, workspace_id = :workspace_id, user_id = :user_id,
           payload = CASE WHEN :forget THEN NULL ELSE payload - 'sealed' END,
           body = CASE WHEN :forget THEN NULL ELSE body END
    WHERE (id, attempts) IN (SELECT * FROM {HELD}) AND status = 'received'
""")  # noqa: S608 - a constant of ours

_RELEASE_INBOX = text(f"""
    UPDATE inbox SET claimed_until = now() + CAST(:pause AS interval),
           error_message = :error
    WHERE (id, attempts) IN (SELECT * FROM {HELD}) AND status = 'received'
""")  # noqa: S608 - as above

_RENEW_INBOX = text(f"""
    UPDATE inbox SET claimed_until = now() + CAST(:lease AS interval)
    WHERE (id, attempts) IN (SELECT * FROM {HELD}) AND status = 'received'
""")  # noqa: S608 - as above

# It was not tried: the claim does not count, and more parts may join it.
_DEFER_INBOX = text(f"""
    UPDATE inbox SET claimed_until = now() + CAST(:pause AS interval),
           attempts = attempts - 1, part_of = NULL
    WHERE (id, attempts) IN (SELECT * FROM {HELD}) AND status = 'received'
""")  # noqa: S608 - as above

# Leases that run out (their holders may be dead), and what waits for its time.
_INBOX_DUE = text("""
    SELECT extract(epoch FROM min(claimed_until) - statement_timestamp())
    FROM inbox WHERE status = 'received'
""")


# What a message said when it came, and the first message of its burst. A command has
# no key; what it said is kept as a turn.
_ORIGINAL = text("""
    SELECT i.payload->>'text' AS text, i.status = 'ignored' AS was_ignored,
           coalesce(h.payload, i.payload)->>'message_id' AS first
    FROM inbox i LEFT JOIN inbox h ON h.id = i.part_of
    WHERE i.channel = :channel AND i.account = :account
      AND i.message_key = :key AND i.payload IS NOT NULL
""")


async def insert_events(session: AsyncSession, events: Sequence[RawEvent]) -> None:
    """Keep raw events in one statement; what is already kept is left alone."""
    await session.execute(
        _INSERT_EVENTS,
        {
            "channels": [event.channel for event in events],
            "accounts": [event.account for event in events],
            "event_ids": [event.event_id for event in events],
            "message_keys": [event.message_key for event in events],
            "chat_keys": [event.chat_key for event in events],
            "kinds": [event.kind for event in events],
            "bodies": [event.body for event in events],
            "payloads": [event.payload for event in events],
        },
    )


async def claim_inbox(
    session: AsyncSession, *, limit: int, lease_s: float
) -> list[Claimed]:
    """Take the next rows under a lease, each with its sender as far as known.

    Rows that are parts of one message come as one, the first with the others in it.
    """
    found = await session.execute(
        _CLAIM_INBOX, {"limit": limit, "lease": interval(lease_s)}
    )
    rows = found.mappings().all()
    parts: dict[UUID, list[Claimed]] = {}
    for row in rows:
        parts.setdefault(row["head"], []).append(_claimed(row))
    return [replace(first, parts=tuple(rest)) for first, *rest in parts.values()]


def _claimed(row: RowMapping) -> Claimed:
    return Claimed(
        id=row["id"],
        channel=row["channel"],
        account=row["account"],
        kind=row["kind"],
        payload=row["payload"],
        attempts=row["attempts"],
        sender=Sender(
            user_id=row["user_id"],
            workspace_id=row["workspace_id"],
            role=row["role"],
            chat_row_id=row["chat_row_id"],
            conversation_id=row["conversation_id"],
            client_id=row["client_id"],
            timezone=row["timezone"] or "UTC",
            is_out=row["is_out"],
        ),
    )


def _held(*items: Claimed) -> dict[str, Any]:
    rows = [row for item in items for row in item.rows]
    return {"ids": [row.id for row in rows], "attempts": [row.attempts for row in rows]}


async def close_inbox(
    session: AsyncSession,
    item: Claimed,
    status: str,
    *,
    error: str | None = None,
    forget: bool = False,
) -> None:
    """End a row we hold, with its parts: ``processed``, ``ignored`` or ``failed``.

    The keys sealed in it go; with ``forget`` all that it said goes.
    """
    await session.execute(
        _CLOSE_INBOX,
        {
            **_held(item),
            "status": status,
            "error": error,
            "forget": forget,
            "workspace_id": item.sender.workspace_id,
            "user_id": item.sender.user_id,
        },
    )


async def release_inbox(
    session: AsyncSession, item: Claimed, *, pause_s: float, error: str
) -> None:
    """Give a row back, to be tried again after ``pause_s``."""
    await session.execute(
        _RELEASE_INBOX,
        {
            **_held(item),
            "pause": interval(pause_s),
            "error": error,
        },
    )


async def defer_inbox(session: AsyncSession, item: Claimed, *, pause_s: float) -> None:
    """Give a row back that was not worked on, until its time has come."""
    values = _held(item) | {"pause": interval(pause_s)}
    await session.execute(_DEFER_INBOX, values)


async def original(
    session: AsyncSession, channel: str, account: str, key: str
) -> RowMapping | None:
    """``(text, was_ignored, first)`` of a kept message; None: it is known no more.

    ``first``: the id of the message that it was joined to, or its own.
    """
    values = {"channel": channel, "account": account, "key": key}
    return (await session.execute(_ORIGINAL, values)).mappings().one_or_none()


async def renew_inbox(
    session: AsyncSession, items: Sequence[Claimed], *, lease_s: float
) -> None:
    """Hold rows longer that take their time; one that was lost stays lost."""
    values = _held(*items) | {"lease": interval(lease_s)}
    await session.execute(_RENEW_INBOX, values)


async def inbox_due(session: AsyncSession, at_most_s: float) -> float:
    """In how many seconds a lease runs out, ``at_most_s`` when none does."""
    return soon(await session.scalar(_INBOX_DUE), at_most_s)
