"""Every statement of the memory room."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller
from agent.memory.schemas import Dialog, Line, Said, Standing

_BEGIN = text("""
    WITH begun AS (
        INSERT INTO conversations (workspace_id, user_id, private_chat_id, client_id)
        SELECT :workspace_id, CAST(:user_id AS uuid),
               CASE WHEN CAST(:user_id AS uuid) IS NULL AND visibility = 'private'
                    THEN id END,
               client_id
        FROM chats WHERE id = :chat_id
        RETURNING id
    )
    UPDATE chats SET conversation_id = (SELECT id FROM begun) WHERE id = :chat_id
    RETURNING conversation_id
""")

_STANDING = text("""
    SELECT k.id AS client_id, k.name AS client_name, d.id, d.kind, d.step, d.answers,
           d.skill_id, d.subject_type, d.subject_id
    FROM conversations c
    -- One that was archived comes back here when it is restored.
    LEFT JOIN clients k ON k.id = c.client_id AND k.archived_at IS NULL
    LEFT JOIN dialogs d ON d.conversation_id = c.id AND d.status = 'active'
          AND d.author_id = :user_id AND (d.expires_at IS NULL OR d.expires_at > now())
    WHERE c.id = :conversation_id
""")

_INSERT_MESSAGE = text("""
    INSERT INTO messages (workspace_id, conversation_id, author_id, run_id, inbox_id,
        role, channel, account, chat_id, thread_id, channel_message_id, content,
        attachments)
    VALUES (:workspace_id, :conversation_id, :author_id, :run_id, :inbox_id, :role,
        :channel, :account, :chat_id, :thread_id, :channel_message_id, :content,
        CAST(:attachments AS jsonb))
    RETURNING id
""")

_HISTORY = text("""
    SELECT role, content, author_id, run_id FROM (
        SELECT id, role, content, author_id, run_id FROM messages
        WHERE conversation_id = :conversation_id AND id < :before
          AND role IN ('user', 'assistant')
        ORDER BY id DESC LIMIT :n
    ) latest ORDER BY id
""")

_TEXT_OF = text("SELECT content FROM messages WHERE id = :id")

_FIND_SAID = text("""
    SELECT content FROM messages
    WHERE channel = :channel AND account = :account AND chat_id = :chat
      AND channel_message_id = :message_id AND role = 'user'
    ORDER BY id DESC LIMIT 1
""")

_CLOSE_OPEN = text("""
    UPDATE dialogs SET status = :status, completed_at = now()
    WHERE conversation_id = :conversation_id AND author_id = :user_id
      AND status = 'active'
""")

_INSERT_DIALOG = """
    INSERT INTO dialogs (workspace_id, conversation_id, author_id, skill_id, kind, step,
                         answers, subject_type, subject_id, expires_at)
    VALUES (:workspace_id, :conversation_id, :author_id, :skill_id, :kind, :step,
            CAST(:answers AS jsonb), :subject_type, :subject_id,
            now() + make_interval(mins => :minutes))
"""
_OPEN = text(f"{_INSERT_DIALOG} RETURNING id")
_OPEN_IF_FREE = text(f"{_INSERT_DIALOG} ON CONFLICT DO NOTHING RETURNING id")

_CLOSE_IDLE = text("""
    UPDATE dialogs SET status = 'expired', completed_at = now()
    WHERE conversation_id = :conversation_id AND author_id = :author_id
      AND status = 'active' AND (kind = 'review' OR expires_at <= now())
""")

_CLOSE_ABOUT = text("""
    UPDATE dialogs SET status = 'completed', completed_at = now()
    WHERE subject_id = :subject_id AND status = 'active'
""")

_MOVE = text("""
    UPDATE dialogs SET step = :step, answers = CAST(:answers AS jsonb)
    WHERE id = :id AND status = 'active' RETURNING id
""")

_CLOSE = text("""
    UPDATE dialogs SET status = :status, completed_at = now()
    WHERE id = :id AND status = 'active' RETURNING id
""")

_SET_CLIENT = text("""
    WITH here AS (
        UPDATE conversations SET client_id = :client_id WHERE id = :id RETURNING id
    )
    UPDATE chats SET client_id = :client_id
    WHERE conversation_id = (SELECT id FROM here)
""")

_GET_DIALOG = text("""
    SELECT id, kind, step, answers, skill_id, subject_type, subject_id FROM dialogs
    WHERE id = :id AND status = 'active' AND author_id = :user_id
      AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
""")

_OPEN_FORM = text("""
    SELECT id, kind, step, answers, skill_id, subject_type, subject_id FROM dialogs
    WHERE author_id = :user_id AND status = 'active'
      AND (subject_type = 'operation' OR kind = 'interview')
      AND (expires_at IS NULL OR expires_at > now())
    ORDER BY id DESC LIMIT 1 FOR UPDATE
