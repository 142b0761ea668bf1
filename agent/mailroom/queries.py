"""Statements of the mailroom: what a message shows."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import (
    Place,
)

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

# What is whole does not wait its turn as the next look of a growing text would; only
# as its messenger asked (429).
# Nothing is sent of what failed; but its reader can be told of it now.
_REVISE = text("""
    WITH revised AS (
        UPDATE deliveries SET payload = CAST(:payload AS jsonb), partial = NULL,
               revision = revision + 1,
               not_before = CASE WHEN status <> 'sent' OR response_code = 429
                                 THEN not_before END
        WHERE id = :id RETURNING status
    )
    SELECT pg_notify('deliveries', '') FROM revised WHERE status = 'failed'
""")

# What is only shown for a while is due again in time; news need not wait for that.
_SOON = """
    not_before = CASE WHEN starts_with(d.external_id, 'preview\\:')
                           AND d.response_code IS DISTINCT FROM 429
                      THEN NULL ELSE d.not_before END
"""

# Whoever ends the run changes its row first: after that nothing is streamed.
_STREAM = text(f"""
    WITH alive AS (
        SELECT id FROM runs WHERE id = :run_id AND attempt = :attempt
          AND status = 'running' FOR SHARE
    )
    UPDATE deliveries d SET partial = :partial, revision = d.revision + 1, {_SOON}
    FROM alive
    WHERE d.run_id = alive.id AND d.purpose = 'reply'
      AND d.status IN ('planned', 'sending', 'sent')
    RETURNING d.id
""")  # noqa: S608 - a constant of ours

# The same care: nobody says how a run gets on that has ended. An empty line is what
# the placeholder said.
_PROGRESS = text(f"""
    WITH alive AS (
        SELECT id FROM runs WHERE id = :run_id AND attempt = :attempt
          AND status IN ('queued', 'running') FOR SHARE
    )
    UPDATE deliveries d SET revision = d.revision + 1, {_SOON},
        payload = CASE CAST(:line AS text) WHEN '' THEN
            -- Its turn has come: what could be cancelled can be stopped now.
            CASE WHEN d.payload ? 'queued' THEN
                jsonb_set(d.payload - 'queued', '{{buttons,0,label}}', '"Stop"')
                ELSE d.payload END - 'progress'
            ELSE d.payload || jsonb_build_object('progress', CAST(:line AS text)) END
    FROM alive
    WHERE d.run_id = alive.id AND d.purpose = 'reply'
      AND d.status IN ('planned', 'sending', 'sent')
      AND coalesce(d.payload->>'progress', '') <> :line
""")  # noqa: S608 - a constant of ours

_REPLY_OF = text("""
    SELECT id, channel, account, recipient, payload, partial FROM deliveries
    WHERE run_id = :run_id AND purpose = 'reply' ORDER BY id DESC LIMIT 1
""")

# A long answer's further pages, and its file, say whose they are by their key alone.
_RUN_OF = text("""
    SELECT coalesce(run_id, CAST(split_part(dedupe_key, '\\:', 2) AS uuid))
    FROM deliveries
    WHERE channel = :channel AND account = :account
      AND recipient IN (:chat || '/' || :thread, :chat || '/')
      AND external_id = :external_id
      AND (run_id IS NOT NULL OR starts_with(dedupe_key, 'run\\:'))
    ORDER BY id DESC LIMIT 1
""")

# What is being written goes before what waits its turn behind it.
_BEING_ANSWERED = text("""
    SELECT d.run_id FROM deliveries d JOIN runs r ON r.id = d.run_id
    WHERE d.channel = :channel AND d.account = :account
      AND d.recipient = :chat || '/' || :thread AND d.purpose = 'reply'
      AND r.status IN ('queued', 'running', 'waiting_approval', 'waiting_input')
      -- A message of ours was named: that one, or none should it be whole by now.
      AND (:external_id IN (d.external_id, d.payload->>'preview') OR NOT EXISTS (
           SELECT FROM deliveries named
           WHERE named.channel = d.channel AND named.account = d.account
             AND named.recipient = d.recipient
             AND :external_id IN (named.external_id, named.payload->>'preview')))
    ORDER BY (d.external_id = :external_id) DESC NULLS LAST,
             (r.status = 'running') DESC, d.id DESC
    LIMIT 1
""")

_GET = text("""
    SELECT id, channel, account, recipient, payload, run_id, conversation_id
    FROM deliveries WHERE id = :id
""")

_LOCK = text("SELECT payload FROM deliveries WHERE id = :id FOR UPDATE")

_SEND_AGAIN = text("""
    INSERT INTO deliveries (workspace_id, user_id, private_chat_id, conversation_id,
                            channel, account, recipient, purpose, dedupe_key, payload)
    SELECT workspace_id, user_id, private_chat_id, conversation_id, channel, account,
           recipient, purpose, dedupe_key || '\\:resent', payload
    FROM deliveries WHERE id = :id AND status = 'ambiguous'
    ON CONFLICT DO NOTHING
    RETURNING id
""")


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


async def progress(
    session: AsyncSession, run_id: UUID, attempt: int, line: str
) -> None:
    """Say what is being done, where the answer will be."""
    values = {"run_id": run_id, "attempt": attempt, "line": line}
    await session.execute(_PROGRESS, values)


async def reply_of(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    """The message that answers a run: the newest, should it have been sent anew."""
    found = await session.execute(_REPLY_OF, {"run_id": run_id})
    return found.mappings().one_or_none()


async def run_of(session: AsyncSession, **values: str) -> UUID | None:
    """The run that a messenger's message answers."""
    found: UUID | None = await session.scalar(_RUN_OF, values)
    return found


async def being_answered(session: AsyncSession, **values: str) -> UUID | None:
    """The run whose answer is on its way there."""
    found: UUID | None = await session.scalar(_BEING_ANSWERED, values)
    return found


async def get(session: AsyncSession, delivery_id: UUID) -> RowMapping | None:
    """One delivery, if the caller may see it."""
    found = await session.execute(_GET, {"id": delivery_id})
    return found.mappings().one_or_none()


async def lock(session: AsyncSession, delivery_id: UUID) -> dict[str, Any]:
    """A delivery's payload as it stands, which nobody else changes meanwhile."""
    found = await session.execute(_LOCK, {"id": delivery_id})
    payload: dict[str, Any] = found.scalar_one()
    return payload


async def send_again(session: AsyncSession, delivery_id: UUID) -> UUID | None:
    """Plan a message anew that may not have arrived; None when there is no such."""
    found: UUID | None = await session.scalar(_SEND_AGAIN, {"id": delivery_id})
    return found
