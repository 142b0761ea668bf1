"""Keys of others that a workspace lets us use: kept sealed, opened for one call.

Sealed columns are touched in transactions of ``system("vault")`` alone.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Sealer
from agent.recognise import hint
from agent.vault import connection_queries as queries
from agent.vault import keys
from agent.vault.keys import CannotOpen, Sealed, Spot

TABLE, COLUMN = "connections", "secret_ciphertext"
MOST = 1000
"""Rows that are sealed anew at once; what is left the sweep does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a secret goes: one key a provider, for the workspace or one client."""

    id: UUID
    """The row's, should there be none yet."""
    workspace_id: UUID
    provider: str
    kind: str
    user_id: UUID
    client_id: UUID | None = None
    account: str = ""
    """``pasted:...`` until somebody decides to keep it."""

    @property
    def status(self) -> str:
        """A pasted secret serves nobody until then."""
        return "disabled" if self.account else "active"


@dataclass(frozen=True, slots=True)
class Opened:
    """A secret out of its seal. Never logged, never kept."""

    id: UUID
    provider: str
    secret: str
    is_fresh: bool

    def __repr__(self) -> str:
        """Name it without the secret, wherever it might be printed."""
        return f"Opened({self.provider}, {self.id})"


async def secret_of(
    session: AsyncSession,
    installation: Sealer,
    workspace_id: UUID,
    provider: str,
    client_id: UUID | None = None,
) -> str | None:
    """The key to call ``provider`` with for this workspace; None when it has none.

    ``session`` is one of ``system("vault")``. A key of the client's own comes first.
    The use is written into the history, once an hour at most.

    Raises:
        CannotOpen: It was changed, or its key is gone.
    """
    row = await queries.in_use(session, workspace_id, provider, client_id)
    if row is None:
        return None
    secret = await _open(session, installation, workspace_id, row)
    if await queries.used(session, row["id"]):
        await queries.record(session, workspace_id, row["id"], "secret.used")
    return secret


async def put(
    session: AsyncSession, installation: Sealer, entry: Entry, secret: str
) -> tuple[UUID, bool]:
    """Seal and keep ``secret``, in place of what was there; its row, and if it is new.

    ``session`` is one of ``system("vault")``.
    """
    values: dict[str, Any] = {
        "workspace_id": entry.workspace_id,
        "provider": entry.provider,
        "client_id": entry.client_id,
        "account": entry.account,
    }
    there = await queries.find(session, values)
    values |= {
        "id": there or entry.id,
        "kind": entry.kind,
        "user_id": entry.user_id,
        "hint": hint(secret),
        "status": entry.status,
    }
    spot = Spot(entry.workspace_id, TABLE, values["id"], COLUMN)
    sealed = await keys.seal(session, installation, spot, secret.encode())
    return await queries.put(session, values, sealed), there is None


async def open_one(
    session: AsyncSession,
    installation: Sealer,
    workspace_id: UUID,
    connection_id: UUID,
) -> Opened | None:
    """One secret, to be tested or moved; None when it is gone. As vault."""
    row = await queries.sealed(session, workspace_id, connection_id)
    if row is None:
        return None
    secret = await _open(session, installation, workspace_id, row)
    return Opened(row["id"], row["provider"], secret, row["is_fresh"])


async def reseal(
    session: AsyncSession, installation: Sealer, workspace_id: UUID, n: int = MOST
) -> int:
    """Seal under the key in force what older keys sealed; how many rows. As vault.

    What does not open any more stays as it is: it can only be entered anew.
    """
    kid = await keys.current_id(session, installation, workspace_id)
    rows = await queries.sealed_otherwise(session, workspace_id, kid, n=n)
    return sum(
        [await _reseal_row(session, installation, workspace_id, row) for row in rows]
    )


async def wipe_pasted(session: AsyncSession, n: int) -> int:
    """Erase up to ``n`` pasted secrets nobody decided on; how many. As vault."""
    return await queries.wipe_pasted(session, n)


async def drop_spent(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` retired keys that seal nothing; how many. As vault."""
    return await queries.drop_keys(session, n)


async def reseal_left(session: AsyncSession, n: int, *, installation: Sealer) -> int:
    """Reseal what was sealed while a rotation went on; how many. As vault."""
    behind = await queries.with_retired_keys(session, n=n)
    return sum([await reseal(session, installation, one, n) for one in behind])


async def _open(
    session: AsyncSession, installation: Sealer, workspace_id: UUID, row: Any
) -> str:
    spot = Spot(workspace_id, TABLE, row["id"], COLUMN)
    sealed = Sealed(row["secret_ciphertext"], row["secret_nonce"], row["key_id"])
    return (await keys.open_sealed(session, installation, spot, sealed)).decode()


async def _reseal_row(
    session: AsyncSession, installation: Sealer, workspace_id: UUID, row: Any
) -> bool:
    values: dict[str, Any] = {"id": row["id"], "key_id": None}
    for part in ("secret", "refresh"):
        column, nonce = f"{part}_ciphertext", f"{part}_nonce"
        values |= {column: None, nonce: None}
        if row[column] is None:
            continue
        spot = Spot(workspace_id, TABLE, row["id"], column)
        old = Sealed(row[column], row[nonce], row["key_id"])
        try:
            plain = await keys.open_sealed(session, installation, spot, old)
        except CannotOpen:
            return False
        new = await keys.seal(session, installation, spot, plain)
        values |= {column: new.ciphertext, nonce: new.nonce, "key_id": new.key_id}
    await queries.reseal(session, values)
    return True
