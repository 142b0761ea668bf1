"""What every door agrees on: one shape in, one shape out, four ways a send can fail."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class ChannelName(StrEnum):
    """The doors there are."""

    TELEGRAM = "telegram"
    SLACK = "slack"
    WEB = "web"
    TERMINAL = "terminal"


class Kind(StrEnum):
    """What the person did."""

    MESSAGE = "message"
    EDIT = "edit"
    PRESS = "press"
    COMMAND = "command"
    FORM = "form"
    STOP = "stop"
    """The platform's own way to stop an answer; ``message_id`` says which."""
    OPENED = "opened"
    """Our page or our conversation was opened; ``pressed``: home or chat."""
    MEMBERSHIP = "membership"
    """We were let into a chat or put out; ``pressed``: joined, left, moved."""


class ChatKind(StrEnum):
    """What sort of place it happened in."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along; its bytes are fetched later, by ``file_id``."""

    file_id: str
    name: str = ""
    media_type: str = ""  # as the sender claims; sniffed before use
    size_bytes: int | None = None
    sent_as: str = ""
    """Where the platform says: photo, voice, audio, video, sticker."""
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """Somebody's words that came along with a message, and are not the sender's."""

    text: str
    author: str = ""
    """As the platform names them; empty where it does not."""
    forwarded: bool = False
    """Passed on as the message itself, rather than answered or quoted."""

    @property
    def source(self) -> str:
        """What it is, for who reads it as material."""
        kind = "forwarded message" if self.forwarded else "quoted message"
        return f"{kind} by {self.author}" if self.author else kind


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a person did, stripped of its messenger's dialect."""

    channel: ChannelName
    kind: Kind
    event_id: str
    """The platform's own id of the event, unique within the account."""
    account: str
    """The bot (Telegram: its numeric id) or team (Slack) that was reached."""
    chat: str
    sender: str
    message_id: str
    """The message written or edited, or the one that carries the button pressed."""
    text: str = ""
    thread: str = ""
    """The topic or thread in the chat, where a reply goes; empty: the chat itself."""
    reply_to: str = ""
    """The message answered, where the person answered one."""
    pressed: str = ""
    """A button's payload."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """A form's fields; what comes under ``SECRET`` is sealed before it is kept."""
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Keys that were taken out of the text and the answers, sealed, base64."""
    attachments: tuple[Attachment, ...] = ()
    quoted: tuple[Quoted, ...] = ()
    """Words of others: what was answered, quoted or forwarded. Never in ``text``."""
    sent_at: datetime | None = None
    edited_at: datetime | None = None
    chat_kind: ChatKind = ChatKind.PRIVATE
    chat_title: str = ""
    sender_name: str = ""
    addressed: bool = True
    """Whether it is meant for us: always in private, in a group by mention, command,
    press or reply to one of our messages."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What this door needs to answer well (a callback id, a response URL)."""

    def to_payload(self) -> dict[str, Any]:
        """The same, as JSON values."""
        plain = asdict(self)
        for name in ("sent_at", "edited_at"):
            at = plain[name]
            plain[name] = at.isoformat() if at else None
        return plain

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Inbound":
        """Read ``to_payload`` back."""
        at = {
            name: datetime.fromisoformat(payload[name]) if payload[name] else None
            for name in ("sent_at", "edited_at")
        }
        plain = {
            **payload,
            **at,
            "channel": ChannelName(payload["channel"]),
            "kind": Kind(payload["kind"]),
            "chat_kind": ChatKind(payload["chat_kind"]),
            "attachments": tuple(Attachment(**a) for a in payload["attachments"]),
            "quoted": tuple(Quoted(**q) for q in payload.get("quoted", ())),
        }
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Received:
    """A raw platform event, as the inbox keeps it before anything is acknowledged."""

    channel: ChannelName
    account: str
    event_id: str
    body: bytes
    inbound: Inbound | None = None
    """None for what we do not serve or cannot parse: kept, not worked."""

    @property
    def kind(self) -> str:
        """The inbound's kind, or ``unknown``."""
        return self.inbound.kind if self.inbound else "unknown"

    @property
    def chat_key(self) -> str | None:
        """``<chat>/<thread>``: the queue whose order is kept."""
        seen = self.inbound
        return f"{seen.chat}/{seen.thread}" if seen else None

    @property
    def message_key(self) -> str | None:
        """Catches one post arriving under two event ids; None where repeats are right.

        Presses may be repeated, and a command has no message of its own to tell two
        apart by, so only messages, edits and forms have one.
        """
        seen = self.inbound
        keyed = {Kind.MESSAGE, Kind.EDIT, Kind.FORM}
        if seen is None or seen.kind not in keyed or not seen.message_id:
            return None
        # An edit may be made more than once: its moment is part of what it is.
        at = seen.edited_at.isoformat() if seen.edited_at else ""
        return f"{seen.chat}:{seen.message_id}:{seen.kind}:{at}"


Keep = Callable[[Sequence[Received]], Awaitable[None]]
"""Commits raw events to the inbox; on return they are safe and may be acknowledged.

Raises ``NotKept`` when they are not: the door then answers 503 or does not advance.
"""


class NotKept(Exception):
    """The inbox could not be written; the platform shall send the event again."""


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the payload (<= 64 bytes) that comes back when it is pressed."""

    label: str
    payload: str
    row: int = 0
    """Buttons of one row stand side by side."""


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file to show, whole."""

    name: str
    media_type: str
    body: bytes
    alt: str = ""
    """What a picture shows, in words, where the platform takes them."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One visible message. Markdown in; each door renders its own dialect."""

    account: str
    chat: str
    markdown: str
    thread: str = ""
    buttons: tuple[Button, ...] = ()
    file: OutFile | None = None
    """Sent as a document, with the markdown as its caption or companion text."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """``Inbound.extra`` of what is being answered."""
    partial: bool = False
    """More is to come: a door that cannot change what it has shown may wait."""
    progress: str = ""
    """While ``partial``: in a line, what is being done and how long that takes."""


class SendError(Exception):
    """A message did not go out as it should."""


class NotSent(SendError):
    """Surely not delivered; may be tried again, after ``retry_after_s`` if given."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        """Keep why, and how long the platform asks us to wait."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class MaybeSent(SendError):
    """Unknown: the request went out and no answer came. Never repeated silently."""


class Refused(SendError):
    """Surely not delivered and never will be: blocked, chat gone, token revoked."""


class MessageGone(SendError):
    """The message to edit is no longer there."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a round trip to the platform showed; ``hint`` says what to do if not ok."""

    ok: bool
    detail: str
    hint: str = ""


class Channel(Protocol):
    """One door's way out. Only these methods touch the network."""

    name: ChannelName

    def pages(self, markdown: str) -> list[str]:
        """Split into texts that each fit one message, losing nothing. Pure."""
        ...

    def interval_s(self, chat: str) -> float:
        """The least time between two writes into ``chat``, in seconds."""
        ...

    async def send(self, message: Outgoing) -> str:
        """Deliver and return the platform's message id.

        Raises:
            NotSent, MaybeSent, Refused: See each.
        """
        ...

    async def edit(self, message: Outgoing, external_id: str) -> None:
        """Make the message show this instead; unchanged content is success.

        Raises:
            NotSent, MaybeSent, Refused, MessageGone: See each.
        """
        ...

    async def acknowledge(self, inbound: Inbound, notice: str = "") -> None:
        """Tell the platform a press was taken, with a short notice where it can.

        Best effort: it never raises, since the answer itself is a message.
        """
        ...

    async def ping(self) -> Health:
        """Prove the connection with one round trip; never raises."""
        ...
