"""Statements about pages of ours: what each of their buttons does, while they stand."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller
from agent.mailroom.schemas import Place

# It is shown by whoever made it, so the postman finds nothing to do. A page that is
# shown again after a crash has the same id, and what its buttons say by then.
_KEEP = text("""
    INSERT INTO deliveries (workspace_id, user_id, channel, account, recipient, purpose,
                            dedupe_key, payload, status, sent_revision)
    VALUES (:workspace_id, :user_id, :channel, :account, :recipient, 'notice',
            :dedupe_key, CAST(:payload AS jsonb), 'sent', 0)
    ON CONFLICT (workspace_id, dedupe_key) DO UPDATE SET payload = excluded.payload
    RETURNING id
""")

_FAILED = text("""
    UPDATE deliveries SET status = 'failed', last_error = :error WHERE id = :id
""")


async def keep(
    session: AsyncSession,
    caller: Caller,
    place: Place,
    payload: Mapping[str, Any],
    *,
    key: str,
) -> UUID:
    """Keep what a person's page shows, for them alone; its id."""
    values = {
        "workspace_id": caller.workspace_id,
        "user_id": caller.user_id,
        "channel": place.channel,
        "account": place.account,
        "recipient": place.recipient,
        "dedupe_key": key,
        "payload": json.dumps(payload),
    }
    found: UUID = (await session.execute(_KEEP, values)).scalar_one()
    return found


async def failed(session: AsyncSession, page_id: UUID, error: str) -> None:
    """Write down that a page could not be shown, and why."""
    await session.execute(_FAILED, {"id": page_id, "error": error})
