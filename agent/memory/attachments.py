"""Which files a conversation has on its table."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Origin

_OF = text("SELECT attachments FROM messages WHERE id = :id")

# The message answered; else what was said just before, or, where the words say that
# they are about a file, the last message with one.
RECENT = """
    SELECT attachments FROM (
        (SELECT 1 AS rank, id, attachments FROM messages
         WHERE CAST(:answered AS text) <> '' AND channel = :channel
           AND account = :account AND chat_id = :chat
           AND channel_message_id = :answered AND attachments <> '[]'
         ORDER BY id DESC LIMIT 1)
        UNION ALL
        SELECT 2, id, attachments FROM (
            SELECT id, attachments, created_at FROM messages
            WHERE conversation_id = :conversation_id AND role = 'user'
              AND (CAST(:before AS uuid) IS NULL OR id < :before)
            ORDER BY id DESC LIMIT 1) last
        WHERE attachments <> '[]' AND created_at > now() - interval '1 hour'
        UNION ALL
        (SELECT 3, id, attachments FROM messages
         WHERE CAST(:is_named AS boolean) AND conversation_id = :conversation_id
           AND role = 'user' AND attachments <> '[]'
           AND created_at > now() - interval '1 day'
         ORDER BY id DESC LIMIT 1)
    ) found WHERE CAST(:may_recall AS boolean) ORDER BY rank LIMIT 1
"""
"""The attachments that a message without any is about; it takes ``meant``'s values."""


async def of(session: AsyncSession, message_id: UUID) -> list[UUID]:
    """The files that came with a kept message, if the caller may read it."""
    return ids(await session.scalar(_OF, {"id": message_id}))


def meant(
    caller: Caller, origin: Origin, *, before: UUID | None = None
) -> dict[str, Any]:
    """Whose words, and which files they may mean, for ``RECENT``.

    ``before``: the message itself, where it is kept already.
    """
    recall = origin.recall
    return {
        "may_recall": recall is not None,
        "is_named": recall is not None and recall.is_named,
        "answered": recall.answered if recall else "",
        "channel": origin.channel,
        "account": origin.account,
        "chat": origin.chat,
        "conversation_id": caller.conversation_id,
        "before": before,
    }


def ids(attachments: Iterable[dict[str, str]] | None) -> list[UUID]:
    """The files of ``messages.attachments``."""
    return [UUID(one["asset_id"]) for one in attachments or ()]
