"""Events that are still to be posted: rows of ``outbox``, its SQL and nothing else.

``payload``: ``event`` as it is posted, then ``seed`` and ``place`` (what makes the
server's id of it, fixed when it is first tried), then ``internal_id`` (that id).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from bot.durable.port import Event

CHANNEL = "outbox"
KEPT = timedelta(days=7)

# No conflict target: naming one would need the right to read the table.
PUT = text("""
    WITH kept AS (
        INSERT INTO outbox (workspace_id, topic, key, payload)
        SELECT NULLIF(current_setting('app.workspace_id', true), '')::uuid,
            'inngest', key, payload
        FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS jsonb[]))
            WITH ORDINALITY AS e (key, payload, place)
        ORDER BY place
        ON CONFLICT DO NOTHING
    )
    SELECT pg_notify('outbox', 'inngest')
""")
SENT = text("""
    INSERT INTO outbox (topic, key, payload, published_at)
    SELECT 'inngest', key, payload, now()
    FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS jsonb[])) AS e (key, payload)
    ON CONFLICT DO NOTHING
""")
CLAIM = text("""
    WITH due AS (
        SELECT id, attempts FROM outbox
        WHERE topic = 'inngest' AND published_at IS NULL AND available_at <= now()
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ), placed AS (
        SELECT id, attempts,
            row_number() OVER (PARTITION BY attempts = 0 ORDER BY id) - 1 AS place
        FROM due
    )
    UPDATE outbox o SET
        attempts = least(placed.attempts + 1, 32000),
        available_at = now() + :lease,
        payload = CASE WHEN placed.attempts > 0 THEN o.payload
            ELSE o.payload || jsonb_build_object(
                'seed', CAST(:seed AS text), 'place', placed.place) END
    FROM placed WHERE o.id = placed.id
    RETURNING o.id, o.key, o.payload, o.attempts, o.last_error,
        (extract(epoch FROM o.created_at) * 1000)::bigint AS ts
""").columns(payload=JSONB)
# A post that arrived has arrived, whoever holds the lease by now.
PUBLISHED = text("""
    UPDATE outbox o SET published_at = now(), last_error = NULL,
        payload = o.payload || jsonb_strip_nulls(
            jsonb_build_object('internal_id', done.internal_id))
    FROM unnest(CAST(:ids AS uuid[]), CAST(:internal_ids AS text[]))
        AS done (id, internal_id)
    WHERE o.id = done.id AND o.published_at IS NULL
""")
AGAIN = text("""
    UPDATE outbox o SET available_at = now() + :wait, last_error = :why
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]))
        AS tried (id, attempts)
    WHERE o.id = tried.id AND o.attempts = tried.attempts AND o.published_at IS NULL
""")
WAITING = text(
    "SELECT count(*) FROM outbox WHERE topic = 'inngest' AND published_at IS NULL"
)
INTERNAL_ID = text("""
    SELECT payload->>'internal_id' FROM outbox
    WHERE topic = 'inngest' AND key = :key
""")
PRUNE = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox
        WHERE topic = 'inngest' AND published_at < now() - CAST(:age AS interval)
        LIMIT :most
    )
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that this relay may post until its lease ends."""

    id: Any
    key: str
    payload: Mapping[str, Any]
    attempts: int
    """This one included; it fences the lease."""
    last_error: str | None
    ts: int

    @property
    def is_new(self) -> bool:
        """Whether nobody tried it before."""
        return self.attempts == 1

    @property
    def event(self) -> dict[str, Any]:
        """The event as it is posted."""
        return {**self.payload["event"], "ts": self.ts}


async def put(session: AsyncSession, events: Sequence[Event]) -> list[str]:
    """Keep events in the caller's transaction, once each; return their ids."""
    await session.execute(PUT, _columns(events))
    return [event.id for event in events]


async def put_sent(
    session: AsyncSession, events: Sequence[Event], internal_ids: Sequence[str]
) -> None:
    """Remember events that were posted past the outbox, to find their runs."""
    columns = _columns(events, internal_ids)
    await session.execute(SENT, columns)


async def claim(
    session: AsyncSession, *, most: int, lease: timedelta, seed: str
) -> list[Waiting]:
    """Take what is due, oldest first; new ones take their place under ``seed``."""
    values = {"most": most, "lease": lease, "seed": seed}
    rows = (await session.execute(CLAIM, values)).mappings().all()
    return sorted((Waiting(**row) for row in rows), key=lambda one: one.id)


async def published(
    session: AsyncSession, posted: Sequence[Waiting], internal_ids: Sequence[str]
) -> None:
    """Note that the server has them, and what it calls them."""
    told: list[str | None] = list(internal_ids) or [None] * len(posted)
    values = {"ids": [one.id for one in posted], "internal_ids": told}
    await session.execute(PUBLISHED, values)


async def again(
    session: AsyncSession, tried: Sequence[Waiting], why: str, wait: timedelta
) -> None:
    """Give them back, to be tried after ``wait``; not what others took meanwhile."""
    values = {
        "ids": [one.id for one in tried],
        "attempts": [one.attempts for one in tried],
        "why": why,
        "wait": wait,
    }
    await session.execute(AGAIN, values)


async def waiting(session: AsyncSession) -> int:
    """How many events are still to be posted."""
    return int((await session.execute(WAITING)).scalar_one())


async def internal_id(session: AsyncSession, key: str) -> str | None:
    """What the server calls an event; None before it has it, and after pruning."""
    found = await session.execute(INTERNAL_ID, {"key": key})
    return found.scalar_one_or_none()


async def prune(
    session: AsyncSession, *, older_than: timedelta = KEPT, most: int = 1000
) -> int:
    """Forget posted events by age, ``most`` at a time; how many those were."""
    values = {"age": older_than, "most": most}
    return len((await session.execute(PRUNE, values)).all())


def _columns(
    events: Sequence[Event], internal_ids: Sequence[str] = ()
) -> dict[str, list[str]]:
    payloads: list[dict[str, Any]] = [{"event": as_json(event)} for event in events]
    for payload, told in zip(payloads, internal_ids, strict=False):
        payload["internal_id"] = told
    return {
        "keys": [event.id for event in events],
        "payloads": [json.dumps(payload) for payload in payloads],
    }


def as_json(event: Event) -> dict[str, Any]:
    """Return the event as the event API takes it."""
    return {
        "id": event.id,
        "name": event.name,
        "data": dict(event.data),
        "user": dict(event.user),
    }
