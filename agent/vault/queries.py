"""Every statement of the vault, run as ``agent_vault``."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_CURRENT = text("""
    SELECT kid, wrapped_key FROM workspace_keys
    WHERE workspace_id = :workspace_id AND retired_at IS NULL
""")
_INSERT = text("""
    INSERT INTO workspace_keys (workspace_id, kid, wrapped_key)
    VALUES (:workspace_id, :kid, :wrapped_key) ON CONFLICT DO NOTHING
""")
_WRAPPED = text("""
    SELECT wrapped_key FROM workspace_keys
    WHERE workspace_id = :workspace_id AND kid = :kid
""")
_RETIRE = text("""
    UPDATE workspace_keys SET retired_at = now()
    WHERE workspace_id = :workspace_id AND retired_at IS NULL
""")


async def current(
    session: AsyncSession, workspace_id: UUID
) -> tuple[str, bytes] | None:
    """The key in force: its id and its wrapped form."""
    found = await session.execute(_CURRENT, {"workspace_id": workspace_id})
    row = found.one_or_none()
    return (row.kid, row.wrapped_key) if row else None


async def insert(
    session: AsyncSession, workspace_id: UUID, kid: str, wrapped_key: bytes
) -> None:
    """Keep a new key, unless the workspace has one in force."""
    values = {"workspace_id": workspace_id, "kid": kid, "wrapped_key": wrapped_key}
    await session.execute(_INSERT, values)


async def wrapped_key(
    session: AsyncSession, workspace_id: UUID, kid: str
) -> bytes | None:
    """A key by its id, retired or not."""
    values = {"workspace_id": workspace_id, "kid": kid}
    found: bytes | None = await session.scalar(_WRAPPED, values)
    return found


async def retire(session: AsyncSession, workspace_id: UUID) -> None:
    """Take the key in force out of use; it still opens what it sealed."""
    await session.execute(_RETIRE, {"workspace_id": workspace_id})
