"""Web sessions: a random token in the browser, its hash in our table.

All of it runs on a session of ``system("door")``, since the token tells who it is.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import queries

TTL = timedelta(days=30)
RENEWED = timedelta(days=1)
"""How much of its time a session loses before it gets it back: one write a day."""
TOKEN_BYTES = 32
PREFIX_BYTES = 6


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


async def create(
    session: AsyncSession, *, user_id: UUID, workspace_id: UUID, client: Client
) -> str:
    """Open a session and return its token, which is kept nowhere."""
    prefix = secrets.token_hex(PREFIX_BYTES)
    token = f"{prefix}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    await queries.add_session(
        session,
        {
            "user_id": user_id,
            "workspace_id": workspace_id,
            "prefix": prefix,
            "token_hash": _hash(token),
            "address": client.address or None,
            "user_agent": client.user_agent or None,
            "ttl": TTL,
        },
    )
    return token


async def find(session: AsyncSession, token: str) -> Person | None:
    """Return whose live session it is, and prolong it; None when there is none.

    A session ends with its time, its sign-out, its account, or its membership.
    """
    if not token.isprintable():  # a NUL would be an error, not a miss
        return None
    found = await queries.find_session(
        session, _prefix(token), _hash(token), enough=TTL - RENEWED
    )
    if found is None:
        return None
    if found.is_due:
        await queries.renew_session(session, found.id, TTL)
    return Person(
        session_id=found.id,
        user_id=found.user_id,
        workspace_id=found.workspace_id,
        chat_id=found.chat_id,
        name=found.name,
    )


async def revoke(session: AsyncSession, token: str) -> None:
    """End a session; ending what has ended is fine."""
    await queries.revoke_session(session, _hash(token))


def _prefix(token: str) -> str:
    return token.partition(".")[0]


def _hash(token: str) -> bytes:
    # Random and long: a plain hash is as hard to turn back as a slow one.
    return sha256(token.encode()).digest()
