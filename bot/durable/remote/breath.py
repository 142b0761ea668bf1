"""How the remote engine paces itself."""

import secrets
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Breath:
    """Of the relay, and of telling the server what functions we have."""

    lease: timedelta = timedelta(seconds=60)
    """More than any post may take; after a crash, this long until the next try."""
    idle_s: float = 5.0
    """A lost notification costs this long."""
    first_s: float = 0.5
    longest_s: float = 120.0
    """Pauses between failed posts double from the first to the longest."""
    slow: timedelta = timedelta(minutes=10)
    """Until an event that the server will not have is offered again."""

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row, give or take a quarter."""
        doublings = min(failures - 1, 20)
        whole = min(self.longest_s, self.first_s * float(2**doublings))
        return whole * (0.75 + secrets.randbelow(500) / 1000)
