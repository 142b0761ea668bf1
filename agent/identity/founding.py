"""A workspace for somebody who comes with a whole team. As the door."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import caller_queries, callers
from agent.identity.callers import Identity, Membership
from agent.ports import Ids

_ADMINS = text("""
    SELECT user_id FROM workspace_members
    WHERE workspace_id = :workspace_id AND role IN ('owner', 'admin')
    ORDER BY joined_at, id
""")


async def found(
    session: AsyncSession, ids: Ids, identity: Identity, name: str
) -> Membership:
    """A new workspace called ``name``, whose owner this person is.

    Somebody we know stays who they are; anybody else gets an account.
    """
    known = await person(session, identity)
    made = Membership(known.user_id if known else ids.new(), ids.new())
    if known is None:
        await caller_queries.add_user(session, made.user_id, identity.name or None)
    await caller_queries.add_workspace(session, made.workspace_id, name)
    row = {
        "workspace_id": made.workspace_id,
        "user_id": made.user_id,
        "role": "owner",
        "display_name": identity.name or None,
    }
    await caller_queries.add_member(session, row)
    await callers.know(session, made, identity)
    return made


async def person(session: AsyncSession, identity: Identity) -> Membership | None:
    """Who a messenger's id is, and where they speak; None: a stranger."""
    row = {
        "channel": identity.channel,
        "team_id": identity.team,
        "channel_user_id": identity.sender,
    }
    known = await caller_queries.known(session, row)
    return Membership(*known) if known else None


async def admins(session: AsyncSession, workspace_id: UUID) -> Sequence[UUID]:
    """Who runs a workspace, in the order they came."""
    found = await session.scalars(_ADMINS, {"workspace_id": workspace_id})
    return found.all()
