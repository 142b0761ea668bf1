"""Shapes of files, as people and programs are told of them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from agent.shapes import Frozen, Page, Paged


class ListFiles(Paged):
    """Parameters of ``clients.files``."""


class NamedFile(Frozen):
    """Parameters that name a file."""

    name: str = Field(min_length=1, max_length=200, description="The file's name")


class FileLine(Frozen):
    """A file in a list."""

    file_id: UUID
    name: str = Field(description="What it is called")
    kind: str = Field(description="image, audio, video or document")
    mime: str = Field(description="Its type, by its bytes")
    size_bytes: int = Field(description="Its size")
    facts: str = Field(description="Pages, rows or pixels")
    note: str = Field(description="What of it was not read")
    sent_at: datetime = Field(description="When it came")


class Files(Page):
    """A page of files, newest first."""

    lines: list[FileLine] = Field(description="The files of this page")


class FileDeleted(Frozen):
    """A file that is no more."""

    name: str = Field(description="What it was called")
