"""With whose eyes a whole workspace is read: each sees what is theirs, and no more.

What is learnt from everybody's pieces is learnt without anybody's rights being widened:
each member's own rows are read as that member, a closed group's as one who is in it.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import text

from agent.catalog import proposal_queries
from agent.ctx import Caller, Role
from agent.runs import trial_queries
from bot.services import Services

_OWNERS = text("""
    SELECT DISTINCT ON (m.workspace_id) m.workspace_id, m.user_id
    FROM workspace_members m
    JOIN workspaces w ON w.id = m.workspace_id AND w.erased_at IS NULL
    WHERE m.role = 'owner' ORDER BY m.workspace_id, m.joined_at, m.id
""")
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Vantages:
    """Who acts for a workspace, and all who see a part of it."""

    lead: Caller
    eyes: tuple[Caller, ...]


async def of(services: Services, workspace_id: UUID) -> Vantages | None:
    """The workspace's; None: nobody leads it any more."""
    nobody = Caller(workspace_id, NOBODY, Role.VIEWER, channel="system")
    async with services.tenant(nobody) as session:
        lead_id = await proposal_queries.lead(session)
        members = await trial_queries.members(session)
        closed = await trial_queries.closed_chats(session)
    if lead_id is None:
        return None
    lead = replace(nobody, user_id=lead_id, role=Role.OWNER)
    eyes = [replace(lead, user_id=one) for one in members]
    eyes += [replace(lead, chat_id=one) for one in closed]
    return Vantages(lead, tuple(eyes))


async def everywhere(services: Services) -> list[Caller]:
    """The first owner of each workspace."""
    async with services.as_role("door") as session:
        rows = (await session.execute(_OWNERS)).all()
    return [
        Caller(row.workspace_id, row.user_id, Role.OWNER, channel="system")
        for row in rows
    ]
