"""One-time codes: shown once to a person, who brings them to a door of ours.

All of it runs on a session of ``system("door")``, since who brings a code is unknown.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import queries
from agent.identity.schemas import Grant

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O, which people mistake for one another: five bits a character."""
HANDLE, SECRET = 5, 10
"""The handle finds the code's row; the secret, fifty bits, proves who was shown it."""
GROUP = 5
TRIES = 5
"""Wrong secrets, until the code is worth nothing."""


async def issue(
    session: AsyncSession,
    *,
    purpose: str,
    ttl: timedelta,
    grant: Grant,
    pepper: bytes,
) -> str:
    """Return a new code, ``K7QMX-4WPT9-HC3RD``, good once and until ``ttl`` is over.

    Only its HMAC under ``pepper``, the installation's secret, is kept. ``purpose``:
    one of ``link_codes.purpose``.
    """
    while True:
        handle, secret = _draw(HANDLE), _draw(SECRET)
        proof = _proof(pepper, purpose, handle, secret)
        if await queries.add_code(session, (purpose, handle), proof, ttl, grant):
            return _grouped(handle + secret)


async def redeem(
    session: AsyncSession, *, purpose: str, code: str, pepper: bytes, by: str = ""
) -> Grant | None:
    """Use a code up and return what it stands for; None when it is no good (any more).

    A wrong secret counts against the handle, five times at most; so the caller must let
    the transaction commit after None as well. ``by`` names the message that brings the
    code: worked on a second time, that very message finds it good again.
    """
    found = await look(session, purpose=purpose, code=code, pepper=pepper, by=by)
    if found is None:
        return None
    await use(session, found, by=by)
    return found.grant


@dataclass(frozen=True, slots=True)
class Good:
    """A code that is good, and not yet used up by looking at it."""

    id: UUID
    grant: Grant


async def look(
    session: AsyncSession, *, purpose: str, code: str, pepper: bytes, by: str = ""
) -> Good | None:
    """What a code stands for, which counts as a try; None as ``redeem``.

    The row stays locked, so that ``use`` in the same transaction is sure to be first.
    """
    plain = _plain(code)
    if plain is None:
        return None
    handle, secret = plain
    found = await queries.try_code(session, purpose, handle, by)
    if found is None:
        return None
    if not compare_digest(found.code_hash, _proof(pepper, purpose, handle, secret)):
        if found.attempts >= TRIES and found.workspace_id:
            await queries.record_worn_out(session, found.workspace_id, purpose, handle)
        return None
    grant = Grant(found.user_id, found.workspace_id, found.role, found.payload)
    return Good(found.id, grant)


async def use(session: AsyncSession, good: Good, *, by: str = "") -> None:
    """Use up a code that was looked at."""
    await queries.use_code(session, good.id, by)


def is_code(typed: str) -> bool:
    """Whether this has the shape of a code, however people type one."""
    return _plain(typed) is not None


def _draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _grouped(plain: str) -> str:
    parts = range(0, len(plain), GROUP)
    return "-".join(plain[at : at + GROUP] for at in parts)


def _plain(code: str) -> tuple[str, str] | None:
    # People type codes in small letters, with blanks or without the dashes.
    typed = re.sub(r"[\s\-\u2010-\u2015]", "", code).upper()
    if len(typed) != HANDLE + SECRET or not set(typed) <= set(ALPHABET):
        return None
    return typed[:HANDLE], typed[HANDLE:]


def _proof(pepper: bytes, purpose: str, handle: str, secret: str) -> bytes:
    return digest(pepper, f"{purpose}:{handle}:{secret}".encode(), sha256)
