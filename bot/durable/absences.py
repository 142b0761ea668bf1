"""Which apps do not answer, so that their runs do not keep others' waiting."""

import asyncio
import secrets
from datetime import timedelta

import structlog

FIRST_S, LONGEST_S = 1.0, 15.0

log = structlog.get_logger()


class Absences:
    """The addresses that did not answer lately, in this process's memory."""

    def __init__(self) -> None:
        """Believe all to be there."""
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def left(self, url: str) -> timedelta | None:
        """Return for how long not to try an address; None when it may be tried."""
        left = self._until.get(url, 0) - _now()
        return _spread(left) if left > 0 else None

    def note(self, url: str, why: object) -> timedelta:
        """Take note that an address does not answer; return for how long to wait."""
        if left := self.left(url):
            return left  # several calls failed at once: that is one failure
        failures = self._failures.get(url, 0)
        if not failures:
            log.warning("app.away", url=url, reason=why)
        self._failures[url] = failures + 1
        pause_s = min(FIRST_S * 2 ** min(failures, 10), LONGEST_S)
        self._until[url] = _now() + pause_s
        return _spread(pause_s)

    def clear(self, url: str) -> None:
        """Take note that an address answers."""
        if self._failures.pop(url, 0):
            log.info("app.back", url=url)
        self._until.pop(url, None)


def _spread(pause_s: float) -> timedelta:
    # All that wait for one app must not come at once.
    return timedelta(seconds=pause_s * (1 + secrets.randbelow(1000) / 4000))


def _now() -> float:
    return asyncio.get_running_loop().time()
