"""Every statement of the mailroom."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import (
    Claimed,
    Delivery,
    Place,
    RawEvent,
    Sender,
)

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
    SELECT i.id, i.channel, i.account, i.kind, i.payload, i.attempts,
           s.user_id, s.workspace_id, s.role, s.chat_row_id, s.conversation_id,
           s.client_id, s.timezone
    FROM claim_inbox(:limit, CAST(:lease AS interval)) i
    LEFT JOIN LATERAL resolve_sender(
        i.channel, i.payload->>'team', i.payload->>'sender', i.account,
        i.payload->>'chat', i.payload->>'thread'
    ) s ON true
    ORDER BY i.id
""")

_CLOSE_INBOX = text("""
    UPDATE inbox SET status = :status, processed_at = now(), claimed_until = NULL,
           error_message = :error, workspace_id = :workspace_id, user_id = :user_id
    WHERE id = :id AND attempts = :attempts AND status = 'received'
""")

_RELEASE_INBOX = text("""
    UPDATE inbox SET claimed_until = now() + CAST(:pause AS interval),
           error_message = :error
    WHERE id = :id AND attempts = :attempts AND status = 'received'
""")

_PLAN = text("""
    INSERT INTO deliveries (workspace_id, user_id, private_chat_id, run_id,
                            conversation_id, channel, account, recipient, purpose,
                            dedupe_key, payload)
    VALUES (:workspace_id, :user_id, :private_chat_id, :run_id, :conversation_id,
            :channel, :account, :recipient, :purpose, :dedupe_key,
            CAST(:payload AS jsonb))
    ON CONFLICT DO NOTHING
    RETURNING id
""")

_REVISE = text("""
    UPDATE deliveries SET payload = CAST(:payload AS jsonb), partial = NULL,
           revision = revision + 1
    WHERE id = :id
""")

# Whoever ends the run changes its row first: after that nothing is streamed.
_STREAM = text("""
    WITH alive AS (
        SELECT id FROM runs WHERE id = :run_id AND attempt = :attempt
          AND status = 'running' FOR SHARE
    )
    UPDATE deliveries d SET partial = :partial, revision = d.revision + 1
    FROM alive
    WHERE d.run_id = alive.id AND d.purpose = 'reply'
      AND d.status IN ('planned', 'sending', 'sent')
    RETURNING d.id
""")

_REPLY_OF = text("""
    SELECT id, channel, account, recipient, payload FROM deliveries
    WHERE run_id = :run_id AND purpose = 'reply' ORDER BY id DESC LIMIT 1
""")

_GET = text("""
    SELECT id, channel, account, recipient, payload, run_id, conversation_id
    FROM deliveries WHERE id = :id
""")

_LOCK = text("SELECT payload FROM deliveries WHERE id = :id FOR UPDATE")

_CLAIM_DELIVERIES = text("""
    SELECT id, channel, account, recipient, payload, partial, revision, sent_revision,
           external_id, attempts
    FROM claim_deliveries(:limit, CAST(:lease AS interval), CAST(:channels AS text[]))
""")

_SENT = text("""
    UPDATE deliveries SET status = 'sent', external_id = :external_id,
           sent_revision = :revision, sent_at = coalesce(sent_at, now()),
           claimed_until = NULL, last_error = NULL, not_before = now() +
           CAST(:pause AS interval)
    WHERE id = :id AND attempts = :attempts AND status IN ('sending', 'sent')
""")

_POSTPONE = text("""
    UPDATE deliveries SET status = CASE WHEN external_id IS NULL THEN 'planned'
                                        ELSE 'sent' END,
           claimed_until = NULL, last_error = :error,
           not_before = now() + CAST(:pause AS interval)
    WHERE id = :id AND attempts = :attempts
""")

_END = text("""
    UPDATE deliveries SET status = :status, claimed_until = NULL, last_error = :error
    WHERE id = :id AND attempts = :attempts
""")

# Leases that run out (their holders may be dead), and what waits for its time.
_INBOX_DUE = text("""
    SELECT extract(epoch FROM min(claimed_until) - statement_timestamp())
    FROM inbox WHERE status = 'received'
""")

