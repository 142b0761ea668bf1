"""Shapes of a review: what somebody thinks of a piece, in detail."""

from enum import IntEnum, StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.runs.schemas import Lesson, Number
from agent.shapes import Frozen

WORDS = 2000
"""Characters of one answer."""
MOST_ISSUES = 20
"""Issues of one person with one piece."""


class Grade(IntEnum):
    """How good something is."""

    USELESS = 1
    POOR = 2
    FAIR = 3
    GOOD = 4
    AS_IS = 5
    """Used as it came."""


class Severity(StrEnum):
    """How much an issue matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


Told = Annotated[str, StringConstraints(strip_whitespace=True, max_length=WORDS)]


class Reviewed(Frozen):
    """Parameters that name a piece: by its id, or by the number of its run."""

    output_id: UUID | None = None
    number: Number = 0


class GiveReview(Reviewed):
    """Parameters of ``runs.review``; what is left out stays as it stands."""

    overall: Grade = Field(
        title="Overall, 1 to 5", description="1 is useless, 5 is used as is"
    )
    accuracy: Grade | None = Field(
        default=None,
        title="Accuracy, 1 to 5",
        description="Are the facts, names and numbers right?",
    )
    quality: Grade | None = Field(
        default=None,
        title="Quality, 1 to 5",
        description="Is it well written, and well built?",
    )
    usefulness: Grade | None = Field(
        default=None,
        title="Usefulness, 1 to 5",
        description="Does it do what it was asked for?",
    )
    rule_compliance: Grade | None = Field(
        default=None,
        title="Your rules, 1 to 5",
        description="Does it keep to the brand's rules and instructions?",
    )
    what_worked: Told = Field(
        default="", title="What worked", description="What should stay like this?"
    )
    issue: Told = Field(
        default="",
        title="An issue",
        description="What is wrong with it? More can be added afterwards",
    )
    severity: Severity = Field(
        default=Severity.MEDIUM,
        title="How bad is that",
        description="How much the issue matters",
        json_schema_extra={"after": "issue"},
    )
    suggested_fix: Told = Field(
        default="",
        title="How it should be instead",
        description="Your fix for the issue",
        json_schema_extra={"after": "issue"},
    )
    comment: Told = Field(
        default="", title="Anything else", description="A comment on the whole"
    )
    rule: Told = Field(
        default="",
        title="A rule for the next ones",
        description="What should this skill always do, or never?",
        json_schema_extra={"after": "issue"},
    )


class ReportIssue(Reviewed):
    """Parameters of ``runs.report_issue``."""

    issue: Told = Field(min_length=1, title="The issue", description="What is wrong")
    severity: Severity = Field(
        default=Severity.MEDIUM,
        title="How bad is that",
        description="How much the issue matters",
    )
    suggested_fix: Told = Field(
        default="",
        title="How it should be instead",
        description="Your fix for the issue",
    )


class Issue(Frozen):
    """One thing that is wrong with a piece."""

    description: str = Field(description="What is wrong")
    severity: Severity = Field(default=Severity.MEDIUM, description="How much")
    suggested_fix: str = Field(default="", description="How it should be instead")


class Review(Frozen):
    """What the caller thinks of a piece, as it is kept."""

    output_id: UUID
    number: int = Field(description="The run that made it")
    title: str = Field(description="What it is called")
    overall: int = Field(default=0, description="1-5; 0: not scored yet")
    accuracy: int | None = Field(default=None, description="1-5")
    quality: int | None = Field(default=None, description="1-5")
    usefulness: int | None = Field(default=None, description="1-5")
    rule_compliance: int | None = Field(default=None, description="1-5")
    what_worked: str = Field(default="", description="What should stay like this")
    issues: list[Issue] = Field(default=[], description="What is wrong")
    comment: str = Field(default="", description="On the whole")
    rules: list[str] = Field(
        default=[], description="Rules that the caller would give the skill"
    )


class Saved(Review):
    """A review that was just kept."""

    about: Lesson = "skill"


class JudgeAnswer(Frozen):
    """Parameters of ``runs.judge``."""

    run_id: UUID
    liked: bool = Field(description="Thumbs up, or down")


class Judged(Frozen):
    """An answer's standing after a thumb."""

    output_id: UUID
    run_id: UUID
    liked: bool = Field(description="Thumbs up, or down")
    score: int = Field(description="What the thumb counts as, 1-5")
