"""Statements about invitations, run as ``agent_door``."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import caller_queries

_OPEN = """
    purpose = 'invite' AND workspace_id = :workspace_id AND used_at IS NULL
    AND expires_at > now() AND attempts < 5
"""
_OPEN_ONES = text(f"""
    SELECT subject, role, payload,
           ceil(extract(epoch FROM expires_at - now()) / 86400)::integer AS days
    FROM link_codes WHERE {_OPEN} ORDER BY id DESC LIMIT :n
""")  # noqa: S608 - a constant of ours
_REVOKE = text(f"""
    UPDATE link_codes SET used_at = now(), payload = payload || '{{"revoked": true}}'
    WHERE {_OPEN} AND subject = :handle RETURNING id
""")  # noqa: S608 - as above
_NAME_OF = text("SELECT name FROM workspaces WHERE id = :id AND erased_at IS NULL")
_RECORD = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        after, actor_type, actor_id)
    SELECT :workspace_id, 'member', m.id, nextval('event_versions'), 'audit',
           'identity.joined',
           jsonb_build_object('name', CAST(:display_name AS text),
                              'role', CAST(:role AS text),
                              'invitation', CAST(CAST(:code_id AS uuid) AS text)),
           'user', :user_id
    FROM workspace_members m
    WHERE m.workspace_id = :workspace_id AND m.user_id = :user_id
""")


async def open_ones(
    session: AsyncSession, workspace_id: UUID, n: int
) -> Sequence[Row[Any]]:
    """The newest ``n`` invitations that are good."""
    values = {"workspace_id": workspace_id, "n": n}
    return (await session.execute(_OPEN_ONES, values)).all()


async def revoke(session: AsyncSession, workspace_id: UUID, handle: str) -> bool:
    """Use an invitation up without anybody; False when there is none."""
    values = {"workspace_id": workspace_id, "handle": handle}
    return (await session.execute(_REVOKE, values)).first() is not None


async def name_of(session: AsyncSession, workspace_id: UUID) -> str | None:
    """What a living workspace is called."""
    found: str | None = await session.scalar(_NAME_OF, {"id": workspace_id})
    return found


async def add_member(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Give a person a role in a workspace."""
    await caller_queries.add_member(session, row)


async def add_user(session: AsyncSession, user_id: UUID, name: str) -> None:
    """Make an account."""
    await caller_queries.add_user(session, user_id, name or None)


async def record_joined(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Write down who came by an invitation."""
    await session.execute(_RECORD, row)
