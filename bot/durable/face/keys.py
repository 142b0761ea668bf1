"""Who may send events, and who may register apps and look runs up."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from bot.durable.remote.account import PREFIX, bearer_of

SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of this server; without any it is a development server, open to all."""

    event: str = ""
    signing: tuple[str, ...] = ()
    """The one in use first; then the one that may still be."""

    @property
    def kind(self) -> str:
        """What SDKs call such a server."""
        return "cloud" if self.signing else "dev"

    def may_send(self, event_key: str) -> bool:
        """Tell whether events may come under this key."""
        return not self.signing or _same(event_key, (self.event,))

    def may_ask(self, authorization: str) -> bool:
        """Tell whether a header shows a signing key, hashed as SDKs do."""
        if not self.signing:
            return True
        if authorization[: len(SCHEME)].lower() != SCHEME:
            return False
        shown = PREFIX.sub("", authorization[len(SCHEME) :].strip())
        return _same(shown, [bearer_of(key) for key in self.signing])


def _same(given: str, known: Iterable[str]) -> bool:
    # All are compared, so that time tells nothing of which one matched.
    found = [hmac.compare_digest(given.encode(), key.encode()) for key in known]
    return any(found)
