"""Statements about messengers' installations, run as ``agent_vault``.

An installation is a connection of the kind ``channel``. ``settings`` of it: ``bot``
(our own user there), ``app``, ``installed_at`` and ``leased_until`` (seconds since
1970), ``sealed_for`` (the workspace whose key sealed its secrets).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_PLACE = text("""
    INSERT INTO connections (id, workspace_id, connected_by_id, kind, provider,
        account_id, account_name, scopes, settings, status, expires_at)
    VALUES (:id, :workspace_id, :user_id, 'channel', :provider, :account, :name,
        :scopes, CAST(:settings AS jsonb), 'active', :expires_at)
    ON CONFLICT (provider, account_id) WHERE kind = 'channel' DO UPDATE SET
        connected_by_id = :user_id, account_name = :name, scopes = :scopes,
        settings = CAST(:settings AS jsonb), status = 'active', last_error = NULL,
        expires_at = :expires_at, last_ok_at = now()
    WHERE connections.workspace_id = :workspace_id
    RETURNING id
""")
_SEAL = text("""
    UPDATE connections SET secret_ciphertext = :ciphertext, secret_nonce = :nonce,
        refresh_ciphertext = :refresh_ciphertext, refresh_nonce = :refresh_nonce,
        key_id = :key_id,
        settings = settings || jsonb_build_object('sealed_for', CAST(:home AS text))
    WHERE id = :id
""")
_FIND = text("""
    SELECT id, workspace_id, connected_by_id, account_id, account_name, scopes,
        settings, status, expires_at, last_error, key_id, secret_ciphertext,
        secret_nonce, refresh_ciphertext, refresh_nonce
    FROM connections
    WHERE kind = 'channel' AND provider = :provider AND account_id = :account
""")
_WHOSE = text("""
    SELECT workspace_id FROM connections
    WHERE kind = 'channel' AND provider = :provider AND account_id = :account
""")
_LIST = text("""
    SELECT account_id, account_name, status, last_error FROM connections
    WHERE kind = 'channel' AND provider = :provider
      AND (secret_ciphertext IS NOT NULL OR status <> 'active')
    ORDER BY account_name, account_id
""")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
_LEASE = text("""
    UPDATE connections SET settings = settings || jsonb_build_object(
        'leased_until', extract(epoch FROM clock_timestamp()) + :lease_s)
    WHERE id = :id AND status = 'active' AND refresh_ciphertext IS NOT NULL
      AND expires_at < clock_timestamp() + make_interval(secs => :ahead_s)
      AND coalesce((settings ->> 'leased_until')::numeric, 0)
          < extract(epoch FROM clock_timestamp())
    RETURNING id
""")
_RENEWED = text("""
    UPDATE connections SET status = 'active', last_error = NULL, last_ok_at = now(),
        expires_at = :expires_at, settings = settings - 'leased_until'
    WHERE id = :id AND status = 'active' AND settings ? 'leased_until'
    RETURNING id
""")
_UNLEASE = text("""
    UPDATE connections SET settings = settings - 'leased_until' WHERE id = :id
""")
_LIVE = """
    kind = 'channel' AND provider = :provider AND account_id = :account
      AND status NOT IN ('revoked', 'expired') AND secret_ciphertext IS NOT NULL
      AND coalesce((settings ->> 'installed_at')::numeric, 0) <= :at
"""
_ENDING = text(f"""
    SELECT id, workspace_id, account_name,
        coalesce(settings ->> 'installed_at', '') AS since
    FROM connections WHERE {_LIVE}
""")  # noqa: S608 - a constant of ours
_END = text(f"""
    UPDATE connections SET status = :status, last_error = :reason,
        secret_ciphertext = NULL, secret_nonce = NULL, refresh_ciphertext = NULL,
        refresh_nonce = NULL, expires_at = NULL
    WHERE {_LIVE}
    RETURNING id, workspace_id, account_name,
        coalesce(settings ->> 'installed_at', '') AS since
""")  # noqa: S608 - as above

Row = Mapping[str, Any]


async def place(session: AsyncSession, row: Row) -> UUID | None:
    """The installation's row, new or not; None: it is another workspace's."""
    found: UUID | None = await session.scalar(_PLACE, row)
    return found


async def seal(session: AsyncSession, row: Row) -> None:
    """Keep the sealed secrets of a row."""
    await session.execute(_SEAL, row)


async def find(session: AsyncSession, provider: str, account: str) -> RowMapping | None:
    """One installation with its sealed columns."""
    values = {"provider": provider, "account": account}
    return (await session.execute(_FIND, values)).mappings().one_or_none()


async def whose(session: AsyncSession, provider: str, account: str) -> UUID | None:
    """The workspace that an account works with; None: nobody's yet."""
    values = {"provider": provider, "account": account}
    found: UUID | None = await session.scalar(_WHOSE, values)
    return found


async def listed(session: AsyncSession, provider: str) -> list[RowMapping]:
    """Where we are or were installed, by name."""
    return list((await session.execute(_LIST, {"provider": provider})).mappings())


async def lease(
    session: AsyncSession, installation_id: UUID, *, ahead_s: float, lease_s: float
) -> bool:
    """Whether we are the one who renews its token; nobody else is for ``lease_s``."""
    await session.execute(_LOCK, {"what": f"renew:{installation_id}"})
    values = {"id": installation_id, "ahead_s": ahead_s, "lease_s": lease_s}
    return await session.scalar(_LEASE, values) is not None


async def renewed(session: AsyncSession, installation_id: UUID, until: object) -> bool:
    """Note until when a renewed token is good; False: it was ended or made anew."""
    values = {"id": installation_id, "expires_at": until}
    return await session.scalar(_RENEWED, values) is not None


async def unlease(session: AsyncSession, installation_id: UUID) -> None:
    """Let another one try to renew the token."""
    await session.execute(_UNLEASE, {"id": installation_id})


async def ending(session: AsyncSession, row: Row) -> RowMapping | None:
    """The live installation that ``end`` would end."""
    return (await session.execute(_ENDING, row)).mappings().one_or_none()


async def end(session: AsyncSession, row: Row) -> RowMapping | None:
    """Erase an installation's secrets, saying why; None: there were none."""
    return (await session.execute(_END, row)).mappings().one_or_none()
