"""Where the Inngest server is, and what we show it."""

import re
from dataclasses import dataclass
from hashlib import sha256

PREFIX = re.compile(r"^signkey-\w+-")
NO_KEY = "NO_EVENT_KEY_SET"
"""What a server without keys is shown. Source: the Inngest SDKs."""
PATH = "/api/inngest"


@dataclass(frozen=True, slots=True)
class Account:
    """One server, and one app on it."""

    api: str
    """Takes REST calls and the app's functions; without a slash at the end."""
    events: str
    """Takes events."""
    origin: str
    """Where the server reaches us."""
    event_key: str = NO_KEY
    signing_keys: tuple[str, ...] = ()
    """The one in use, then the one that may still be; empty: nothing is signed."""
    env: str = ""

    @property
    def serve_url(self) -> str:
        """Where the server calls our functions."""
        return self.origin + PATH

    @property
    def is_signed(self) -> bool:
        """Whether calls are signed both ways."""
        return bool(self.signing_keys)


def secret_of(signing_key: str) -> bytes:
    """Return what signatures are made with."""
    return PREFIX.sub("", signing_key).encode()


def bearer_of(signing_key: str) -> str:
    """Return what shows REST calls to be ours: never the key itself.

    Raises:
        ValueError: It is no signing key: not hexadecimal.
    """
    return sha256(bytes.fromhex(PREFIX.sub("", signing_key))).hexdigest()
