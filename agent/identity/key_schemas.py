"""Shapes of API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.shapes import Frozen

LONGEST_DAYS = 365
USUAL_DAYS = 90


class NewKey(Frozen):
    """Parameters of ``identity.new_key``."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)
    ] = Field(description="What it is for, so that you know it in a list")
    scopes: str = Field(
        default="*",
        max_length=400,
        description=(
            "What it may do, with commas or spaces between: * for all you may, read,"
            " write, spend, send, publish, destroy, a room as clients:*, or one effect"
            " of a room as runs:read"
        ),
    )
    days: int = Field(
        default=USUAL_DAYS,
        ge=1,
        le=LONGEST_DAYS,
        description="In how many days it expires",
    )


class KeyLine(Frozen):
    """An API key in a list; the key itself is shown once and kept nowhere."""

    key_id: UUID
    name: str = Field(description="What it is for")
    begins: str = Field(description="How it begins, to know it by")
    scopes: list[str] = Field(description="What it may do")
    created_at: datetime = Field(description="When it was made")
    expires_at: datetime = Field(description="When it ends by itself")
    last_used_at: datetime | None = Field(
        default=None, description="When it was last used, to the minute"
    )


class MadeKey(Frozen):
    """A new API key, this once."""

    key_id: UUID
    key: str = Field(description="The key itself; it cannot be shown again", repr=False)
    name: str = Field(description="What it is for")
    scopes: list[str] = Field(description="What it may do")
    expires_at: datetime = Field(description="When it ends by itself")


class Keys(Frozen):
    """Your API keys in this workspace, newest first."""

    lines: list[KeyLine] = Field(description="The keys that work")


class OneKey(Frozen):
    """Parameters of ``identity.revoke_key``."""

    name: str = Field(
        default="", max_length=60, description="What it is called, or how it begins"
    )
    key_id: UUID | None = None


class RevokedKey(Frozen):
    """A key that no longer works."""

    key_id: UUID
    name: str = Field(description="What it was for")
