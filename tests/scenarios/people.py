"""A person at a door: what they do, and what they see. The same for every door."""

import asyncio
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 20.0
LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Seen:
    """One message of the bot, as it stands in the chat now."""

    ref: Any
    """The door's own name for it."""
    text: str
    buttons: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def has(self, *words: str) -> bool:
        """Whether all the words are in it, however they are spaced."""
        return all(plain(word) in plain(self.text) for word in words)


def plain(text: str) -> str:
    """Letters and digits only, for comparing what was said with what is shown."""
    return " ".join(re.findall(r"\w+", text.casefold()))


async def until(
    met: Callable[[], T | None], what: str, within_s: float = PATIENCE_S
) -> T:
    """What ``met`` gives once it is true.

    Raises:
        AssertionError: It was not met in time.
    """
    ends = time.monotonic() + within_s
    while not (found := met()):
        assert time.monotonic() < ends, what
        await asyncio.sleep(LOOK_EVERY_S)
    return found


class Person(ABC):
    """Somebody in a chat with the bot."""

    door: str
    prefix = "/"
    """How a command begins here."""
    patience_s = PATIENCE_S

    @property
    def identity(self) -> tuple[str, str]:
        """The team and id they are known by."""
        raise NotImplementedError

    @abstractmethod
    def chat(self) -> list[Seen]:
        """The bot's messages as this person sees them, oldest first."""

    @abstractmethod
    async def writes(self, text: str) -> Any:
        """Write a message; the door's name for it."""

    async def edits(self, message: Any, text: str) -> None:
        """Change one of one's own messages, where the door lets people."""
        raise NotImplementedError

    @abstractmethod
    async def press(self, seen: Seen, label: str) -> None:
        """Press a button at once, whether or not it is wise."""

    @abstractmethod
    def notices(self) -> list[str]:
        """The few words shown to whoever pressed, and to nobody else."""

    async def commands(self, words: str) -> Any:
        """Write a command, as this door has it typed."""
        return await self.writes(f"{self.prefix}{words}")

    async def sees(self, *words: str, buttons: tuple[str, ...] = ()) -> Seen:
        """Wait for a message with these words and buttons; the newest."""

        def found() -> Seen | None:
            fits = [
                seen
                for seen in self.chat()
                if seen.has(*words) and set(buttons) <= set(seen.buttons)
            ]
            return fits[-1] if fits else None

        try:
            return await until(found, "", self.patience_s)
        except AssertionError:
            raise AssertionError(
                f"{words} {buttons} was not seen; the chat shows {self.chat()}"
            ) from None

    async def is_told(self, *words: str) -> None:
        """Wait for a notice, or where the door has none, a message."""

        def told() -> bool:
            said = [*self.notices(), *(seen.text for seen in self.chat())]
            return any(all(plain(w) in plain(one) for w in words) for one in said)

        what = f"{words} was not told: {self.notices()} {self.chat()}"
        await until(told, what, self.patience_s)

    async def presses(self, label: str, under: Seen | None = None) -> Seen:
        """Press a button, once it is there; the message it was under."""
        there = under or await self.sees(buttons=(label,))
        await self.press(there, label)
        return there

    def now(self, seen: Seen) -> Seen:
        """The same message as it stands now."""
        return next(one for one in self.chat() if one.ref == seen.ref)

    async def sees_change(self, seen: Seen, *words: str) -> Seen:
        """Wait until this very message shows these words."""
        await until(
            lambda: self.now(seen).has(*words),
            f"{words} did not come to stand in {self.now(seen)}",
            self.patience_s,
        )
        return self.now(seen)
