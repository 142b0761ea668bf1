"""What readers return, and the care they share."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.files.limits import CHARACTERS, READING_S

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader found."""

    text: str = ""
    note: str = ""
    """Where not all was read: what was, for a person."""
    width: int | None = None
    height: int | None = None
    clean: bytes = b""
    """The file without what its maker did not mean to send; empty: as it was."""
    facts: str = ""
    """``12 pages``."""
    view: bytes = b""
    """A picture, as JPEG, in the size that a model is shown."""


@dataclass
class Budget:
    """How much of a file a reader may still read."""

    characters: int = CHARACTERS
    seconds: float = READING_S
    lines: list[str] = field(default_factory=list)

    def take(self, text: str) -> bool:
        """Keep a piece; False when there is no room or time for another."""
        tidied = tidy(text)[: self.characters]
        self.lines.append(tidied)
        self.characters -= len(tidied) + 1
        return self.characters > 0 and time.process_time() < self.seconds

    @property
    def text(self) -> str:
        """All that was kept."""
        return _BLANK_LINES.sub("\n\n", "\n".join(self.lines)).strip()


def tidy(text: str) -> str:
    """The text in characters that can be kept and shown."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return _CONTROLS.sub("", lines)


def counted(n: int, one: str) -> str:
    """``1 page``, ``1,200 pages``."""
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def joined(cells: Iterable[object]) -> str:
    """A row as a line; empty where all its cells are."""
    texts = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)
