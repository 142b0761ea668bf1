"""Confirming an address: six digits by mail, bound to the address and the account.

What stands in the table is their HMAC. All but ``keep`` runs on ``system("door")``.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import BadInput, Conflict
from agent.identity import codes, email_queries, throttles

PURPOSE = "confirm_email"
TTL = timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TO_ONE_ADDRESS, BY_ONE_PERSON = 4, 8
"""Mails an hour, so that nobody's mailbox is filled through us."""
TO_ONE_A_DAY = 8
"""Mails a day. Who guesses has five tries a mail, and the account behind an address to
win: with forty tries a day, one in a million takes a lifetime."""


class TooManyMails(Conflict):
    """Enough codes were mailed for now."""

    code, status = "too_many_mails", 429

    def __init__(self) -> None:
        """Say when there may be another."""
        super().__init__(
            "I have mailed enough codes there for now.",
            hint="The last one still counts; another one in an hour, or tomorrow.",
        )


class WrongCode(BadInput):
    """The digits are not those that were mailed."""

    code = "wrong_code"

    def __init__(self, left: int | None) -> None:
        """``left``: tries until the code is worth nothing; None: there is no code."""
        if left is None:
            said = "I am not waiting for a code: it was used, or is too old."
        elif left == 0:
            said = "That is not the code, and it was the last try."
        else:
            said = f"That is not the code I mailed. {left} more tries."
        super().__init__(said, hint="`/email <address>` mails a new one.")


@dataclass(frozen=True, slots=True)
class Shown:
    """An address that somebody has shown to be theirs."""

    address: str
    account: UUID
    """Whose it is: the caller's, or an account that had confirmed it before."""


async def issue(
    session: AsyncSession, user_id: UUID, address: str, pepper: bytes
) -> str:
    """Six digits that confirm ``address``; those before them are worth nothing now.

    Raises:
        TooManyMails: Enough went to this address, or were asked for by this person.
    """
    place = _hmac(pepper, "address", address).hex()
    for key, limit, window in (
        (f"mail-to:{place}", TO_ONE_ADDRESS, HOUR),
        (f"mail-day:{place}", TO_ONE_A_DAY, DAY),
        (f"mail-by:{user_id}", BY_ONE_PERSON, HOUR),
    ):
        if not await throttles.allow(session, key, limit=limit, window=window):
            raise TooManyMails
    digits = f"{secrets.randbelow(10**6):06d}"
    row = {
        "purpose": PURPOSE,
        "subject": _subject(pepper, user_id),
        "code_hash": _proof(pepper, user_id, address, digits),
        "ttl": TTL,
        "user_id": user_id,
        "address": address,
    }
    await email_queries.put_code(session, row)
    return digits


async def confirm(
    session: AsyncSession, user_id: UUID, digits: str, pepper: bytes, *, by: str
) -> Shown | int | None:
    """The address that was shown to be the caller's, and whose account has it.

    Otherwise how many tries are left, or None where no code is waiting. Wrong tries
    count only if the transaction commits. The account is written by ``keep``, in the
    call's own transaction: that one holds a lock on it which a second would wait for.
    """
    found = await email_queries.try_code(
        session, {"purpose": PURPOSE, "subject": _subject(pepper, user_id), "by": by}
    )
    if found is None:
        return None
    wanted = _proof(pepper, user_id, found.sent_to, digits)
    if not compare_digest(found.code_hash, wanted):
        return int(codes.TRIES - found.attempts)
    await email_queries.use_code(session, found.id, by)
    other = await email_queries.holder(session, found.sent_to)
    return Shown(found.sent_to, other or user_id)


async def keep(session: AsyncSession, user_id: UUID, address: str) -> None:
    """Let the caller have an address that ``confirm`` found free, under their rights.

    Raises:
        Conflict: Another account was quicker.
    """
    try:
        await email_queries.set_email(session, user_id, address)
    except IntegrityError as error:
        raise Conflict(
            "Another account confirmed that address just now.",
            hint="`/link` there shows a code that joins the two.",
        ) from error


def _subject(pepper: bytes, user_id: UUID) -> str:
    return _hmac(pepper, "account", str(user_id)).hex()


def _proof(pepper: bytes, user_id: UUID, address: str, digits: str) -> bytes:
    return _hmac(pepper, "code", f"{user_id}:{address}:{digits}")


def _hmac(pepper: bytes, what: str, value: str) -> bytes:
    return digest(pepper, f"{PURPOSE}:{what}:{value}".encode(), sha256)
