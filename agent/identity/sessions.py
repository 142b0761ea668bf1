"""Web sessions: a random token in the browser, its hash in our table.

All of it runs on a session of ``system("door")``, since the token tells who it is.

When its person's role or workspace changes, a session gets another token: what was
opened under one right is not carried into another. The old token stands for the new
one a moment longer, for requests that were under way; whoever brings it later is not
the browser that was given the new one, and then all of them end.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import session_queries

TTL = timedelta(days=30)
RENEWED = timedelta(days=1)
"""How much of its time a session loses at most before it gets it back."""
SEEN = timedelta(minutes=10)
"""How exactly it is known when a session was used last: one write in that time."""
GRACE = timedelta(seconds=30)
"""How long a replaced token still stands for its heir."""
TOKEN_BYTES = 32
PREFIX_BYTES = 6

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Client:
    """The program a session lives in."""

    address: str | None = None
    """An IP address."""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a live session belongs to, and where they now are."""

    session_id: UUID
    user_id: UUID
    workspace_id: UUID
    """The workspace of their web chat; until there is one, that of the sign-in."""
    chat_id: UUID | None
    name: str
    role: str
    workspace: str
    """Its name."""
    timezone: str
    is_moved: bool
    """Whether it was opened under another role or workspace: see ``rotate``."""


async def create(
    session: AsyncSession, *, user_id: UUID, workspace_id: UUID, client: Client
) -> str:
    """Open a session and return its token, which is kept nowhere."""
    token, _ = await _open(session, user_id, workspace_id, client)
    return token


async def find(session: AsyncSession, token: str) -> Person | None:
    """Return whose live session it is, and prolong it; None when there is none.

    A session ends with its time, its sign-out, its account, or its membership.
    """
    if not token.isprintable():  # a NUL would be an error, not a miss
        return None
    key = _prefix(token), _hash(token)
    spans = {"enough": TTL - RENEWED, "seen": SEEN, "grace": GRACE}
    found = await session_queries.find(session, key, spans)
    if found is None:
        if await session_queries.revoke_chain(session, key, GRACE):
            log.warning("session.reused")
        return None
    if found.is_due:
        await session_queries.renew(session, found.id, TTL)
    return Person(
        session_id=found.id,
        user_id=found.user_id,
        workspace_id=found.workspace_id,
        chat_id=found.chat_id,
        name=found.name,
        role=found.role,
        workspace=found.workspace,
        timezone=found.timezone,
        is_moved=found.is_moved,
    )


async def rotate(session: AsyncSession, token: str, client: Client) -> str | None:
    """Return the token that replaces this one from now on.

    None when another request replaced it already, or the session is over.
    """
    old = await session_queries.hold(session, _hash(token))
    person = await find(session, token) if old else None
    if old is None or person is None:
        return None
    fresh, heir = await _open(session, person.user_id, person.workspace_id, client)
    await session_queries.replace(session, old, heir)
    return fresh


async def revoke(session: AsyncSession, token: str) -> None:
    """End a session; ending what has ended is fine."""
    await session_queries.revoke(session, _hash(token))


async def _open(
    session: AsyncSession, user_id: UUID, workspace_id: UUID, client: Client
) -> tuple[str, UUID]:
    prefix = secrets.token_hex(PREFIX_BYTES)
    token = f"{prefix}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    row = {
        "user_id": user_id,
        "workspace_id": workspace_id,
        "prefix": prefix,
        "token_hash": _hash(token),
        "address": client.address or None,
        "user_agent": client.user_agent or None,
        "ttl": TTL,
    }
    return token, await session_queries.add(session, row)


def _prefix(token: str) -> str:
    return token.partition(".")[0]


def _hash(token: str) -> bytes:
    # Random and long: a plain hash is as hard to turn back as a slow one.
    return sha256(token.encode()).digest()
