"""Shapes of a run that waits for a person."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from agent.shapes import Frozen, Page

ANSWER_WITHIN = timedelta(hours=24)
DECIDE_WITHIN = timedelta(days=7)

LONGEST = 40_000
"""Characters of one answer."""


class Decision(StrEnum):
    """What can become of a draft."""

    APPROVE = "approve"
    REVISE = "revise"
    REJECT = "reject"


class AnswerRun(Frozen):
    """Parameters of ``runs.answer``."""

    run_id: UUID
    attempt: int = Field(ge=1, description="The attempt that asked")
    number: int = Field(ge=1, description="Which question of that attempt")
    text: str = Field(
        default="", max_length=LONGEST, description="The answer; empty: your judgement"
    )


class Replied(Frozen):
    """A run's question was answered."""

    run_id: UUID
    number: int = Field(description="The run's short number")
    question: str = Field(description="What was asked")
    answer: str = Field(default="", description="What came; empty: its own judgement")
    default: str = Field(default="", description="What it would do by itself")


class OneDraft(Frozen):
    """Parameters that name a draft that waits for a yes."""

    draft_id: UUID


class DecideDraft(OneDraft):
    """Parameters of ``runs.decide``."""

    decision: Decision = Field(description="approve, revise or reject")
    feedback: str = Field(
        default="", max_length=LONGEST, description="What should change, or why not"
    )


class Decided(Frozen):
    """A draft was decided about."""

    run_id: UUID
    number: int = Field(description="The run's short number")
    version: int = Field(description="Which version of the draft")
    decision: Decision = Field(description="approve, revise or reject")
    feedback: str = Field(default="", description="What should change, or why not")


class Revising(Frozen):
    """A draft is to be sent back; what should change is not said yet."""

    draft_id: UUID
    run_id: UUID
    number: int = Field(description="The run's short number")


class DraftLine(Frozen):
    """A draft that waits for a yes."""

    draft_id: UUID
    number: int = Field(description="The run's short number")
    version: int = Field(description="Which version of the draft")
    title: str = Field(description="Its title")
    preview: str = Field(description="How it begins")
    asked_by: str = Field(default="", description="Who asked for it")
    required_role: str = Field(description="Whose yes it needs")


class Drafts(Page):
    """Drafts that wait for a yes, newest first."""

    lines: list[DraftLine] = Field(description="The drafts")
