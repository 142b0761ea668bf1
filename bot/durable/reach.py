"""Which addresses the engine may call: this machine's, and those the operator named."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.durable.errors import Unsupported

NAMES = frozenset({"localhost", "0.0.0.0"})  # noqa: S104 - a name, nothing is bound
"""Names of this machine besides its loopback addresses."""


def is_loopback(host: str) -> bool:
    """Tell whether a host, a name or an address, is this machine for sure."""
    if host in NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the engine may send requests.

    An address that others choose could make it knock at doors that are open to this
    machine only. So none is taken but loopback, and what the operator names exactly.
    """

    hosts: Collection[str] = ()
    loopback: bool = True
    """Whether this machine may be called."""
    option: str = "--app-host"
    """How the operator names a host."""

    def check(self, url: str) -> None:
        """Pass an address that may be called.

        Raises:
            Unsupported: It is none, or not allowed.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            parts, host = None, ""
        if parts is None or parts.scheme not in ("http", "https") or not host:
            raise Unsupported(f"{url[:200]!r} is no address of http or https.")
        if parts.username or parts.password:
            raise Unsupported("An address with a password in it is not called.")
        if host not in self.hosts and not (self.loopback and is_loopback(host)):
            raise Unsupported(
                f"The engine may not call {host}.",
                hint=f"Start it with {self.option} {host} if it shall.",
            )
