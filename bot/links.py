"""Links to a finished piece: signed, good for a while, only where PUBLIC_URL is set."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.errors import AgentError, NotFound
from agent.ports import Clock

PATH = "/pieces"
GOOD_FOR = timedelta(days=7)


class LinkExpired(AgentError):
    """The link was good once."""

    code, status = "link_expired", 410

    def __init__(self) -> None:
        """Say so, and how to get another."""
        super().__init__(
            "This link is too old.",
            hint="Ask Draper for /outputs in the chat; the piece is still there.",
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """What a link leads to."""

    storage_key: str
    name: str


class Links:
    """Makes and reads links; whoever has one may read that piece, and nothing else."""

    def __init__(self, public_url: str, secret: bytes, clock: Clock) -> None:
        """Sign with ``secret``; links begin with ``public_url``."""
        self._base = f"{public_url.rstrip('/')}{PATH}/"
        self._secret = hmac.digest(secret, b"draper links", "sha256")
        self._clock = clock

    def to(self, piece: Piece) -> str:
        """A link to ``piece``, good for a week."""
        until = self._clock.now() + GOOD_FOR
        told = json.dumps([piece.storage_key, piece.name, int(until.timestamp())])
        body = _text(told.encode())
        return f"{self._base}{body}.{self._proof(body)}"

    def read(self, token: str) -> Piece:
        """What a link leads to.

        Raises:
            LinkExpired: It was good, but is too old.
            NotFound: It is none of ours.
        """
        body, _, proof = token.partition(".")
        if not hmac.compare_digest(proof.encode(), self._proof(body).encode()):
            raise NotFound("There is nothing here.", hint="Check the link.")
        key, name, until = json.loads(base64.urlsafe_b64decode(body + "=="))
        if self._clock.now() > datetime.fromtimestamp(until, self._clock.now().tzinfo):
            raise LinkExpired
        return Piece(key, name)

    def _proof(self, body: str) -> str:
        return _text(hmac.digest(self._secret, body.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
