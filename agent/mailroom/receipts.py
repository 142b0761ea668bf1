"""A word that something came, which then becomes its answer: one message, not two."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place

MARK = "receipt"

_FIND = text("""
    SELECT id FROM deliveries WHERE dedupe_key = :key AND payload ? 'receipt'
    FOR UPDATE
""")

# What was sent first stays its placeholder: only then is sending it again harmless.
# The time is the answer's: a page shows it below the message, which is kept with it.
_BECOME = text("""
    UPDATE deliveries SET run_id = coalesce(CAST(:run_id AS uuid), run_id),
        payload = CAST(:payload AS jsonb) || jsonb_build_object('placeholder',
            coalesce(nullif(CAST(:placeholder AS text), ''),
                     payload ->> 'placeholder', '')),
        revision = revision + 1, partial = NULL, created_at = now()
    WHERE id = :id
""")


async def plan(
    session: AsyncSession, place: Place, words: str, *, owner: Owner, key: str
) -> None:
    """Say that it came, where the answer with this ``key`` will stand."""
    message = Message(words, placeholder=words)
    await queries.plan(
        session,
        place,
        message.payload(place.extra) | {MARK: True},
        workspace_id=owner.workspace_id,
        conversation_id=owner.conversation_id,
        run_id=None,
        purpose=message.purpose,
        dedupe_key=key,
    )


async def find(session: AsyncSession, key: str) -> UUID | None:
    """The receipt that stands in the answer's place, if there is one."""
    found: UUID | None = await session.scalar(_FIND, {"key": key})
    return found


async def become(
    session: AsyncSession,
    receipt: UUID,
    payload: Mapping[str, Any],
    *,
    run_id: UUID | None = None,
) -> None:
    """Let the receipt show the answer; a receipt it is no more."""
    await session.execute(
        _BECOME,
        {
            "id": receipt,
            "payload": json.dumps(dict(payload)),
            "placeholder": payload.get("placeholder", ""),
            "run_id": run_id,
        },
    )
