"""Statements of API keys: as the person they belong to, and as ``agent_door``."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db.tenancy import by_itself

_ADD = text("""
    INSERT INTO access_tokens (user_id, workspace_id, kind, name, prefix, token_hash,
                               scopes, expires_at)
    VALUES (:user_id, :workspace_id, 'api_key', :name, :prefix, :token_hash, :scopes,
            now() + make_interval(days => :days))
    RETURNING id AS key_id, expires_at
""")

_LIVE = """
    SELECT id AS key_id, name, 'dk_' || prefix AS begins, scopes, created_at,
           expires_at, last_used_at
    FROM access_tokens
    WHERE kind = 'api_key' AND workspace_id = :workspace_id AND revoked_at IS NULL
      AND expires_at > now()
"""
_LIST = text(f"{_LIVE} ORDER BY id DESC")
_MATCH = text(f"""
    {_LIVE} AND (id = :key_id OR CAST(:key_id AS uuid) IS NULL
                 AND (lower(name) = lower(:name) OR 'dk_' || prefix = left(:name, 15)))
    ORDER BY id DESC
""")
_REVOKE = text("""
    UPDATE access_tokens SET revoked_at = now()
    WHERE id = :key_id AND revoked_at IS NULL RETURNING id
""")
_KIND = text("SELECT kind FROM chats WHERE id = :chat_id")

_ADMIT = text("""
    SELECT * FROM admit_key(:prefix, :token_hash, CAST(:names AS text[]),
                            CAST(:times AS interval[]))
""")

_FIND_DEAD = text("""
    SELECT t.id AS key_id, t.user_id, t.workspace_id,
           CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked'
                WHEN t.expires_at <= now() THEN 'expired'
                ELSE 'no longer a member' END AS why
    FROM access_tokens t
    WHERE t.prefix = :prefix AND t.token_hash = :token_hash AND t.kind = 'api_key'
      AND t.workspace_id IS NOT NULL
""")

_TAINT = text("""
    INSERT INTO throttles (key, kind, count, expires_at)
    VALUES ('taint:' || CAST(:key_id AS uuid), 'rate', 1, now() + :time)
    ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at
""")


class Counted(Protocol):
    """A window that requests are counted in."""

    @property
    def name(self) -> str:
        """``key`` for each key by itself; any other name counts the workspace."""
        ...

    @property
    def window(self) -> timedelta:
        """How long it is."""
        ...


async def add(session: AsyncSession, row: Mapping[str, Any]) -> RowMapping:
    """Keep a key; its id and end."""
    return (await session.execute(_ADD, row)).mappings().one()


async def live(session: AsyncSession, workspace_id: UUID) -> list[RowMapping]:
    """The person's live keys of a workspace, newest first."""
    found = await session.execute(_LIST, {"workspace_id": workspace_id})
    return list(found.mappings())


async def matching(
    session: AsyncSession, workspace_id: UUID, name: str, key_id: UUID | None
) -> list[RowMapping]:
    """The person's live keys of that id, else of that name or beginning."""
    values = {"workspace_id": workspace_id, "name": name.strip(), "key_id": key_id}
    return list((await session.execute(_MATCH, values)).mappings())


async def revoke(session: AsyncSession, key_id: UUID) -> bool:
    """End a key of the person's; False when it had ended."""
    return await session.scalar(_REVOKE, {"key_id": key_id}) is not None


async def kind_of(session: AsyncSession, chat_id: UUID) -> str:
    """What kind of chat it is; empty when it cannot be seen."""
    return str(await session.scalar(_KIND, {"chat_id": chat_id}) or "")


async def admit(
    app: AsyncEngine, prefix: str, token_hash: bytes, windows: Sequence[Counted]
) -> RowMapping | None:
    """A live key of a member, counted in each window; a transaction of its own."""
    values = {
        "prefix": prefix,
        "token_hash": token_hash,
        "names": [one.name for one in windows],
        "times": [one.window for one in windows],
    }
    return await by_itself(app, _ADMIT, values)


async def find_dead(
    session: AsyncSession, prefix: str, token_hash: bytes
) -> RowMapping | None:
    """A key of ours that ``find`` did not return. As door."""
    values = {"prefix": prefix, "token_hash": token_hash}
    return (await session.execute(_FIND_DEAD, values)).mappings().one_or_none()


async def taint(session: AsyncSession, key_id: UUID, time: timedelta) -> None:
    """Remember it until then. As door."""
    await session.execute(_TAINT, {"key_id": key_id, "time": time})