_DELIVERIES_DUE = text("""
    SELECT extract(epoch FROM min(due) - statement_timestamp()) FROM (
        SELECT min(claimed_until) FROM deliveries
        WHERE status = 'sending' AND channel = ANY(CAST(:channels AS text[]))
        UNION ALL
        SELECT min(not_before) FROM deliveries
        WHERE status = 'planned' AND not_before > statement_timestamp()
          AND channel = ANY(CAST(:channels AS text[]))
        UNION ALL
        SELECT min(greatest(not_before, claimed_until)) FROM deliveries
        WHERE status = 'sent' AND sent_revision < revision
          AND channel = ANY(CAST(:channels AS text[]))
    ) AS waiting (due)
""")

_RENEW = text("""
    UPDATE deliveries d SET claimed_until = now() + CAST(:lease AS interval)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]))
        AS held (id, attempts)
    WHERE d.id = held.id AND d.attempts = held.attempts AND d.claimed_until IS NOT NULL
""")

_UNSURE = text("""
    SELECT id, workspace_id, conversation_id, channel, account, recipient, payload,
           dedupe_key
    FROM deliveries d
    WHERE status = 'ambiguous' AND purpose <> 'notice'
      AND channel = ANY(CAST(:channels AS text[]))
      AND NOT EXISTS (SELECT FROM deliveries told
                      WHERE told.workspace_id IS NOT DISTINCT FROM d.workspace_id
                        AND told.dedupe_key = d.dedupe_key || '\\:unsure')
""")

# Without its placeholder: what is sent now is the answer itself, and only once. As long
# as it is being written there is nothing to send: the next edit finds the message gone
# as well.
_LOST_ITS_MESSAGE = text("""
    UPDATE deliveries SET claimed_until = NULL, last_error = :error,
        status = CASE WHEN partial IS NULL THEN 'planned' ELSE 'sent' END,
        external_id = CASE WHEN partial IS NULL THEN NULL ELSE external_id END,
        sent_revision = CASE WHEN partial IS NOT NULL
                             THEN CAST(:revision AS integer) END,
        payload = CASE WHEN partial IS NULL THEN payload || '{"placeholder": ""}'
                       ELSE payload END
    WHERE id = :id AND attempts = :attempts
""")

