"""Conversations: whose they are, what was said, what is being asked."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent import recognise
from agent.ctx import Caller
from agent.memory import queries
from agent.memory.schemas import Dialog, Line, Said, Standing

HISTORY = 12
"""Turns of a conversation that a prompt may see."""


def redact(text: str) -> str:
    """The text without keys and tokens, which are never kept."""
    return recognise.redact(text)


async def ensure(session: AsyncSession, caller: Caller, *, is_private: bool) -> UUID:
    """The conversation the caller's chat continues; begun when there is none.

    One person's chat is theirs alone; a group's is the group's, unless it is open to
    all members.
    """
    if caller.conversation_id is not None:
        return caller.conversation_id
    assert caller.chat_id is not None  # noqa: S101 - every message comes from a chat
    return await queries.begin(
        session,
        workspace_id=caller.workspace_id,
        chat_id=caller.chat_id,
        user_id=caller.user_id if is_private else None,
    )


async def standing(
    session: AsyncSession, conversation_id: UUID, user_id: UUID
) -> Standing:
    """The open question to this person here, and the brand being talked about."""
    return await queries.standing(session, conversation_id, user_id)


async def say(session: AsyncSession, caller: Caller, said: Said) -> UUID:
    """Keep what the caller wrote; its id."""
    return await queries.insert_message(
        session, caller, role="user", said=said, run_id=None
    )


async def answer(
    session: AsyncSession, caller: Caller, content: str, *, run_id: UUID
) -> UUID:
    """Keep what we answered, for later turns; its id."""
    said = Said(content=content, channel=caller.channel)
    return await queries.insert_message(
        session, caller, role="assistant", said=said, run_id=run_id
    )


async def history(
    session: AsyncSession, conversation_id: UUID, *, before: UUID
) -> list[Line]:
    """The latest turns before a message, oldest first."""
    return await queries.history(session, conversation_id, before=before, n=HISTORY)


async def ends_in_question(
    session: AsyncSession, caller: Caller, *, before: UUID
) -> bool:
    """Whether what we said last before a message asks something in plain words."""
    assert caller.conversation_id is not None  # noqa: S101 - ensured before
    lines = await queries.history(session, caller.conversation_id, before=before, n=1)
    return any(
        line.role == "assistant" and line.content.rstrip(" *_)\n").endswith("?")
        for line in lines
    )


async def find_said(session: AsyncSession, said: Said) -> str | None:
    """What a messenger's message said when it was kept, before it was edited."""
    return await queries.find_said(session, said)


async def text_of(session: AsyncSession, message_id: UUID) -> str | None:
    """What a message says, if the caller may read it."""
    return await queries.text_of(session, message_id)


async def ask(
    session: AsyncSession, caller: Caller, dialog: Dialog, *, minutes: int
) -> UUID:
    """Open a question to the caller; one that was open here is given up."""
    await queries.close_open_dialog(session, caller, status="abandoned")
    return await queries.open_dialog(session, caller, dialog, minutes=minutes)


async def ask_unless_busy(
    session: AsyncSession, caller: Caller, dialog: Dialog, *, minutes: int
) -> bool:
    """Open a question unless the caller is in the middle of another one here.

    A request for a reason, or what has expired, is no reason to wait.
    """
    return await queries.open_dialog_if_free(session, caller, dialog, minutes=minutes)


async def asked(session: AsyncSession, dialog_id: UUID, user_id: UUID) -> Dialog | None:
    """The open question with this id, if it is put to this very person."""
    return await queries.open_dialog_of(session, dialog_id, user_id)


async def move(session: AsyncSession, dialog: Dialog) -> bool:
    """Keep the answers and the step reached; False when it is no longer open."""
    return await queries.move_dialog(session, dialog)


async def close_about(session: AsyncSession, subject_id: UUID) -> None:
    """End every question about one thing: it is settled, whoever was asked."""
    await queries.close_dialogs_about(session, subject_id)


async def close(session: AsyncSession, dialog_id: UUID, status: str) -> bool:
    """End a question: ``completed`` or ``abandoned``; False when it had ended."""
    return await queries.close_dialog(session, dialog_id, status)
