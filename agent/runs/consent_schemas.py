"""Shapes of calls that wait for a person's yes."""

from typing import Any
from uuid import UUID

from pydantic import Field

from agent.runs.pause_schemas import LONGEST
from agent.shapes import Frozen


class OneCall(Frozen):
    """Parameters that name a call that waits."""

    call_id: UUID


class ChangeCall(OneCall):
    """Parameters of ``runs.change_call``."""

    text: str = Field(
        default="",
        max_length=LONGEST,
        description="What should be different; empty: ask me",
    )


class CallDecided(Frozen):
    """A call that waited was decided about."""

    call_id: UUID
    run_id: UUID | None = Field(
        default=None, description="The run whose model asked; empty: a person did"
    )
    operation: str = Field(description="What was to be done, by its stable name")
    summary: str = Field(default="", description="The question that was put")


class CallApproved(CallDecided):
    """A call was approved; it is made once."""

    params: dict[str, Any] = Field(description="The parameters it is made with")
    by_press: bool = Field(description="Whether the press itself makes the call")


class CallRefused(CallDecided):
    """A call was turned down; nothing is done."""


class CallChanged(CallDecided):
    """A call is sent back to the model with a wish; nothing is done yet."""

    text: str = Field(default="", description="What should be different")
