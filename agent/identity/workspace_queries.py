"""Statements about workspaces and whose chat works where."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_MINE = text("SELECT id, name, role FROM my_workspaces(:user_id)")
_NAME_HERE = text("SELECT name FROM workspaces")  # row security shows one
_RENAME = text("UPDATE workspaces SET name = :name WHERE id = :id")
_BEGIN = text("SELECT begin_workspace(:person, :workspace, :name, :kind)")
_REBIND = text("SELECT rebind_chat(:person, :chat, :target)")

_ROOM = text("""
    SELECT whole.channel, whole.account, whole.chat_id, whole.kind
    FROM chats c JOIN chats whole ON whole.channel = c.channel
        AND whole.account = c.account AND whole.chat_id = c.chat_id
        AND whole.thread_id = ''
    WHERE c.id = :id
""")
_ROWS_OF_ROOM = text("""
    SELECT r.id FROM chats c JOIN chats r ON r.channel = c.channel
        AND r.account = c.account AND r.chat_id = c.chat_id
    WHERE c.id = :id ORDER BY r.id
""")
_SHOW = text("SELECT set_chat_visibility(:workspace, :person, :chat, :wanted)")

_INSTALL = text("SELECT workspace_id FROM resolve_install(:provider, :account)")
_BIND_TEAM = text("""
    INSERT INTO connections (workspace_id, connected_by_id, kind, provider, account_id)
    VALUES (:workspace_id, :user_id, 'channel', :provider, :account)
    ON CONFLICT (provider, account_id) WHERE kind = 'channel' DO UPDATE SET
        workspace_id = :workspace_id, connected_by_id = :user_id
    WHERE connections.workspace_id = CAST(:before AS uuid)
    RETURNING id
""")


async def mine(session: AsyncSession, user_id: UUID) -> Sequence[Row[Any]]:
    """The workspaces of the person whose transaction it is."""
    return (await session.execute(_MINE, {"user_id": user_id})).all()


async def name_here(session: AsyncSession) -> str:
    """The tenant's name."""
    return str(await session.scalar(_NAME_HERE) or "")


async def rename(session: AsyncSession, workspace_id: UUID, name: str) -> None:
    """Give the tenant another name."""
    await session.execute(_RENAME, {"id": workspace_id, "name": name})


async def begin(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Make a workspace with the caller as its owner."""
    await session.execute(_BEGIN, row)


async def rebind(
    session: AsyncSession, user_id: UUID, chat_id: UUID, target: UUID
) -> UUID:
    """Let a chat work in another workspace; its row from now on."""
    values = {"person": user_id, "chat": chat_id, "target": target}
    found: UUID = (await session.execute(_REBIND, values)).scalar_one()
    return found


async def room(session: AsyncSession, chat_id: UUID) -> Row[Any] | None:
    """The whole chat that a chat or thread is part of, as its messenger names it."""
    return (await session.execute(_ROOM, {"id": chat_id})).one_or_none()


async def rows_of_room(session: AsyncSession, chat_id: UUID) -> list[UUID]:
    """The rows of a chat and of all its threads."""
    return list((await session.scalars(_ROWS_OF_ROOM, {"id": chat_id})).all())


async def show(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Let a group chat's conversation be every member's, or the group's alone."""
    await session.execute(_SHOW, row)


async def install(session: AsyncSession, provider: str, account: str) -> UUID | None:
    """The workspace that a messenger's team is bound to. As the door."""
    values = {"provider": provider, "account": account}
    found: UUID | None = await session.scalar(_INSTALL, values)
    return found


async def bind_team(session: AsyncSession, row: Mapping[str, Any]) -> bool:
    """Bind a team that nobody, or workspace ``before``, has; False: it is another's."""
    return (await session.execute(_BIND_TEAM, row)).first() is not None