""")


async def begin(
    session: AsyncSession, *, workspace_id: UUID, chat_id: UUID, user_id: UUID | None
) -> UUID:
    """Begin a conversation and let the chat continue it."""
    values = {"workspace_id": workspace_id, "chat_id": chat_id, "user_id": user_id}
    found: UUID = (await session.execute(_BEGIN, values)).scalar_one()
    return found


async def standing(
    session: AsyncSession, conversation_id: UUID, user_id: UUID
) -> Standing:
    """The open dialog of this person, and the current brand."""
    values = {"conversation_id": conversation_id, "user_id": user_id}
    row = (await session.execute(_STANDING, values)).one_or_none()
    if row is None:
        return Standing()
    dialog = None
    if row.id is not None:
        dialog = Dialog(
            id=row.id,
            kind=row.kind,
            step=row.step,
            answers=row.answers,
            skill_id=row.skill_id,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
        )
    return Standing(dialog, row.client_id, row.client_name)


async def insert_message(
    session: AsyncSession, caller: Caller, *, role: str, said: Said, run_id: UUID | None
) -> UUID:
    """Keep one turn."""
    values = {
        "workspace_id": caller.workspace_id,
        "conversation_id": caller.conversation_id,
        "author_id": caller.user_id if role == "user" else None,
        "run_id": run_id,
        "inbox_id": said.inbox_id,
        "role": role,
        "channel": said.channel,
        "account": said.account,
        "chat_id": said.chat or None,
        "thread_id": said.thread or None,
        "channel_message_id": said.channel_message_id or None,
        "content": said.content,
        "attachments": json.dumps([dict(one) for one in said.attachments]),
    }
    found: UUID = (await session.execute(_INSERT_MESSAGE, values)).scalar_one()
    return found


async def history(
    session: AsyncSession, conversation_id: UUID, *, before: UUID, n: int
) -> list[Line]:
    """The latest ``n`` turns before a message, oldest first."""
    values = {"conversation_id": conversation_id, "before": before, "n": n}
    rows = await session.execute(_HISTORY, values)
    return [Line(*row) for row in rows]


async def text_of(session: AsyncSession, message_id: UUID) -> str | None:
    """What a message says; None when row security hides it."""
    found: str | None = await session.scalar(_TEXT_OF, {"id": message_id})
    return found


async def find_said(session: AsyncSession, said: Said) -> str | None:
    """What the message with this messenger's id said when it was kept."""
    values = {
        "channel": said.channel,
        "account": said.account,
        "chat": said.chat,
        "message_id": said.channel_message_id,
    }
    found: str | None = await session.scalar(_FIND_SAID, values)
    return found


async def close_open_dialog(
    session: AsyncSession, caller: Caller, *, status: str
) -> None:
    """End whatever the caller is being asked in this conversation."""
    await session.execute(
        _CLOSE_OPEN,
        {
            "conversation_id": caller.conversation_id,
            "user_id": caller.user_id,
            "status": status,
        },
    )


async def open_dialog(
    session: AsyncSession, caller: Caller, dialog: Dialog, *, minutes: int
) -> UUID:
    """Ask the caller something in this conversation."""
    values = _row(caller, dialog, minutes)
    found: UUID = (await session.execute(_OPEN, values)).scalar_one()
    return found


async def open_dialog_if_free(
    session: AsyncSession, caller: Caller, dialog: Dialog, *, minutes: int
) -> bool:
    """Ask unless another question is open; False when one is."""
    values = _row(caller, dialog, minutes)
    await session.execute(_CLOSE_IDLE, values)
    return (await session.execute(_OPEN_IF_FREE, values)).first() is not None


async def close_dialogs_about(session: AsyncSession, subject_id: UUID) -> None:
    """End the open dialogs about one thing."""
    await session.execute(_CLOSE_ABOUT, {"subject_id": subject_id})


def _row(caller: Caller, dialog: Dialog, minutes: int) -> dict[str, Any]:
    return {
        "workspace_id": caller.workspace_id,
        "conversation_id": caller.conversation_id,
        "author_id": caller.user_id,
        "skill_id": dialog.skill_id,
        "kind": dialog.kind,
        "step": dialog.step,
        "answers": json.dumps(dict(dialog.answers)),
        "subject_type": dialog.subject_type,
        "subject_id": dialog.subject_id,
        "minutes": minutes,
    }


async def move_dialog(session: AsyncSession, dialog: Dialog) -> bool:
    """Keep answers and step; False when it is no longer open."""
    values = {
        "id": dialog.id,
        "step": dialog.step,
        "answers": json.dumps(dict(dialog.answers)),
    }
    return (await session.execute(_MOVE, values)).first() is not None


async def close_dialog(session: AsyncSession, dialog_id: UUID, status: str) -> bool:
    """End a dialog; False when it had ended."""
    values = {"id": dialog_id, "status": status}
    return (await session.execute(_CLOSE, values)).first() is not None


async def open_dialog_of(
    session: AsyncSession, dialog_id: UUID, user_id: UUID
) -> Dialog | None:
    """An open dialog that asks this very person."""
    found = await session.execute(_GET_DIALOG, {"id": dialog_id, "user_id": user_id})
    row = found.mappings().one_or_none()
    return Dialog(**row) if row else None


async def set_client(
    session: AsyncSession, conversation_id: UUID, client_id: UUID
) -> None:
    """Let a conversation be about a brand; its chat starts with it from now on."""
    values = {"id": conversation_id, "client_id": client_id}
    await session.execute(_SET_CLIENT, values)


async def open_form(session: AsyncSession, user_id: UUID) -> Dialog | None:
    """The newest form or interview this person has left open, in whichever chat."""
    found = await session.execute(_OPEN_FORM, {"user_id": user_id})
    row = found.mappings().one_or_none()
    return Dialog(**row) if row else None
