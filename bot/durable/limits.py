"""The engine's figures, so that tests and benchmarks can turn them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


def backoff(attempt: int) -> timedelta:
    """Return the wait after failed attempt number ``attempt``, counted from 0.

    2 s, 4 s, 8 s and so on, 10 minutes at most; the database adds up to a fifth.
    """
    return timedelta(seconds=min(2 * 2 ** min(attempt, 16), 600))


@dataclass(frozen=True, slots=True)
class Limits:
    """How the engine paces itself."""

    concurrency: int = 100
    """Calls in flight in this process."""
    connections: int = 5
    """Database connections, besides the one that listens."""
    lease: timedelta = timedelta(seconds=15)
    """How long a dead worker's jobs wait; renewed three times as often."""
    poll: timedelta = timedelta(seconds=5)
    """How late a lost notification makes us."""
    call: timedelta = timedelta(minutes=15)
    """How long one call of a function may take; then it counts as failed."""
    losses: int = 3
    """After how many lost workers a call is held to be what kills them; 3 at least."""
    steps: int = 1000
    """How many steps a run may have, as on Inngest's server."""
    undelivered: timedelta = timedelta(seconds=2)
    """How long a call waits that did not reach its function."""
    backoff: Callable[[int], timedelta] = backoff
