"""Shapes of the audit: what is asked of the history, and its lines."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from agent.shapes import Frozen, Page, Paged


class AskAudit(Paged):
    """Parameters of ``identity.audit``."""

    about: str = Field(
        default="",
        max_length=80,
        description="What was changed: price, voice, role; empty for everything",
    )
    name: str = Field(
        default="", max_length=80, description="Whose: a client's name, for instance"
    )
    who: str = Field(
        default="", max_length=80, description="Only what this member did: their name"
    )
    since: str = Field(
        default="",
        max_length=40,
        description="From this day on: yesterday, 3 days ago, 2026-11-20",
    )


class AskPrivacy(Paged):
    """Parameters of ``identity.privacy``."""


class Change(Frozen):
    """One field that was changed."""

    field: str = Field(description="Which one")
    before: str | None = Field(description="What it was; null: nothing, or private")
    after: str | None = Field(description="What it is now; null: nothing, or private")


class AuditLine(Frozen):
    """One line of the history."""

    event_id: UUID
    at: datetime = Field(description="When")
    who: str = Field(description="Who did it, in words")
    action: str = Field(description="Which operation")
    subject: str = Field(description="What kind of thing was changed")
    label: str = Field(default="", description="How that thing is called")
    changes: list[Change] = Field(description="The fields that were changed")
    is_private: bool = Field(description="Whether the words themselves are held back")
    channel: str = Field(description="The door they came through")
    address: str = Field(description="The network address, where one is known")


class AuditLog(Page):
    """Who changed what, newest first."""

    about: str = Field(default="", description="What was asked for, in words")
    lines: list[AuditLine] = Field(description="The lines of this page")
