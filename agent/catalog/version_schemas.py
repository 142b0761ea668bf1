"""Shapes of what can be asked about the versions of a skill."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.shapes import Frozen

Skill = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Field(description="The skill's name"),
]
Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Client = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120),
    Field(description="For this client alone; empty: for all work here"),
]


class OneSkillsVersions(Frozen):
    """Parameters of ``catalog.versions`` and ``catalog.take_version``."""

    skill: Skill


class VersionLine(Frozen):
    """One version of a skill."""

    version_id: UUID
    number: str = Field(description="Its number")
    is_own: bool = Field(description="Made in this workspace")
    origin: str = Field(description="file, user, import, proposal or rollback")
    changelog: str = Field(description="What changed")
    made_by: str = Field(description="Who made it, if a person of the team did")
    made_at: datetime = Field(description="When it came")
    n: int = Field(description="Scores that people gave its pieces")
    mean: float | None = Field(description="Their mean, 1-5; empty: nobody scored")
    is_in_force: bool = Field(description="Whether work here goes by it")
    pinned_for: list[str] = Field(description="Clients whose work goes by it")


class SkillVersions(Frozen):
    """The versions of a skill, as this workspace has them."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    lines: list[VersionLine] = Field(description="Newest first")
    newer: str = Field(description="The house's newer version, if one is out; or empty")
    is_house: bool = Field(description="It came with this installation")
    may_change: bool = Field(description="Whether the caller may choose another")


class CompareVersions(Frozen):
    """Parameters of ``catalog.diff``."""

    skill: Skill
    old: Number = Field(
        default="", description="The one version; empty: the one before"
    )
    new: Number = Field(default="", description="The other; empty: what is in force")


class Difference(Frozen):
    """One thing that differs between two versions."""

    what: str = Field(description="rule, words or file")
    name: str = Field(description="The rule's id, or the file")
    before: str = Field(description="As it was; empty: it is new")
    after: str = Field(description="As it is then; empty: it is gone")


class VersionsCompared(Frozen):
    """What differs between two versions of a skill."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    old: str = Field(description="The one version")
    new: str = Field(description="The other")
    changes: list[Difference] = Field(description="Rules first, then words, then files")
    storage_key: str = Field(
        default="", description="Where the whole of it lies as a file, if it is long"
    )
    size_bytes: int = Field(default=0, description="That file's size")


class PinVersion(Frozen):
    """Parameters of ``catalog.pin``."""

    skill: Skill
    version: Number = Field(
        min_length=1, description="The version's number, such as 1.0.0"
    )
    client: Client = ""


class UnpinVersion(Frozen):
    """Parameters of ``catalog.unpin``."""

    skill: Skill
    client: Client = ""


class VersionPinned(Frozen):
    """Work goes by a certain version now."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    version: str = Field(description="The version")
    is_own: bool = Field(description="Made in this workspace")
    was: str = Field(description="The version before; the same: nothing changed")
    client: str = Field(description="For whose work; empty: for all")
    follows: bool = Field(description="It goes on with the default from now on")
    overtaken: list[str] = Field(
        default_factory=list,
        description="Versions whose test it ended: it compared with the one before",
    )


class RollBack(Frozen):
    """Parameters of ``catalog.roll_back``."""

    skill: Skill
    to: Number = Field(default="", description="To which version; empty: the last one")
    leaves: Number = Field(
        default="", description="Only if this version is still in force"
    )


class RolledBack(Frozen):
    """An earlier version is in force again."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    version: str = Field(description="The version in force")
    was: str = Field(description="The version before")
    overtaken: list[str] = Field(
        default_factory=list,
        description="Versions whose test it ended: it compared with the one before",
    )


class VersionTaken(Frozen):
    """The house's newer version is in force, with what was one's own."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    house: str = Field(description="The house's version")
    version: str = Field(description="The version in force")
    was: str = Field(description="The version before")
    carried: list[str] = Field(description="One's own changes that it has as well")
    kept: list[str] = Field(
        description="Rules that both sides changed: one's own stands"
    )
    overtaken: list[str] = Field(
        default_factory=list,
        description="Versions whose test it ended: it compared with the one before",
    )
