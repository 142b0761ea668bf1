"""How often a platform lets its doors be written to; callers ask before they write."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

PREVIEW = "preview:"
"""What a door's message id begins with when nothing was sent yet: it is only shown,
fades unless it is shown again, and is sent when it is whole."""
PREVIEW_S = 20.0
"""How long what is only shown surely stands."""


class Act(StrEnum):
    """What is done to a chat, as far as limits tell it apart."""

    SEND = "send"
    EDIT = "edit"
    STREAM = "stream"
    """Showing a text that is still being written; the newest is enough."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be done."""

    scope: str
    """What is counted together, within an account: a chat, a method, everything."""
    most: int
    per_s: float
    """At most ``most`` in any span this long."""
    refills: bool = False
    """Rather: ``most`` at once, and then one each ``per_s / most``."""
    spare: int = 0
    """Of ``most``, how many streams leave to other writes."""


@runtime_checkable
class Limited(Protocol):
    """A door whose platform counts how often it is written to.

    ``interval_s`` is then the time between two looks of one stream.
    """

    def rates(self, chat: str, act: Act) -> Sequence[Rate]:
        """All that a write counts against; it goes out when each allows it. Pure."""
        ...
