"""Statements about a person's private chat with us. ``session`` is the tenant's."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_CONVERSATION = text("""
    SELECT c.conversation_id FROM chats c
    JOIN conversations v ON v.workspace_id = c.workspace_id
        AND v.id = c.conversation_id AND v.user_id = :user_id
    WHERE c.channel = 'telegram' AND c.account = :account AND c.chat_id = :chat
      AND c.thread_id = '' AND c.kind = 'private' AND c.state = 'active'
""")


async def chat_of(
    session: AsyncSession, user_id: UUID, account: str, chat: str
) -> UUID | None:
    """The conversation of a Telegram chat with a person, where they have one here."""
    values = {"user_id": user_id, "account": account, "chat": chat}
    found: UUID | None = await session.scalar(_CONVERSATION, values)
    return found
