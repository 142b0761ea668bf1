"""What a rehearsal may write: a script with gaps, and what to fill them with.

Only the rehearsal model reads it; a real one is told the same by the prompt's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives of which as many are taken as the brief asks for."""

    of: tuple[str, ...]
    many: int
    """How many where the brief does not say."""
    is_list: bool = False
    """Numbered, instead of blank lines between."""


Part = str | Choice


@dataclass(frozen=True, slots=True)
class Script:
    """A skill's rehearsal: ``parts``, or ``data``, or neither where none is written.

    Both hold ``$placeholders`` (``string.Template``).
    """

    parts: tuple[Part, ...] = ()
    data: Any = None

    def __bool__(self) -> bool:
        """Whether there is anything to play."""
        return bool(self.parts) or self.data is not None


@dataclass(frozen=True, slots=True)
class Play:
    """A script on the day it is played."""

    script: Script = field(default_factory=Script)
    outline: str = ""
    """The skill's template, played where nobody wrote a script."""
    rows: str = ""
    """Of ``data``, the array of which the brief may ask a number."""
    words: str = ""
    """What the person asked for, in their own words."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What they answered, by the question's key; beats whatever else is known."""
    known: Mapping[str, str] = field(default_factory=dict)
    """What is known or assumed anyway, by placeholder; the brief's words beat it."""
    stage: str = ""
    """The stage whose notes are wanted; empty: the piece itself."""
