"""What the web chat needs from the rest of the house."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from channels.contract import OutFile, Received
from channels.web.parse import Sender

Speaker = Literal["you", "draper"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks, before anybody knows them."""

    address: str
    """The network address they come from."""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class WebCaller:
    """The person behind a live session."""

    user_id: UUID
    workspace_id: UUID
    session_id: UUID
    name: str = ""
    chat_id: UUID | None = None
    """Our ``chats`` row of their web chat; None until they first write."""
    role: str = "viewer"
    workspace: str = ""
    """Its name."""
    timezone: str = "UTC"
    is_moved: bool = False
    """Whether the session began under another role or workspace: see `Desk.rotate`."""

    @property
    def sender(self) -> Sender:
        """The same person, as the channel names them."""
        return Sender(user_id=str(self.user_id), name=self.name)


@dataclass(frozen=True, slots=True)
class ShownButton:
    """One button under a message."""

    label: str
    payload: str
    row: int = 0
    pressed: bool = False


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file to download."""

    name: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the page shows it."""

    id: str
    order: str
    """Messages stand in the order of these strings; unlike times they never tie."""
    role: Speaker
    at: datetime
    revision: int = 0
    markdown: str = ""
    """The source: what a person wrote, or what Copy takes; empty while working."""
    html: str = ""
    """Draper's words, rendered and sanitised."""
    note: str = ""
    """A line of Draper's above the buttons, rendered and sanitised."""
    buttons: tuple[ShownButton, ...] = ()
    files: tuple[ShownFile, ...] = ()
    form: Mapping[str, Any] | None = None
    """To be filled in here, as ``channels.contract.Form`` has it."""
    working: bool = False
    """Whether more text is still to come."""
    client_id: str = ""
    """The id the page gave the message when it sent it."""

    def to_json(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed since the last one."""

    cursor: str
    """Where to go on from after a break."""
    shown: tuple[Shown, ...] = ()
    """Empty: nothing new, but the connection lives."""
    whole: bool = False
    """Whether this is the latest part of the chat from scratch, not an addition."""


class TooManyTries(Exception):
    """Sign-in was tried too often from one place; the code was not looked at."""


class Desk(Protocol):
    """The web chat's counterpart; `bot.web.pg_desk` is the real one."""

    async def redeem(self, code: str, visitor: Visitor) -> str | None:
        """Turn a sign-in code into a new session's token; None if it is no longer good.

        Raises:
            TooManyTries: See there.
        """
        ...

    async def who(self, token: str) -> WebCaller | None:
        """Return the session's person and extend it; None when it has ended."""
        ...

    async def rotate(self, token: str, visitor: Visitor) -> str | None:
        """Return the token that replaces this one; None when another request did so."""
        ...

    async def sign_out(self, token: str) -> None:
        """End the session; its open streams end within a heartbeat."""
        ...

    async def history(
        self, caller: WebCaller, *, limit: int, before: str = ""
    ) -> list[Shown]:
        """Return the last ``limit`` messages older than order ``before``, in order."""
        ...

    def changes(self, caller: WebCaller, after: str) -> AsyncIterator[Batch]:
        """Yield what is new since cursor ``after``, for ever.

        The first batch comes at once: whole when ``after`` is empty or unknown. Later
        ones follow changes; an empty one comes at least every heartbeat.
        """
        ...

    def keep(self, received: Sequence[Received], /) -> Awaitable[None]:
        """Commit what the person did (`channels.contract.Keep`).

        Raises:
            NotKept: It is not safe; the page shall send it again.
        """
        ...

    async def file(self, caller: WebCaller, key: str) -> OutFile | None:
        """Return a file of one of the person's messages; None when there is none."""
        ...
