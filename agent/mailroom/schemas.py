"""Shapes of the mailroom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One platform event as it arrived, with the keys that make it happen once."""

    channel: str
    account: str
    event_id: str
    kind: str
    body: bytes
    message_key: str | None = None
    chat_key: str | None = None
    payload: str | None = None
    """The parsed form, JSON; None when nobody will work on it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote and where, as far as it is known."""

    user_id: UUID | None = None
    workspace_id: UUID | None = None
    role: str | None = None
    """Standing in ``workspace_id``; None for no member of it."""
    chat_row_id: UUID | None = None
    conversation_id: UUID | None = None
    client_id: UUID | None = None
    timezone: str = "UTC"
    is_out: bool = False
    """Whether we thought that we were put out of the chat, or blocked there."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An inbox row under our lease; ``attempts`` is the fencing token."""

    id: UUID
    channel: str
    account: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    sender: Sender
    parts: "tuple[Claimed, ...]" = ()
    """What else belongs to it, in order: the rest of an album, of a long paste."""

    @property
    def rows(self) -> "tuple[Claimed, ...]":
        """All that was claimed with it, itself first."""
        return (self, *self.parts)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes."""

    channel: str
    account: str
    recipient: str
    """``<chat>/<thread>``."""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and the operation it calls with which parameters."""

    label: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    row: int = 0
    ask: bool = False
    """Show the parameters as a form first, filled in as far as they are here."""
    alone: bool = False
    """Answer whoever presses where nobody else reads it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the object store, to be shown in a chat."""

    name: str
    media_type: str
    storage_key: str
    size_bytes: int
    alt: str = ""
    """What a picture shows, for whoever cannot see it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one visible message shows."""

    text: str
    choices: Sequence[Choice] = ()
    files: Sequence[StoredFile] = ()
    note: str = ""
    """A line under the text that changes while the text stays: thanks, a question."""
    placeholder: str = ""
    """Sent first when set; the text then follows as an edit, which may be repeated."""
    purpose: str = "reply"
    """As ``deliveries.purpose`` has it."""
    form: Mapping[str, Any] | None = None
    """To be filled in within the message, as ``channels.contract.Form`` has it."""
    is_cut: bool = False
    """The text ends where its writer was stopped, perhaps within a mark."""
    once: str = ""
    """Kept in the text's place as soon as it was sent: it holds what is shown once."""

    def payload(self, extra: Mapping[str, str]) -> dict[str, Any]:
        """The JSON kept in ``deliveries.payload``."""
        return {
            "text": self.text,
            "buttons": [_button(choice) for choice in self.choices],
            "files": [_file(file) for file in self.files],
            "note": self.note,
            "placeholder": self.placeholder,
            "extra": dict(extra),
            **({"form": dict(self.form)} if self.form else {}),
            **({"once": self.once} if self.once else {}),
            **({"cut": True} if self.is_cut else {}),
        }


def _button(choice: Choice) -> dict[str, Any]:
    return {
        "label": choice.label,
        "operation": choice.operation,
        "params": dict(choice.params),
        "row": choice.row,
        "shown": True,
        **({"ask": True} if choice.ask else {}),
        **({"alone": True} if choice.alone else {}),
    }


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "media_type": file.media_type,
        "storage_key": file.storage_key,
        "size_bytes": file.size_bytes,
        **({"alt": file.alt} if file.alt else {}),
    }


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery under the postman's lease; ``attempts`` is the fencing token."""

    id: UUID
    channel: str
    account: str
    recipient: str
    payload: Mapping[str, Any]
    partial: str | None
    revision: int
    sent_revision: int | None
    external_id: str | None
    attempts: int
    was_lost: bool = False
    """Whether who took it before never said what came of it."""

    @property
    def is_edit(self) -> bool:
        """Whether the message is already there."""
        return self.external_id is not None

    @property
    def is_whole(self) -> bool:
        """Whether it shows all that it says by now: no promise, and no part."""
        promise = self.payload.get("placeholder", "")
        if self.partial is not None or self.payload.get("progress"):
            return False
        return not promise or (self.is_edit and self.payload["text"] != promise)

    @property
    def may_repeat(self) -> bool:
        """Whether doing it twice, should its fate be unknown, says nothing twice.

        The same as ``claim_deliveries`` holds of lost senders.
        """
        in_place = self.channel in {"web", "webhook"}
        return self.is_edit or in_place or bool(self.payload.get("placeholder"))
