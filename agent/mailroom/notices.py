"""Pinging a person about what they did not just ask for: the one way to do it.

Where they are reached is looked up here, never by the caller: their most recent private
chat in the workspace, on whichever messenger. In their quiet hours the message is held;
when those are over, all that was held comes as one digest (``bot.digests``). An answer
to a person's own message is no notice: it is sent whenever it is ready.
"""

import json
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Role
from agent.mailroom.schemas import Message

Outcome = Literal["planned", "held", "known", "muted", "nowhere"]
"""``planned``: it goes out now. ``held``: when quiet hours are over. ``known``: this
key was used before. ``muted``: they switched the topic off. ``nowhere``: they never
wrote to us in private here, or are no member."""

ALERTS = frozenset({"budget", "security"})
"""Topics whose messages warn; all others tell."""

_PLAN = text("""
    SELECT plan_notice(:workspace_id, :user_id, :topic, :purpose, :key,
                       CAST(:payload AS jsonb))
""")

_MEMBERS = text("""
    SELECT user_id FROM workspace_members
    WHERE role = ANY(CAST(:roles AS text[])) ORDER BY joined_at, id
""")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a person."""

    key: str
    """Once per workspace and person: ``budget:2026-11:75``."""
    topic: str
    """What it is about, one word: budget, security, approval, invitation ... People
    switch topics off in ``users.notifications``."""
    message: Message
    """Its ``purpose`` is set here."""


async def notify(
    session: AsyncSession, workspace_id: UUID, user_id: UUID, notice: Notice
) -> Outcome:
    """Tell one person of a workspace; what becomes of it.

    It stands only if the caller's transaction commits. ``session`` is the tenant's, of
    this workspace, whoever's; or the worker's.
    """
    values = {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "topic": notice.topic,
        "purpose": "alert" if notice.topic in ALERTS else "notice",
        "key": f"notice:{user_id}:{notice.key}",
        "payload": json.dumps(notice.message.payload({})),
    }
    return cast("Outcome", await session.scalar(_PLAN, values))


async def notify_all(
    session: AsyncSession,
    workspace_id: UUID,
    lowest: Role,
    notice: Notice,
    *,
    but: UUID | None = None,
) -> dict[UUID, Outcome]:
    """Tell everybody of this role or a higher one; ``session`` is the tenant's.

    ``but`` is left out: whoever caused it knows.
    """
    roles = [role.name.lower() for role in Role if role >= lowest]
    found = await session.scalars(_MEMBERS, {"roles": roles})
    return {
        person: await notify(session, workspace_id, person, notice)
        for person in found.all()
        if person != but
    }