_SEND_AGAIN = text("""
    INSERT INTO deliveries (workspace_id, user_id, private_chat_id, conversation_id,
                            channel, account, recipient, purpose, dedupe_key, payload)
    SELECT workspace_id, user_id, private_chat_id, conversation_id, channel, account,
           recipient, purpose, dedupe_key || '\\:resent', payload
    FROM deliveries WHERE id = :id AND status = 'ambiguous'
    ON CONFLICT DO NOTHING
    RETURNING id
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
    """Take the next rows under a lease, each with its sender as far as known."""
    rows = await session.execute(
        _CLAIM_INBOX, {"limit": limit, "lease": _interval(lease_s)}
    )
    return [_claimed(row) for row in rows.mappings()]


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
        ),
    )


async def close_inbox(
    session: AsyncSession, item: Claimed, status: str, *, error: str | None = None
) -> None:
    """End a row we hold: ``processed``, ``ignored`` or ``failed``."""
    await session.execute(
        _CLOSE_INBOX,
        {
            "id": item.id,
            "attempts": item.attempts,
            "status": status,
            "error": error,
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
            "id": item.id,
            "attempts": item.attempts,
            "pause": _interval(pause_s),
            "error": error,
        },
    )


async def plan(
    session: AsyncSession, place: Place, payload: Mapping[str, Any], **row: Any
) -> UUID | None:
    """Insert a delivery; None when one with this ``dedupe_key`` is there already."""
    found: UUID | None = await session.scalar(
        _PLAN,
        {
            "workspace_id": None,
            "user_id": None,
            "private_chat_id": None,
            "run_id": None,
            "conversation_id": None,
            "purpose": "reply",
            **row,
            "channel": place.channel,
            "account": place.account,
            "recipient": place.recipient,
            "payload": json.dumps(payload),
        },
    )
    return found


async def revise(
    session: AsyncSession, delivery_id: UUID, payload: Mapping[str, Any]
) -> None:
    """Show something else in a message; the postman edits it."""
    await session.execute(_REVISE, {"id": delivery_id, "payload": json.dumps(payload)})


async def stream(
    session: AsyncSession, run_id: UUID, attempt: int, partial: str
) -> bool:
    """Show the text so far; False when this attempt is no longer running."""
    values = {"run_id": run_id, "attempt": attempt, "partial": partial}
    done = await session.execute(_STREAM, values)
    return done.first() is not None


async def reply_of(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    """The message that answers a run: the newest, should it have been sent anew."""
    found = await session.execute(_REPLY_OF, {"run_id": run_id})
    return found.mappings().one_or_none()


async def get(session: AsyncSession, delivery_id: UUID) -> RowMapping | None:
    """One delivery, if the caller may see it."""
    found = await session.execute(_GET, {"id": delivery_id})
    return found.mappings().one_or_none()


async def lock(session: AsyncSession, delivery_id: UUID) -> dict[str, Any]:
    """A delivery's payload as it stands, which nobody else changes meanwhile."""
    found = await session.execute(_LOCK, {"id": delivery_id})
    payload: dict[str, Any] = found.scalar_one()
    return payload


async def claim_deliveries(
    session: AsyncSession, *, limit: int, lease_s: float, channels: Sequence[str]
) -> list[Delivery]:
    """Take what is to be sent or edited, oldest first within a chat."""
    rows = await session.execute(
        _CLAIM_DELIVERIES,
        {"limit": limit, "lease": _interval(lease_s), "channels": list(channels)},
    )
    return [Delivery(**row) for row in rows.mappings()]


async def mark_sent(
    session: AsyncSession,
    delivery: Delivery,
    *,
    external_id: str,
    revision: int,
    pause_s: float,
) -> None:
    """Record that ``revision`` is shown; the next edit waits ``pause_s``."""
    await session.execute(
        _SENT,
        {
            "id": delivery.id,
            "attempts": delivery.attempts,
            "external_id": external_id,
            "revision": revision,
            "pause": _interval(pause_s),
        },
    )


async def postpone(
    session: AsyncSession, delivery: Delivery, *, pause_s: float, error: str
) -> None:
    """Give a delivery back, to be tried again after ``pause_s``."""
    await session.execute(
        _POSTPONE,
        {
            "id": delivery.id,
            "attempts": delivery.attempts,
            "pause": _interval(pause_s),
            "error": error,
        },
    )


async def lost_its_message(
    session: AsyncSession, delivery: Delivery, *, error: str
) -> None:
    """Plan an answer anew whose message is gone, unless it is still being written."""
    values = {
        "id": delivery.id,
        "attempts": delivery.attempts,
        "revision": delivery.revision,
        "error": error,
    }
    await session.execute(_LOST_ITS_MESSAGE, values)


async def end(
    session: AsyncSession, delivery: Delivery, *, status: str, error: str
) -> None:
    """End a delivery that will not be tried again: ``failed`` or ``ambiguous``."""
    await session.execute(
        _END,
        {
            "id": delivery.id,
            "attempts": delivery.attempts,
            "status": status,
            "error": error,
        },
    )


async def inbox_due(session: AsyncSession, at_most_s: float) -> float:
    """In how many seconds a lease runs out, ``at_most_s`` when none does."""
    return _soon(await session.scalar(_INBOX_DUE), at_most_s)


async def deliveries_due(
    session: AsyncSession, channels: Sequence[str], at_most_s: float
) -> float:
    """In how many seconds there may be something to send, at most ``at_most_s``."""
    due = await session.scalar(_DELIVERIES_DUE, {"channels": list(channels)})
    return _soon(due, at_most_s)


async def renew_deliveries(
    session: AsyncSession, held: Sequence[Delivery], *, lease_s: float
) -> None:
    """Prolong the leases that are still ours."""
    await session.execute(
        _RENEW,
        {
            "ids": [delivery.id for delivery in held],
            "attempts": [delivery.attempts for delivery in held],
            "lease": _interval(lease_s),
        },
    )


async def unsure(session: AsyncSession, channels: Sequence[str]) -> list[RowMapping]:
    """Messages that may not have arrived, and whose readers were not told yet."""
    found = await session.execute(_UNSURE, {"channels": list(channels)})
    return list(found.mappings())


async def send_again(session: AsyncSession, delivery_id: UUID) -> UUID | None:
    """Plan a message anew that may not have arrived; None when there is no such."""
    found: UUID | None = await session.scalar(_SEND_AGAIN, {"id": delivery_id})
    return found


def _soon(seconds: Any, at_most_s: float) -> float:
    # Never at once: what is due and was not claimed, another process just holds.
    return at_most_s if seconds is None else min(max(float(seconds), 0.02), at_most_s)


def _interval(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
