"""Statements about connections: the sealed columns as ``agent_vault`` alone.

The others run in the caller's own transaction, behind its row security.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.vault.keys import Sealed
from db.batches import changed

_ID = text("""
    SELECT id FROM connections
    WHERE workspace_id = :workspace_id AND provider = :provider
      AND client_id IS NOT DISTINCT FROM CAST(:client_id AS uuid)
      AND account_id = :account
    FOR UPDATE
""")
_PUT = text("""
    INSERT INTO connections (id, workspace_id, client_id, connected_by_id, kind,
        provider, account_id, secret_ciphertext, secret_nonce, key_id, secret_hint,
        status)
    VALUES (:id, :workspace_id, :client_id, :user_id, :kind, :provider, :account,
        :ciphertext, :nonce, :key_id, :hint, :status)
    ON CONFLICT (id) DO UPDATE SET connected_by_id = :user_id,
        secret_ciphertext = :ciphertext, secret_nonce = :nonce, key_id = :key_id,
        secret_hint = :hint, status = :status, last_error = NULL, last_ok_at = NULL,
        created_at = CASE WHEN :status = 'disabled' THEN now()
            ELSE connections.created_at END
    RETURNING id
""")
_SEALED = text("""
    SELECT id, provider, secret_ciphertext, secret_nonce, key_id, secret_hint, status,
           connected_by_id, created_at > now() - interval '1 hour' AS is_fresh
    FROM connections
    WHERE id = :id AND workspace_id = :workspace_id AND secret_ciphertext IS NOT NULL
    FOR UPDATE
""")
_IN_USE = text("""
    SELECT id, secret_ciphertext, secret_nonce, key_id FROM connections
    WHERE workspace_id = :workspace_id AND provider = :provider AND account_id = ''
      AND status IN ('active', 'expiring', 'error') AND secret_ciphertext IS NOT NULL
      AND (client_id IS NULL OR client_id = CAST(:client_id AS uuid))
    ORDER BY client_id NULLS LAST LIMIT 1
""")
_USED = text("""
    UPDATE connections SET last_used_at = now()
    WHERE id = :id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 h')
    RETURNING provider
""")
_RECORD = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
        after, actor_type)
    VALUES (:workspace_id, 'connection', :id, nextval('event_versions'), 'secret',
        :type, CAST(:after AS jsonb), 'system')
""")
_TESTED = text("""
    UPDATE connections SET status = :status, last_error = :error,
        last_ok_at = CASE WHEN :ok THEN now() ELSE last_ok_at END
    WHERE id = :id
""")
_WIPE = text("""
    UPDATE connections SET secret_ciphertext = NULL, secret_nonce = NULL,
        status = 'revoked'
    WHERE id IN (
        SELECT id FROM connections
        WHERE account_id LIKE 'pasted:%' AND secret_ciphertext IS NOT NULL
          AND created_at < now() - interval '1 hour'
        LIMIT :n FOR UPDATE SKIP LOCKED)
""")
_ALL_SEALED = text("""
    SELECT id, secret_ciphertext, secret_nonce, refresh_ciphertext, refresh_nonce,
           key_id FROM connections
    WHERE workspace_id = :workspace_id AND key_id IS NOT NULL AND key_id <> :kid
    ORDER BY id LIMIT :n FOR UPDATE SKIP LOCKED
""")
_RESEALED = text("""
    UPDATE connections SET secret_ciphertext = :secret_ciphertext,
        secret_nonce = :secret_nonce, refresh_ciphertext = :refresh_ciphertext,
        refresh_nonce = :refresh_nonce, key_id = :key_id
    WHERE id = :id
""")
_RETIRED = text("""
    SELECT DISTINCT c.workspace_id FROM connections c
    JOIN workspace_keys k ON k.workspace_id = c.workspace_id AND k.kid = c.key_id
    WHERE k.retired_at IS NOT NULL ORDER BY c.workspace_id LIMIT :n
""")
_DROP_KEYS = text("""
    DELETE FROM workspace_keys WHERE (workspace_id, kid) IN (
        SELECT k.workspace_id, k.kid FROM workspace_keys k
        WHERE k.retired_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM connections c
              WHERE c.workspace_id = k.workspace_id AND c.key_id = k.kid
                AND num_nonnulls(c.secret_ciphertext, c.refresh_ciphertext) > 0)
          AND NOT EXISTS (SELECT FROM link_codes l WHERE l.key_id = k.kid)
        LIMIT :n)
""")

