"""The server: aiosmtpd's protocol over letters that are kept, and faults."""

import asyncio
import re
import ssl
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Got:
    """A letter as it arrived."""

    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body()
        assert body is not None
        return str(body.get_content())

    @property
    def digits(self) -> str:
        """The six digits in it."""
        found = re.search(r"\b\d{6}\b", self.text)
        assert found, self.text
        return found[0]

    @property
    def code(self) -> str:
        """The invitation's code in it."""
        found = re.search(r"\b[2-9A-Z]{5}(?:-[2-9A-Z]{5}){2}\b", self.text)
        assert found, self.text
        return found[0]


@dataclass
class MailServer:
    """A server on a free port of this machine."""

    login: tuple[str, str] | None = None
    """The name and password it insists on."""
    tls: ssl.SSLContext | None = None
    is_tls_at_once: bool = False
    letters: list[Got] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Addresses it knows nobody at."""
    busy: int = 0
    """How often it says "later" first."""
    is_silent: bool = False
    """Whether it takes connections and says nothing."""
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0

    async def __aenter__(self) -> Self:
        at_once = self.tls if self.is_tls_at_once else None
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, self.host, 0, ssl=at_once
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def calm(self) -> None:
        """Forget every fault."""
        self.refused.clear()
        self.busy = 0
        self.is_silent = False

    async def letter_to(self, address: str, *, nth: int = 1) -> Got:
        """Wait for the ``nth`` letter to an address."""
        ends = time.monotonic() + PATIENCE_S
        while len(found := [got for got in self.letters if got.to == address]) < nth:
            assert time.monotonic() < ends, f"no letter to {address}: {self.letters}"
            await asyncio.sleep(0.01)
        return found[nth - 1]

    def _protocol(self) -> asyncio.BaseProtocol:
        self.connections += 1
        if self.is_silent:
            return asyncio.Protocol()
        wants_tls = self.tls is not None and not self.is_tls_at_once
        return SMTP(
            _Desk(self),
            hostname="mail.test",
            tls_context=self.tls if wants_tls else None,
            require_starttls=wants_tls,
            authenticator=self._authenticate if self.login else None,
            auth_required=self.login is not None,
            auth_require_tls=self.tls is not None,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any
    ) -> AuthResult:
        assert self.login is not None
        name, password = (part.encode() for part in self.login)
        is_right = (given.login, given.password) == (name, password)
        return AuthResult(success=is_right, handled=False)


class _Desk:
    """What aiosmtpd asks when somebody speaks."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self._server.busy > 0:
            self._server.busy -= 1
            return "451 4.7.1 come back later"
        if address in self._server.refused:
            return "550 5.1.1 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        message = message_from_bytes(raw, policy=SMTP_POLICY)
        assert isinstance(message, EmailMessage)
        for address in envelope.rcpt_tos:
            self._server.letters.append(Got(address, message))
        return "250 kept"
