"""Our own mail, over SMTP: codes and invitations. Satisfies ``agent.ports.Mail``."""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Literal

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from agent.errors import BadInput, Unavailable
from agent.ports import Clock, Letter
from channels.contract import Health

PERMANENT = 500
"""Source: RFC 5321 4.2.1: 4yz may succeed later, 5yz will not."""


Secured = Literal["none", "starttls", "tls"]
"""How a connection is kept from others' eyes."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and what it wants to be shown."""

    host: str
    port: int
    security: Secured
    username: str = ""
    password: str = ""
    ca_file: str = ""
    timeout_s: float = 8.0
    tries: int = 2


class SmtpMail:
    """Hands letters to a mail server, one connection a letter."""

    def __init__(self, server: Server, sender: str, clock: Clock) -> None:
        """Send from ``sender``, ``Draper <bot@acme.com>``.

        Raises:
            BadInput: It is no address.
        """
        self._server = server
        self._sender = sender
        self._domain = _domain(sender)
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """Hand the letter over, within the time and tries that are set.

        A letter whose fate is unknown is handed over again: twice the same code does no
        harm, and none at all does.

        Raises:
            BadInput: The address or subject is none, or the server refuses it for good.
            Unavailable: The server did not take it for now.
        """
        message = self._message(letter)
        try:
            async with asyncio.timeout(self._server.timeout_s):
                await self._insist(message)
        except TimeoutError as error:
            raise _unavailable("it did not answer in time") from error

    async def ping(self) -> Health:
        """Whether the server lets us in; never raises."""
        server = self._server
        where = f"{server.host}:{server.port}, {server.security}"
        try:
            async with asyncio.timeout(server.timeout_s), self._open() as client:
                await client.noop()
        except (SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            hint = "Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY and the login."
            return Health(ok=False, detail=f"{where}: {why[:200]}", hint=hint)
        return Health(ok=True, detail=f"{where}, from {self._sender}")

    async def _insist(self, message: EmailMessage) -> None:
        for left in reversed(range(self._server.tries)):
            try:
                async with self._open() as client:
                    await client.send_message(message)
            except (SMTPException, OSError) as error:
                _ensure_worth_a_try(error, is_last=not left)
            else:
                return

    def _open(self) -> aiosmtplib.SMTP:
        server = self._server
        is_secure = server.security != "none"
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            timeout=server.timeout_s,
            use_tls=server.security == "tls",
            # Never "if it is offered": who sits between would just not offer it.
            start_tls=server.security == "starttls",
            tls_context=_context(server.ca_file) if is_secure else None,
        )

    def _message(self, letter: Letter) -> EmailMessage:
        _ensure_one_line(letter.to, letter.subject)
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
        message.set_content(letter.text)
        return message


def _ensure_one_line(*headers: str) -> None:
    # A line break would end the header and begin one of somebody else's choosing.
    if any(not header.isprintable() for header in headers):
        raise BadInput(
            "An address and a subject are one line of plain characters.",
            hint="Leave out line breaks.",
        )


def _domain(sender: str) -> str:
    _, address = parseaddr(sender)
    _, at, domain = address.rpartition("@")
    if not at or not domain or not sender.isprintable():
        raise BadInput(
            "SMTP_HOST is set, but SMTP_FROM is no address.",
            hint="Set it to what people shall see: Draper <bot@acme.com>.",
        )
    return domain


def _context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def _ensure_worth_a_try(error: Exception, *, is_last: bool) -> None:
    """Return where trying again may help; else raise what the server means."""
    if isinstance(error, SMTPAuthenticationError):
        raise _unavailable("it does not accept our login") from error
    if _refuses_for_good(error):
        raise BadInput(
            "The mail server refuses that address.", hint="Check how it is written."
        ) from error
    if is_last:
        raise _unavailable("it did not take it") from error


def _refuses_for_good(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(one.code >= PERMANENT for one in error.recipients)
    return isinstance(error, SMTPResponseException) and error.code >= PERMANENT


def _unavailable(why: str) -> Unavailable:
    return Unavailable(
        f"The mail could not be handed to the mail server: {why}.",
        hint="Try again in a minute; `draper doctor` tells whoever runs me more.",
    )
