"""Messengers' workspaces that let us in: their tokens sealed, renewed, and ended.

All of it runs on a session of ``system("vault")``. A token is opened for the sender
alone; nothing here logs one.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import Conflict
from agent.ports import Sealer
from agent.vault import connection_queries, keys
from agent.vault import installation_queries as queries
from agent.vault.keys import Sealed, Spot

TABLE, SECRET, REFRESH = "connections", "secret_ciphertext", "refresh_ciphertext"
AHEAD_S = 2 * 3600.0
"""How long before its end a token is renewed; Slack's live for twelve hours."""
LEASE_S = 60.0
"""How long the one who renews a token may take."""


class Taken(Conflict):
    """The messenger's workspace works with another workspace of ours."""

    code = "installed_elsewhere"

    def __init__(self, name: str) -> None:
        """Say what to do instead."""
        super().__init__(
            f"{name or 'That team'} works with another workspace already.",
            hint="Sign in to that one and install it from there; or let somebody who "
            "is an admin of both write `/bind team` in it first.",
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What a messenger handed out when somebody installed us."""

    provider: str
    account: str
    """The team's id; of an installation for a whole organisation, that one's."""
    name: str
    bot: str
    """Our own user there."""
    token: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    app: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Whose installation it is, and the id of its row should there be none yet."""

    id: UUID
    workspace_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation as it is kept, opened."""

    id: UUID
    workspace_id: UUID
    account: str
    name: str
    bot: str
    status: str
    reason: str
    """Why it ended, where it has."""
    token: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An installation that is no more."""

    id: UUID
    workspace_id: UUID
    name: str
    since: str
    """When it was made, in seconds since 1970: tells it from an earlier one."""


async def save(
    session: AsyncSession, key: Sealer, home: Home, grant: Grant, now: datetime
) -> UUID:
    """Keep an installation, in place of what was known of it; its row.

    Raises:
        Taken: It works with another workspace.
    """
    settings = {
        "bot": grant.bot,
        "app": grant.app,
        "installed_at": int(now.timestamp()),
    }
    row = {
        "id": home.id,
        "workspace_id": home.workspace_id,
        "user_id": home.user_id,
        "provider": grant.provider,
        "account": grant.account,
        "name": grant.name,
        "scopes": list(grant.scopes),
        "settings": json.dumps(settings),
        "expires_at": grant.expires_at,
    }
    found = await queries.place(session, row)
    if found is None:
        raise Taken(grant.name)
    await _seal(session, key, home.workspace_id, found, (grant.token, grant.refresh))
    await _record(session, home.workspace_id, found, "installation.saved")
    return found


async def whose(session: AsyncSession, provider: str, account: str) -> UUID | None:
    """The workspace that a messenger's team works with; None: with none yet."""
    return await queries.whose(session, provider, account)


async def find(
    session: AsyncSession, key: Sealer, provider: str, account: str
) -> Installed | None:
    """The installation there, or None where there never was one.

    Its token is empty where it has ended, or where a team was only bound.

    Raises:
        CannotOpen: It was changed, or its key is gone.
    """
    row = await queries.find(session, provider, account)
    if row is None:
        return None
    home = UUID(row["settings"].get("sealed_for") or str(row["workspace_id"]))
    token, refresh = [
        await _open(session, key, home, row, column) for column in (SECRET, REFRESH)
    ]
    if token and home != row["workspace_id"]:
        # The team was bound to another workspace: its secrets move in there.
        await _seal(session, key, row["workspace_id"], row["id"], (token, refresh))
    return Installed(
        id=row["id"],
        workspace_id=row["workspace_id"],
        account=row["account_id"],
        name=row["account_name"] or "",
        bot=row["settings"].get("bot", ""),
        status=row["status"],
        reason=row["last_error"] or "",
        token=token,
        refresh=refresh,
        expires_at=row["expires_at"],
    )


async def listed(session: AsyncSession, provider: str) -> list[tuple[str, str, str]]:
    """Account, name and status of every installation there is or was."""
    rows = await queries.listed(session, provider)
    return [(r["account_id"], r["account_name"] or "", r["status"]) for r in rows]


async def may_renew(session: AsyncSession, found: Installed) -> bool:
    """Whether this token's end is near and renewing it is left to us, for a minute.

    A lease and not a lock, because the messenger is asked in between. Two askers come
    one after the other through an advisory lock; only the first is told yes.
    """
    return await queries.lease(session, found.id, ahead_s=AHEAD_S, lease_s=LEASE_S)


async def renewed(
    session: AsyncSession,
    key: Sealer,
    found: Installed,
    tokens: tuple[str, str],
    until: datetime,
) -> None:
    """Keep the new (token, refresh token), good until then; empty ones are refused.

    Raises:
        ValueError: One of them is empty.
    """
    if not all(tokens):
        raise ValueError("an empty token would replace one that works")
    if not await queries.renewed(session, found.id, until):
        return  # ended meanwhile, or installed anew: what stands is newer than this
    await _seal(session, key, found.workspace_id, found.id, tokens)
    await _record(session, found.workspace_id, found.id, "installation.renewed")


async def not_renewed(session: AsyncSession, found: Installed) -> None:
    """Let the next one try at once."""
    await queries.unlease(session, found.id)


async def ending(
    session: AsyncSession, provider: str, account: str, at: datetime
) -> Ended | None:
    """The installation that ``end`` would end; None: it would find none."""
    row = {"provider": provider, "account": account, "at": at.timestamp()}
    found = await queries.ending(session, row)
    return _ended(found) if found else None


async def end(  # noqa: PLR0913 - each is one plain fact
    session: AsyncSession,
    provider: str,
    account: str,
    reason: str,
    at: datetime,
    *,
    status: str = "revoked",
) -> Ended | None:
    """Erase the tokens of an installation that has ended, and say why.

    ``at``: when the messenger ended it. One that was made anew since then stays. None:
    there was none, or it was known already.
    """
    row = {
        "provider": provider,
        "account": account,
        "reason": reason,
        "status": status,
        "at": at.timestamp(),
    }
    found = await queries.end(session, row)
    if found is None:
        return None
    await _record(session, found["workspace_id"], found["id"], f"installation.{status}")
    return _ended(found)


def _ended(row: Any) -> Ended:
    name = row["account_name"] or ""
    return Ended(row["id"], row["workspace_id"], name, row["since"])


async def _seal(
    session: AsyncSession,
    key: Sealer,
    workspace_id: UUID,
    row: UUID,
    secrets: tuple[str, str],
) -> None:
    values: dict[str, Any] = {"id": row, "home": str(workspace_id)}
    names = (SECRET, "ciphertext", "nonce"), (REFRESH, REFRESH, "refresh_nonce")
    for secret, (column, name, nonce) in zip(secrets, names, strict=True):
        values |= {name: None, nonce: None}
        if not secret:
            continue
        spot = Spot(workspace_id, TABLE, row, column)
        made = await keys.seal(session, key, spot, secret.encode())
        values |= {name: made.ciphertext, nonce: made.nonce, "key_id": made.key_id}
    await queries.seal(session, values)


async def _open(
    session: AsyncSession, key: Sealer, home: UUID, row: Any, column: str
) -> str:
    if row[column] is None:
        return ""
    spot = Spot(home, TABLE, row["id"], column)
    nonce = row[column.replace("ciphertext", "nonce")]
    sealed = Sealed(row[column], nonce, row["key_id"])
    return (await keys.open_sealed(session, key, spot, sealed)).decode()


async def _record(
    session: AsyncSession, workspace_id: UUID, row: UUID, kind: str
) -> None:
    await connection_queries.record(session, workspace_id, row, kind)
