"""Statements that find, make and admit people, run as ``agent_door``."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_HOME = text("""
    SELECT w.id AS workspace_id, m.user_id FROM workspaces w
    LEFT JOIN workspace_members m ON m.workspace_id = w.id AND m.role = 'owner'
    WHERE w.erased_at IS NULL AND w.kind IN ('personal', 'team')
    ORDER BY w.id, m.joined_at, m.id LIMIT 1
""")
_ADD_USER = text("""
    INSERT INTO users (id, full_name) VALUES (:id, :full_name)
""")
_ADD_WORKSPACE = text("""
    INSERT INTO workspaces (id, name, kind) VALUES (:id, :name, 'team')
""")
_ADD_MEMBER = text("""
    INSERT INTO workspace_members (workspace_id, user_id, role, display_name)
    VALUES (:workspace_id, :user_id, :role, :display_name)
    ON CONFLICT (workspace_id, user_id) DO NOTHING
""")
_ADD_CHANNEL = text("""
    INSERT INTO user_channels (user_id, workspace_id, channel, team_id,
                               channel_user_id, channel_username, last_seen_at)
    VALUES (:user_id, :workspace_id, :channel, :team_id, :channel_user_id, :username,
            now())
    ON CONFLICT (channel, team_id, channel_user_id) DO NOTHING
""")
_MOVE_CHANNEL = text("""
    UPDATE user_channels SET user_id = :user_id, workspace_id = :workspace_id
    WHERE channel = :channel AND team_id = :team_id
      AND channel_user_id = :channel_user_id
""")
_KNOWN = text("""
    SELECT k.user_id, k.workspace_id FROM user_channels k
    JOIN workspace_members m USING (user_id, workspace_id)
    WHERE k.channel = :channel AND k.team_id = :team_id
      AND k.channel_user_id = :channel_user_id
""")
_ADD_CHAT = text("""
    INSERT INTO chats (workspace_id, channel, account, chat_id, thread_id, kind,
                       visibility, client_id)
    VALUES (:workspace_id, :channel, :account, :chat_id, :thread_id, :kind,
            :visibility, :client_id)
    ON CONFLICT (channel, account, chat_id, thread_id) DO NOTHING
    RETURNING id
""")
_PARENT_CHAT = text("""
    SELECT workspace_id, client_id, visibility FROM chats
    WHERE channel = :channel AND account = :account AND chat_id = :chat_id
      AND thread_id = ''
""")
_FIND_CHAT = text("""
    SELECT id FROM chats WHERE channel = :channel AND account = :account
      AND chat_id = :chat_id AND thread_id = :thread_id
""")
_HAND_OVER = text("""
    UPDATE chats c SET workspace_id = :workspace_id, conversation_id = NULL,
        client_id = NULL
    WHERE channel = :channel AND account = :account AND chat_id = :chat_id
      AND (workspace_id <> :workspace_id OR EXISTS (
          SELECT FROM conversations v WHERE v.id = c.conversation_id
            AND v.user_id <> :user_id))
""")
_FIRST_WORKSPACE = text("""
    SELECT w.id, w.name FROM workspace_members m
    JOIN workspaces w ON w.id = m.workspace_id AND w.erased_at IS NULL
    WHERE m.user_id = :user_id ORDER BY m.joined_at, m.id LIMIT 1
""")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


async def home(session: AsyncSession) -> tuple[UUID, UUID] | None:
    """The installation's first workspace and its first owner, if there is one."""
    row = (await session.execute(_HOME)).one_or_none()
    return (row.workspace_id, row.user_id) if row else None


async def lock(session: AsyncSession, what: str) -> None:
    """Hold ``what`` until the transaction ends."""
    await session.execute(_LOCK, {"what": what})


async def add_user(session: AsyncSession, user_id: UUID, full_name: str | None) -> None:
    """Make an account."""
    await session.execute(_ADD_USER, {"id": user_id, "full_name": full_name})


async def add_workspace(session: AsyncSession, workspace_id: UUID, name: str) -> None:
    """Make a workspace."""
    await session.execute(_ADD_WORKSPACE, {"id": workspace_id, "name": name})


async def add_member(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Give a person a role in a workspace; a role they have already stays."""
    await session.execute(_ADD_MEMBER, row)


async def add_channel(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Know a person under a messenger's id; one id, one account."""
    await session.execute(_ADD_CHANNEL, row)


async def move_channel(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Let a messenger's id, known already, mean another account."""
    await session.execute(_MOVE_CHANNEL, row)


async def known(
    session: AsyncSession, row: Mapping[str, Any]
) -> tuple[UUID, UUID] | None:
    """The account that a messenger's id means, and its workspace; None: a stranger."""
    found = (await session.execute(_KNOWN, row)).one_or_none()
    return (found.user_id, found.workspace_id) if found else None


async def add_chat(session: AsyncSession, row: Mapping[str, Any]) -> UUID:
    """Bind a chat to a workspace; a chat bound already is returned."""
    found: UUID | None = await session.scalar(_ADD_CHAT, row)
    if found is None:
        found = await session.scalar(_FIND_CHAT, row)
    if found is None:
        raise LookupError("a chat that conflicts cannot be absent")
    return found


async def hand_over(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Let a one-to-one chat, begun under another account, begin anew."""
    await session.execute(_HAND_OVER, row)


async def first_workspace(
    session: AsyncSession, user_id: UUID
) -> tuple[UUID, str] | None:
    """The workspace somebody has been in the longest, and its name."""
    row = (await session.execute(_FIRST_WORKSPACE, {"user_id": user_id})).one_or_none()
    return (row.id, row.name) if row else None


async def parent_chat(
    session: AsyncSession, row: Mapping[str, Any]
) -> RowMapping | None:
    """The chat that a thread is in: its workspace, brand and visibility."""
    found = await session.execute(_PARENT_CHAT, row)
    return found.mappings().one_or_none()
