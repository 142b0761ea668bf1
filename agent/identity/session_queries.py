"""Statements of web sessions: opened and found as the door, listed as their person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# The role a session was opened under stands in its scopes: another one now is a reason
# for a new token.
_ADD = text("""
    INSERT INTO access_tokens (user_id, workspace_id, kind, prefix, token_hash, scopes,
                               ip_address, user_agent, expires_at, last_used_at)
    VALUES (:user_id, :workspace_id, 'session', :prefix, :token_hash,
            ARRAY(SELECT 'role:' || role FROM workspace_members
                  WHERE user_id = :user_id AND workspace_id = :workspace_id),
            CAST(CAST(:address AS text) AS inet), :user_agent, now() + :ttl, now())
    RETURNING id
""")

# A replaced token is good for a moment longer: for requests that were under way.
_FIND = text("""
    SELECT coalesce(t.replaced_by_id, t.id) AS id, t.user_id,
           s.chat_row_id AS chat_id, m.workspace_id, m.role, u.timezone,
           coalesce(m.display_name, u.full_name, '') AS name, w.name AS workspace,
           t.expires_at < now() + CAST(:enough AS interval)
               OR t.last_used_at < now() - CAST(:seen AS interval) AS is_due,
           t.replaced_by_id IS NULL
               AND (t.workspace_id, t.scopes) IS DISTINCT FROM
                   (m.workspace_id, ARRAY['role:' || m.role]) AS is_moved
    FROM access_tokens t
    JOIN users u ON u.id = t.user_id AND u.is_active
    LEFT JOIN access_tokens heir ON heir.id = t.replaced_by_id
    CROSS JOIN LATERAL resolve_sender('web', '', CAST(t.user_id AS text), '',
                                      CAST(t.user_id AS text), '') s
    JOIN workspace_members m ON m.user_id = t.user_id
         AND m.workspace_id = coalesce(s.workspace_id, t.workspace_id)
    JOIN workspaces w ON w.id = m.workspace_id AND w.erased_at IS NULL
    WHERE t.prefix = :prefix AND t.token_hash = :token_hash AND t.kind = 'session'
      AND t.revoked_at IS NULL AND t.expires_at > now()
      AND (t.replaced_by_id IS NULL OR heir.revoked_at IS NULL
           AND heir.created_at > now() - CAST(:grace AS interval))
""")

_RENEW = text("""
    UPDATE access_tokens SET expires_at = now() + :ttl, last_used_at = now()
    WHERE id = :id
""")

_HOLD = text("""
    SELECT id, user_id FROM access_tokens
    WHERE token_hash = :token_hash AND kind = 'session' AND revoked_at IS NULL
      AND replaced_by_id IS NULL
    FOR UPDATE
""")

_REPLACE = text("""
    UPDATE access_tokens SET replaced_by_id = :heir WHERE id = :id
    RETURNING pg_notify('u_' || user_id, CAST(id AS text))
""")

_REVOKE = text("""
    UPDATE access_tokens SET revoked_at = now()
    WHERE token_hash = :token_hash AND kind = 'session' AND revoked_at IS NULL
    RETURNING pg_notify('u_' || user_id, CAST(id AS text))
""")

_REVOKE_CHAIN = text("""
    WITH RECURSIVE chain AS (
        SELECT t.id, t.replaced_by_id FROM access_tokens t
        JOIN access_tokens heir ON heir.id = t.replaced_by_id
        WHERE t.prefix = :prefix AND t.token_hash = :token_hash AND t.kind = 'session'
          AND heir.created_at <= now() - CAST(:grace AS interval)
        UNION
        SELECT t.id, t.replaced_by_id FROM access_tokens t
        JOIN chain c ON t.id = c.replaced_by_id)
    UPDATE access_tokens t SET revoked_at = now() FROM chain
    WHERE t.id = chain.id AND t.revoked_at IS NULL
    RETURNING pg_notify('u_' || user_id, CAST(t.id AS text))
""")

_MINE = """
    kind = 'session' AND revoked_at IS NULL AND replaced_by_id IS NULL
    AND expires_at > now()
"""

_LIST = text(f"""
    SELECT id AS session_id, created_at AS since, last_used_at AS last_seen_at,
           coalesce(host(ip_address), '') AS address,
           coalesce(user_agent, '') AS user_agent
    FROM access_tokens WHERE {_MINE} ORDER BY last_used_at DESC, id DESC LIMIT 100
""")  # noqa: S608 - a constant of ours

_END = text(f"""
    UPDATE access_tokens SET revoked_at = now()
    WHERE {_MINE} AND (CAST(:id AS uuid) IS NULL OR id = :id)
    RETURNING id, pg_notify('u_' || user_id, CAST(id AS text))
""")  # noqa: S608 - as above


async def add(session: AsyncSession, row: Mapping[str, Any]) -> UUID:
    """Keep a session; its id."""
    found: UUID = (await session.execute(_ADD, row)).scalar_one()
    return found


async def find(
    session: AsyncSession, key: tuple[str, bytes], spans: Mapping[str, timedelta]
) -> Row[Any] | None:
    """Return the live session of ``key`` (prefix, hash), and its person as they are.

    ``spans``: ``enough`` time left, ``seen`` lately, ``grace`` of replaced tokens.
    """
    prefix, token_hash = key
    values = {"prefix": prefix, "token_hash": token_hash, **spans}
    return (await session.execute(_FIND, values)).one_or_none()


async def renew(session: AsyncSession, session_id: UUID, ttl: timedelta) -> None:
    """Give a session its whole time again."""
    await session.execute(_RENEW, {"id": session_id, "ttl": ttl})


async def hold(session: AsyncSession, token_hash: bytes) -> UUID | None:
    """Lock a session that nothing has replaced; None when there is none (any more)."""
    found: UUID | None = await session.scalar(_HOLD, {"token_hash": token_hash})
    return found


async def replace(session: AsyncSession, session_id: UUID, heir: UUID) -> None:
    """Let ``heir`` stand in a session's place, and tell its open pages."""
    await session.execute(_REPLACE, {"id": session_id, "heir": heir})


async def revoke(session: AsyncSession, token_hash: bytes) -> None:
    """End a session, and tell its open pages."""
    await session.execute(_REVOKE, {"token_hash": token_hash})


async def revoke_chain(
    session: AsyncSession, key: tuple[str, bytes], grace: timedelta
) -> int:
    """End what came after a token replaced longer than ``grace`` ago; how many."""
    prefix, token_hash = key
    values = {"prefix": prefix, "token_hash": token_hash, "grace": grace}
    return len((await session.execute(_REVOKE_CHAIN, values)).all())


async def mine(session: AsyncSession) -> list[RowMapping]:
    """The caller's live sessions, the one used last first."""
    return list((await session.execute(_LIST)).mappings())


async def end(session: AsyncSession, session_id: UUID | None) -> list[UUID]:
    """End one of the caller's sessions, or all of them; those that were live."""
    return [row.id for row in await session.execute(_END, {"id": session_id})]
