"""Shapes about a profile's versions."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from agent.clients.schemas import PartShown
from agent.shapes import Frozen, Page, Paged


class AskHistory(Paged):
    """Parameters of ``clients.history``."""

    name: str = Field(
        default="", max_length=80, description="The brand; empty for the current one"
    )


class AskVersion(Frozen):
    """Parameters that name a version: by its number, or by a day."""

    name: str = Field(
        default="", max_length=80, description="The brand; empty for the current one"
    )
    when: str = Field(
        default="",
        max_length=40,
        description="A version's number, or a day: yesterday, 3 days ago, 2026-11-20",
    )


class AskComparison(Frozen):
    """Parameters of ``clients.compare``."""

    name: str = Field(
        default="", max_length=80, description="The brand; empty for the current one"
    )
    old: int = Field(ge=0, le=2**31 - 1, description="The earlier version's number")
    new: int = Field(
        default=0, ge=0, le=2**31 - 1, description="The later one's; 0: the present one"
    )


class VersionLine(Frozen):
    """A version in a list."""

    number: int = Field(description="Its number, from 1")
    at: datetime = Field(description="When it was made")
    author: str = Field(description="Who made it; empty for somebody who left")
    origin: str = Field(description="interview, edit, restore, analysis or import")
    changelog: str = Field(description="What was changed, in a line")


class Versions(Page):
    """The versions of a profile, newest first."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    current: int = Field(description="The version in force")
    lines: list[VersionLine] = Field(description="The versions of this page")


class OneVersion(Frozen):
    """A profile as it stood."""

    client_id: UUID
    name: str = Field(description="The brand's name now")
    current: int = Field(description="The version in force")
    version: VersionLine = Field(description="Which one this is")
    parts: list[PartShown] = Field(description="The seven parts, as they were")


class Difference(Frozen):
    """A fact that two versions tell differently."""

    label: str = Field(description="What it is about")
    before: str = Field(description="What the earlier one says; empty: nothing")
    after: str = Field(description="What the later one says; empty: nothing")


class Comparison(Frozen):
    """Two versions side by side."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    old: int = Field(description="The earlier version")
    new: int = Field(description="The later version")
    lines: list[Difference] = Field(description="What differs; nothing: they are alike")


class VersionRestored(Frozen):
    """An earlier state is in force again, as a new version."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    restored: int = Field(description="The version whose state it is")
    version: int = Field(description="The version in force now")
    is_new: bool = Field(description="False: the profile said just that already")
