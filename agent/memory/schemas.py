"""Shapes of the memory room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Said:
    """One message a person wrote, and where."""

    content: str
    channel: str
    account: str = ""
    chat: str = ""
    thread: str = ""
    channel_message_id: str = ""
    inbox_id: UUID | None = None
    attachments: Sequence[Mapping[str, str]] = ()
    """``{asset_id, kind}`` of each file that came along."""


ROUTING = "_routing"
"""Where an interview has, among its answers, how its message found the skill: JSON."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open question to one person: an interview, a form, a request for a reason."""

    id: UUID
    kind: str
    step: str
    answers: Mapping[str, str] = field(default_factory=dict)
    skill_id: UUID | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a conversation is in the middle of, read in one go."""

    dialog: Dialog | None = None
    client_id: UUID | None = None
    client_name: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One earlier turn, for a prompt."""

    role: str
    content: str
    author_id: UUID | None = field(default=None, compare=False)
    """Who wrote it; None: we did."""
    run_id: UUID | None = field(default=None, compare=False)
    """The run that it answers; None: it answers none."""
