"""Whether the database's clock can be believed about leases.

Leases end by the database's clock. Set forward, it ends all of them at once, and live
workers would lose their jobs to each other; set back, a dead worker's jobs would wait.
Our own monotonic clock, which nobody sets, tells when that happened.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

NEVER = datetime.min.replace(tzinfo=UTC)
ALWAYS = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger()


class LeaseClock:
    """Compares the database's clock with ours."""

    def __init__(
        self, lease: timedelta, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Have seen nothing yet; a jump is more than a third of ``lease``."""
        self._lease = lease
        self._slack = lease / 3
        self._monotonic = monotonic
        self._seen: tuple[datetime, float] = (NEVER, 0.0)
        self._believed_from = 0.0

    def latest(self) -> datetime:
        """Return the database time up to which a lease that ran out is a lost one.

        If the database's clock says more, it was set forward; if it was not seen for
        the time of a lease, it may have been away for everybody. Then holders are given
        the time of a lease to renew what they have.
        """
        if self._monotonic() < self._believed_from or self._was_away():
            return NEVER
        unseen = self._seen[0] == NEVER
        return ALWAYS if unseen else self._expected() + self._slack

    def see(self, now: datetime) -> bool:
        """Note the database's time; True when it was set back."""
        if self._seen[0] == NEVER:
            self._seen = (now, self._monotonic())
            return False
        jump, was_away = now - self._expected(), self._was_away()
        self._seen = (now, self._monotonic())
        if was_away or jump > self._slack:
            self._believed_from = self._monotonic() + self._lease.total_seconds()
        if abs(jump) <= self._slack:
            return False
        log.warning("engine.clock_jumped", seconds=round(jump.total_seconds(), 1))
        return jump < -self._slack

    def _was_away(self) -> bool:
        now, at = self._seen
        return now != NEVER and self._monotonic() - at > self._lease.total_seconds()

    def _expected(self) -> datetime:
        now, at = self._seen
        return now + timedelta(seconds=self._monotonic() - at)
