"""Shapes of what a week taught."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from agent.shapes import Frozen


class RuleLearnt(Frozen):
    """A change of a rule that was accepted."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    change: str = Field(description="add, sharpen, loosen or remove")
    statement: str = Field(description="How the rule reads; removed: how it read")
    version: str = Field(description="The version that has it")


class VersionMade(Frozen):
    """A version of this workspace's own, made by hand or by going back."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    version: str = Field(description="Its number")
    changelog: str = Field(description="What it says of itself")


class EndedTest(Frozen):
    """A test of a version that came to an end."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    verdict: str = Field(description="winner, no_difference, imbalanced or none")
    version: str = Field(description="The version that won; empty: none did")


class SkillMoved(Frozen):
    """A skill whose pieces were found clearly better, or worse, than before."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    n: int = Field(description="Scores in the week")
    by: float = Field(description="Difference to the mean of the four weeks before")
    low: float = Field(
        description="Lower end of its interval, wide enough that of all skills "
        "compared none is wrong, in 95 of 100 weeks"
    )
    high: float = Field(description="Its upper end; nought lies outside")


class RuleWaiting(Frozen):
    """A proposed rule that waits for a decision."""

    rule_id: UUID
    skill: str = Field(description="The skill's name")
    title: str = Field(description="The skill's title")
    statement: str = Field(description="How the rule would read")


class Learnt(Frozen):
    """What a week taught, what it cost, what it changed, and what waits."""

    since: datetime = Field(description="Its first moment")
    until: datetime = Field(description="The first moment after it")
    rules: list[RuleLearnt] = Field(description="Rules accepted")
    versions: list[VersionMade] = Field(description="Versions made otherwise")
    tests: list[EndedTest] = Field(description="Tests that ended")
    taught: int = Field(description="Choices that taught which skill is meant")
    scores: int = Field(description="Scores that people gave")
    moved: list[SkillMoved] = Field(description="Skills clearly better or worse")
    compared: int = Field(description="Skills with enough scores to tell")
    cost_usd: Decimal = Field(description="What everything cost")
    learning_usd: Decimal = Field(description="Of it, drafting and trying rules")
    waiting: list[RuleWaiting] = Field(description="Rules that wait for a decision")
    running: list[str] = Field(description="Titles of skills with a running test")

    @property
    def says_something(self) -> bool:
        """Whether there is more than what it cost and how often people scored."""
        learnt = self.rules or self.versions or self.tests or self.taught
        return bool(learnt or self.moved or self.waiting)


class SetDigest(Frozen):
    """Parameters of ``catalog.set_digest``."""

    on: bool = Field(default=True, description="Whether it is sent to you")


class DigestSet(Frozen):
    """The weekly digest is sent from now on, or not."""

    on: bool = Field(description="Whether it is sent to you")
