"""Statements about one kept event: who did it, and what they brought along.

``session`` is the worker's: the event is of whoever sent it, and nobody else asks.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import Sender

_QUOTED = text("""
    SELECT payload->'quoted' FROM inbox
    WHERE id = :id AND channel = :channel AND account = :account
      AND payload->>'sender' = :sender
""")

_SENDER = text("""
    SELECT user_id, workspace_id, role, chat_row_id, conversation_id, client_id,
           coalesce(timezone, 'UTC') AS timezone
    FROM resolve_sender(:channel, :team, :sender, :account, :chat, '')
""")


async def quoted(session: AsyncSession, event_id: UUID, **sent_by: str) -> list[Any]:
    """What came along with an event of this very sender, as JSON; empty when gone.

    ``sent_by``: channel, account, sender.
    """
    found = await session.scalar(_QUOTED, {"id": event_id, **sent_by})
    return found if isinstance(found, list) else []


async def sender_in(session: AsyncSession, **where: str) -> Sender:
    """Who that is in another chat: channel, account, team, sender, chat."""
    row = (await session.execute(_SENDER, where)).mappings().one_or_none()
    return Sender(**row) if row else Sender()