_LIST = text("""
    SELECT c.id, c.kind, c.provider, c.account_id, c.secret_hint, c.status,
           c.created_at, c.last_ok_at, c.last_used_at, c.last_error,
           k.name AS client_name
    FROM connections c LEFT JOIN clients k ON k.id = c.client_id
    WHERE c.kind <> 'channel' AND c.account_id NOT LIKE 'pasted:%'
    ORDER BY c.provider, k.name NULLS FIRST
""")
_DELETE = text("DELETE FROM connections WHERE id = :id RETURNING provider")
_DELETE_STALE = text("""
    DELETE FROM connections
    WHERE account_id LIKE 'pasted:%'
      AND (id = :id OR created_at < now() - interval '1 hour')
""")


async def find(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """The row that holds a provider's key already. As vault."""
    found: UUID | None = await session.scalar(_ID, values)
    return found


async def put(session: AsyncSession, values: dict[str, Any], sealed: Sealed) -> UUID:
    """Keep a sealed secret in a row, new or not. As vault."""
    columns = {
        "ciphertext": sealed.ciphertext,
        "nonce": sealed.nonce,
        "key_id": sealed.key_id,
    }
    found: UUID = (await session.execute(_PUT, values | columns)).scalar_one()
    return found


async def sealed(
    session: AsyncSession, workspace_id: UUID, connection_id: UUID
) -> RowMapping | None:
    """One row with its sealed columns. As vault."""
    values = {"workspace_id": workspace_id, "id": connection_id}
    return (await session.execute(_SEALED, values)).mappings().one_or_none()


async def in_use(
    session: AsyncSession, workspace_id: UUID, provider: str, client_id: UUID | None
) -> RowMapping | None:
    """The row whose key answers for a provider: the client's own first. As vault."""
    values = {
        "workspace_id": workspace_id,
        "provider": provider,
        "client_id": client_id,
    }
    return (await session.execute(_IN_USE, values)).mappings().one_or_none()


async def used(session: AsyncSession, connection_id: UUID) -> bool:
    """Note a use; True when it is the first for an hour. As vault."""
    return await session.scalar(_USED, {"id": connection_id}) is not None


async def record(
    session: AsyncSession, workspace_id: UUID, connection_id: UUID, kind: str
) -> None:
    """Append to the history of a connection what nobody pressed. As vault."""
    await session.execute(
        _RECORD,
        {
            "workspace_id": workspace_id,
            "id": str(connection_id),
            "type": kind,
            "after": "{}",
        },
    )


async def tested(
    session: AsyncSession, connection_id: UUID, status: str, error: str | None
) -> None:
    """Note what a test call showed."""
    values = {"id": connection_id, "status": status, "error": error}
    await session.execute(_TESTED, values | {"ok": error is None})


async def wipe_pasted(session: AsyncSession, n: int) -> int:
    """Erase pasted secrets that nobody decided on within an hour. As vault."""
    return await changed(session, _WIPE, n=n)


async def sealed_otherwise(
    session: AsyncSession, workspace_id: UUID, kid: str, *, n: int
) -> list[RowMapping]:
    """Rows sealed under another key than ``kid``. As vault."""
    values = {"workspace_id": workspace_id, "kid": kid, "n": n}
    return list((await session.execute(_ALL_SEALED, values)).mappings())


async def reseal(session: AsyncSession, values: dict[str, Any]) -> None:
    """Replace a row's sealed columns. As vault."""
    await session.execute(_RESEALED, values)


async def with_retired_keys(session: AsyncSession, *, n: int) -> list[UUID]:
    """Workspaces where something is sealed under a retired key. As vault."""
    return list((await session.scalars(_RETIRED, {"n": n})).all())


async def drop_keys(session: AsyncSession, n: int) -> int:
    """Delete retired keys that seal nothing any more; how many. As vault."""
    return await changed(session, _DROP_KEYS, n=n)


async def listed(session: AsyncSession) -> list[RowMapping]:
    """The workspace's connections, as their members see them."""
    return list((await session.execute(_LIST)).mappings())


async def delete(session: AsyncSession, connection_id: UUID) -> str | None:
    """Remove a connection; its provider, or None when it is not there."""
    found: str | None = await session.scalar(_DELETE, {"id": connection_id})
    return found


async def delete_pasted(session: AsyncSession, connection_id: UUID) -> None:
    """Remove a pasted secret that was decided on, and what is too old."""
    await session.execute(_DELETE_STALE, {"id": connection_id})
