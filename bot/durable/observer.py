"""What somebody who counts and traces is told of the engine's work."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.durable.protocol import Outcome
    from bot.durable.queue import Job


@dataclass(slots=True)
class Call:
    """One call of a function, open while it is made."""

    job: "Job"
    outcome: "Outcome | None" = None
    """Set before it closes; None when the call was cut off."""


class Observer:
    """Hears of everything and does nothing with it; override what you want to know.

    The engine calls these between its own awaits: they return at once, and never raise.
    """

    def started(self, function_ids: Iterable[str]) -> None:
        """Runs began, one for each function named."""

    def claimed(self, job: "Job") -> None:
        """A job was leased; its ``losses`` say how many workers it outlived."""

    def calling(self, job: "Job") -> AbstractContextManager[Call]:
        """Return what is entered around a call of the function, on the same task."""
        return nullcontext(Call(job))

    def retried(self, job: "Job", error: str) -> None:
        """A failed call was queued again; ``error`` is the name of its class."""

    def lease_lost(self, job: "Job") -> None:
        """Somebody else may have the job now; its call was cut off."""

    def ended(self, job: "Job", status: str, error: str = "") -> None:
        """A run ended here: ``completed`` or ``failed``, with the error's name."""


NOBODY = Observer()
