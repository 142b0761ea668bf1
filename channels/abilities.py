"""What some doors can do besides sending and editing; callers ask before use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from channels.contract import Attachment, Button, Refused
from channels.ends import End


class Moved(Refused):
    """The chat goes on under the id ``to``; it can be sent there."""

    def __init__(self, to: str) -> None:
        """Keep the id it goes on under."""
        super().__init__(End.MOVED.because(f"the chat is now {to}"))
        self.to = to


class NotFetched(Exception):
    """A file of a message could not be had; ``str`` completes "report.pdf: ..."."""

    def __init__(self, reason: str, *, may_work: bool = False) -> None:
        """Keep why, and whether another try may fare better."""
        super().__init__(reason)
        self.may_work = may_work


def too_big(at_most: int) -> NotFetched:
    """What is said of a file of more than ``at_most`` bytes."""
    most = f"{at_most / 1e6:g} MB"
    return NotFetched(f"it is larger than {most}. Please send less of it.")


@runtime_checkable
class Fetches(Protocol):
    """A door that hands over the files that came with messages."""

    async def fetch(self, account: str, file: Attachment, *, at_most: int) -> bytes:
        """The file's bytes.

        Raises:
            NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
        """
        ...


@runtime_checkable
class Withdraws(Protocol):
    """A door that lets us take away what a person wrote."""

    async def withdraw(self, chat: str, message_id: str) -> bool:
        """Delete the message; True when it is gone. It never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a page of ours: any of these, in this order."""

    heading: str = ""
    text: str = ""
    """Markdown."""
    small: str = ""
    """Set smaller than the text, under it."""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """The page that stands for one person beside our conversation."""

    rows: tuple[Row, ...]
    chat: str = ""
    """The conversation that its buttons are pressed in."""


@runtime_checkable
class ShowsHome(Protocol):
    """A door with a page for each person, which is shown anew as a whole."""

    async def show_home(self, account: str, user: str, home: Home) -> None:
        """Show the page in the place of what stood there.

        Raises:
            NotSent, MaybeSent, Refused: See each; showing it again does no harm.
        """
        ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to begin with: what the button says, and what is then said."""

    title: str
    said: str


@runtime_checkable
class Suggests(Protocol):
    """A door that offers a person something to begin with."""

    async def suggest(
        self, account: str, chat: str, thread: str, prompts: Sequence[Prompt]
    ) -> bool:
        """Offer these in the place of others; True when they are. It never raises."""
        ...


@runtime_checkable
class Entitles(Protocol):
    """A door that lists conversations by their titles."""

    async def entitle(self, account: str, chat: str, thread: str, title: str) -> bool:
        """Call the conversation so; True when it is. It never raises."""
        ...


@runtime_checkable
class Reaches(Protocol):
    """A door that finds its own conversation with a person."""

    async def direct(self, account: str, user: str) -> str:
        """The conversation's id, begun when there is none; empty when out of reach.

        It never raises.
        """
        ...
