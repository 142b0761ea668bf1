"""Shapes of what can be asked about skills."""

from typing import Any

from pydantic import Field

from agent.shapes import Frozen


class WhichSkills(Frozen):
    """Parameters of ``catalog.skills``."""

    category: str = Field(
        default="",
        max_length=40,
        description="content, analysis, outreach, optimization or meta; empty: all",
    )


class SkillLine(Frozen):
    """A skill in a list."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    description: str = Field(description="What it delivers, and when to use it")
    category: str = Field(description="content, analysis, outreach, optimization, meta")
    is_own: bool = Field(default=False, description="Made or brought by this workspace")
    is_beta: bool = Field(default=False, description="Still being tried out")


class SkillList(Frozen):
    """The skills there are."""

    lines: list[SkillLine] = Field(description="By category, then title")
    category: str = Field(default="", description="The only category listed, if one is")
    off: list[str] = Field(default=[], description="Those this workspace has off")
    problems: list[str] = Field(
        default=[], description="Files that cannot be read, for admins"
    )


class OneSkill(Frozen):
    """Parameters of the operations on one skill."""

    name: str = Field(min_length=1, max_length=64, description="The skill's name")


class NewName(Frozen):
    """Parameters of ``catalog.rename_skill``."""

    name: str = Field(min_length=1, max_length=64, description="Its name now")
    to: str = Field(min_length=2, max_length=40, description="What it is called then")


class SkillCard(Frozen):
    """One skill, as it stands in this workspace."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    description: str = Field(description="What it delivers, and when to use it")
    category: str = Field(description="content, analysis, outreach, optimization, meta")
    version: str = Field(description="The version in force; empty: none yet")
    asks: list[str] = Field(description="What it asks when the brief is thin")
    rules: int = Field(description="Rules its work is checked against")
    calls: list[str] = Field(description="Some phrases that call it")
    related: list[str] = Field(description="Its neighbours")
    is_own: bool = Field(description="Made or brought by this workspace")
    is_beta: bool = Field(description="Still being tried out")
    is_on: bool = Field(description="Whether it answers here")
    may_change: bool = Field(description="Whether the caller may switch or change it")
    wish: dict[str, Any] = Field(
        default={}, description="The answers it was made of, if it was made in chat"
    )
    n: int = Field(default=0, description="Scores by people")
    mean: float | None = Field(default=None, description="Their mean, 1-5")


class Switched(Frozen):
    """A skill answers here, or no longer does."""

    name: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    is_on: bool = Field(description="Whether it answers now")


class SkillSaved(Frozen):
    """A skill of the workspace's own is in force."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    version: str = Field(description="The version in force")
    calls: list[str] = Field(description="Phrases that call it")


class SkillDropped(Frozen):
    """What was not saved is gone, or the whole skill is."""

    name: str = Field(description="The skill's name")
    is_whole: bool = Field(description="Whether the skill itself is gone")


class SkillRenamed(Frozen):
    """A skill has another name."""

    name: str = Field(description="Its name now")
    was: str = Field(description="Its name before")
