"""Statements about members: the tenant's own, and the door's where it is said."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_EVERYBODY = text("""
    SELECT id, user_id, role, display_name FROM workspace_members ORDER BY joined_at, id
""")
_SET_ROLE = text("""
    UPDATE workspace_members SET role = :role WHERE id = :id RETURNING id
""")
_REMOVE = text("DELETE FROM workspace_members WHERE id = :id RETURNING id")

# Deferred it would speak at the commit, when nobody can put it in words any more.
_CHECK_NOW = text("SET CONSTRAINTS check_last_owner IMMEDIATE")

_END_ACCESS = text("""
    UPDATE access_tokens SET revoked_at = now()
    WHERE user_id = :user_id AND workspace_id = :workspace_id AND revoked_at IS NULL
      AND kind = ANY(CAST(:kinds AS text[]))
    RETURNING pg_notify('u_' || user_id, CAST(id AS text))
""")
_ROLE_IN = text("""
    SELECT role FROM workspace_members
    WHERE user_id = :user_id AND workspace_id = :workspace_id
""")


async def everybody(session: AsyncSession) -> Sequence[Row[Any]]:
    """The tenant's members, in the order they came."""
    return (await session.execute(_EVERYBODY)).all()


async def set_role(session: AsyncSession, member_id: UUID, role: str) -> bool:
    """Give a member a role; False when there is no such member."""
    values = {"id": member_id, "role": role}
    return (await session.execute(_SET_ROLE, values)).first() is not None


async def remove(session: AsyncSession, member_id: UUID) -> bool:
    """Take a member out; False when there is no such member."""
    return (await session.execute(_REMOVE, {"id": member_id})).first() is not None


async def check_owners_now(session: AsyncSession) -> None:
    """Let the rule of the last owner speak now; the workspace stays locked."""
    await session.execute(_CHECK_NOW)


async def end_access(
    session: AsyncSession, user_id: UUID, workspace_id: UUID, kinds: Sequence[str]
) -> None:
    """Revoke a person's tokens of one workspace, and tell their open pages."""
    values = {"user_id": user_id, "workspace_id": workspace_id, "kinds": list(kinds)}
    await session.execute(_END_ACCESS, values)


async def role_in(
    session: AsyncSession, user_id: UUID, workspace_id: UUID
) -> str | None:
    """A person's role in a workspace, as the door."""
    values = {"user_id": user_id, "workspace_id": workspace_id}
    found: str | None = await session.scalar(_ROLE_IN, values)
    return found
