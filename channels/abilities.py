"""What some doors can do besides sending and editing; callers ask before use."""

from typing import Protocol, runtime_checkable

from channels.contract import Attachment


class NotFetched(Exception):
    """A file of a message could not be had; the reason can be shown."""


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
