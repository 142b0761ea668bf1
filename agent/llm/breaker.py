"""When to stop asking a service that fails, and when to ask again.

The state is shared by all processes, so it lies with whoever keeps it (``Circuits``).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """How a service stands."""

    CLOSED = "closed"
    """It works as far as is known."""
    OPEN = "open"
    """It fails: nobody asks."""
    HALF_OPEN = "half_open"
    """It failed a while ago: one caller is finding out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How much failing is too much, and how long to leave the service alone."""

    failures: int = 5
    """More than all tries of one run, so that one alone does not decide for all."""
    window: timedelta = timedelta(seconds=60)
    """So many failures within it open the circuit."""
    cool: timedelta = timedelta(seconds=30)
    """Before the first probe; doubled with every probe that fails."""
    longest: timedelta = timedelta(minutes=10)
    jitter: float = 0.2
    """Up to so much longer, by chance: many installations must not probe in step."""
    probe: timedelta = timedelta(minutes=3)
    """How long a probe may take before another caller is let through in its place."""


RULE = Rule()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may be made now."""

    may_call: bool = True
    is_probe: bool = False
    """This call is the one that finds out; its end must be told, whatever it is."""
    wait_s: float = 0.0
    """How long until the next one may find out."""


class Circuits(Protocol):
    """One circuit a service, shared by everybody who calls it."""

    async def ask(self, service: str) -> Verdict:
        """Whether ``service`` may be called now."""
        ...

    async def failed(self, service: str, verdict: Verdict) -> None:
        """Count that a call allowed by ``verdict`` found the service failing."""
        ...

    async def worked(self, service: str, verdict: Verdict) -> None:
        """Tell that the service answered, be it with a refusal."""
        ...

    async def gave_up(self, verdict: Verdict, service: str) -> None:
        """Tell that nothing was found out; the next call may."""
        ...
