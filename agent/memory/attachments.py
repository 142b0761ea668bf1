"""Which files a conversation has on its table."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller

_OF = text("SELECT attachments FROM messages WHERE id = :id")

# The message answered; else what was said just before, or, where the words say that
# they are about a file, the last message with one.
_RECENT = text("""
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
            ORDER BY id DESC LIMIT 1) last
        WHERE attachments <> '[]' AND created_at > now() - interval '1 hour'
        UNION ALL
        (SELECT 3, id, attachments FROM messages
         WHERE :named AND conversation_id = :conversation_id AND role = 'user'
           AND attachments <> '[]' AND created_at > now() - interval '1 day'
         ORDER BY id DESC LIMIT 1)
    ) found ORDER BY rank LIMIT 1
""")


async def of(session: AsyncSession, message_id: UUID) -> list[UUID]:
    """The files that came with a kept message, if the caller may read it."""
    return _ids(await session.scalar(_OF, {"id": message_id}))


async def recent(
    session: AsyncSession,
    caller: Caller,
    *,
    answered: tuple[str, str, str, str],
    named: bool,
) -> list[UUID]:
    """The files that a message without any is about.

    ``answered``: channel, account, chat and id of the message it replies to; the id is
    empty where it replies to none. ``named``: whether its words speak of a file.
    """
    channel, account, chat, message_id = answered
    values = {
        "channel": channel,
        "account": account,
        "chat": chat,
        "answered": message_id,
        "conversation_id": caller.conversation_id,
        "named": named,
    }
    return _ids(await session.scalar(_RECENT, values))


def _ids(attachments: Iterable[dict[str, str]] | None) -> list[UUID]:
    return [UUID(one["asset_id"]) for one in attachments or ()]
