"""Shapes of what is known about how good the skills are."""

from datetime import date

from pydantic import Field

from agent.catalog.complaint_groups import Missing
from agent.shapes import Frozen


class QualityOf(Frozen):
    """Parameters of ``catalog.quality``."""

    skill: str = Field(
        default="",
        max_length=64,
        description="The skill's name or title; empty: every skill",
    )
    picture: bool = Field(
        default=True, description="Of one skill, in a chat: with a picture"
    )


class Figure(Frozen):
    """A mean of people's scores, and how sure it is."""

    label: str = Field(description="What it is of: a dimension, a version, a model")
    n: int = Field(description="How many scores")
    pieces: int = Field(default=0, description="Of how many pieces")
    mean: float | None = Field(default=None, description="1-5; empty: nobody scored")
    low: float | None = Field(
        default=None, description="The 95 % interval's lower end; empty: too few scores"
    )
    high: float | None = Field(default=None, description="Its upper end")


class Week(Figure):
    """What people gave in one week; ``label`` is its Monday, as 16 Nov."""

    starts_on: date = Field(description="Its Monday")


class SkillQuality(Frozen):
    """A skill, and how people find what it writes."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    description: str = Field(description="What it delivers, and when to use it")
    category: str = Field(description="content, analysis, outreach, optimization, meta")
    version: str = Field(description="The version in force; empty: none")
    runs: int = Field(description="Pieces asked for in this workspace")
    n: int = Field(description="Scores by people")
    pieces: int = Field(description="Of how many pieces")
    people: int = Field(description="How many people gave them")
    mean: float | None = Field(
        description="Their mean, 1-5, each piece once, one person's weight capped; "
        "empty: nobody scored"
    )
    low: float | None = Field(
        description="The 95 % interval's lower end; empty: fewer than 5 pieces"
    )
    high: float | None = Field(description="The 95 % interval's upper end")
    given: list[int] = Field(description="The scores, while they are too few to sum up")
    weeks: list[Week] = Field(description="The last 12 weeks with scores, oldest first")


class Moved(Frozen):
    """How the last four weeks differ from the eight before."""

    by: float = Field(description="Difference of the means")
    low: float = Field(description="The 95 % interval's lower end")
    high: float = Field(description="Its upper end; nought within it: no clear change")


class IssueLine(Frozen):
    """Something people found wrong, and how often."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    text: str = Field(description="In somebody's words")
    rule: str = Field(description="The rule's id that it is about; empty: none named")
    severity: str = Field(description="high, medium or low: the gravest that was said")
    count: int = Field(description="How often it was said")
    pieces: int = Field(description="Of how many pieces")
    people: int = Field(description="By how many people")
    missing: Missing | None = Field(
        default=None, description="What it is short of, before a rule is proposed"
    )


class BrokenRule(Frozen):
    """A rule that pieces broke, as the checks found."""

    code: str = Field(description="The rule's id")
    rule: str = Field(description="What it says")
    broken: int = Field(description="Pieces that broke it")
    checked: int = Field(description="Pieces of which somebody could tell")


class Signal(Frozen):
    """What people did with pieces, without scoring them."""

    signal: str = Field(
        description="edit, revise, regenerate, reject, accept, publish or ignored"
    )
    pieces: int = Field(description="With how many pieces")


class SkillDetail(Frozen):
    """All that is known about one skill's pieces; sources are never added up."""

    dimensions: list[Figure] = Field(
        description="Overall, accuracy, quality, usefulness, your rules"
    )
    moved: Moved | None = Field(description="Empty: too few scores on either side")
    versions: list[Figure] = Field(description="By version, the newest score first")
    models: list[Figure] = Field(description="By the model that wrote")
    days: int = Field(description="How far back everything below looks")
    made: int = Field(description="Pieces made")
    issues: list[IssueLine] = Field(description="What people wrote, weightiest first")
    rules: list[BrokenRule] = Field(description="What checks found")
    signals: list[Signal] = Field(description="What people did")
    judged: Figure = Field(description="What judge models gave, on their own 0-100")


class Qualities(Frozen):
    """The skills and how good they are."""

    lines: list[SkillQuality] = Field(description="By category, then title")
    detail: SkillDetail | None = Field(
        default=None, description="Of the one skill that was asked for"
    )
    plot_key: str = Field(default="", description="Where its picture is kept")
    plot_bytes: int = Field(default=0, description="The picture's size")


class Unhappy(Frozen):
    """What people were unhappy with lately."""

    days: int = Field(description="How far back it looks")
    lines: list[IssueLine] = Field(description="The weightiest first")
    is_overheard: bool = Field(
        default=False, description="Others read along, so what is private is left out"
    )
