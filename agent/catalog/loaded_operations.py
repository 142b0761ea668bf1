"""What was loaded, made or imported lately: the skills' own history."""

from datetime import datetime
from typing import Any

from pydantic import Field

from agent.catalog import loaded_queries
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen

SHOWN = 50


class WhichLoaded(Frozen):
    """Parameters of ``catalog.loaded``."""

    skill: str = Field(
        default="", max_length=64, description="One skill's name; empty: every skill"
    )


class Found(Frozen):
    """One thing that was found in an imported skill."""

    path: str = Field(description="The file it is in")
    verdict: str = Field(description="bad, warn or note")
    detail: str = Field(description="What it is")


class LoadedLine(Frozen):
    """One version of a skill."""

    name: str = Field(description="The skill's name")
    title: str = Field(description="The skill's title")
    version: str = Field(description="Its number")
    at: datetime = Field(description="Since when it is there")
    origin: str = Field(description="file, user, import, proposal or rollback")
    status: str = Field(description="draft, beta, active or retired")
    is_current: bool = Field(description="Whether it is in force")
    is_on: bool = Field(description="Whether the skill answers here")
    changelog: str = Field(description="What differs from the one before")
    found: list[Found] = Field(description="What a look through it found; imports only")


class Loaded(Frozen):
    """Versions of skills."""

    lines: list[LoadedLine] = Field(description="Newest first")


@operation(
    "catalog.loaded",
    effect=Effect.READ,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP},
    command=Command("skills loaded", takes=("skill",)),
    example={"skill": "copywriting"},
)
async def list_loaded(ctx: Ctx, p: WhichLoaded) -> Loaded:
    """See which versions of skills were loaded, made or imported lately."""
    skill = p.skill.strip().casefold()
    rows = await loaded_queries.lately(ctx.session, skill, SHOWN)
    return Loaded(lines=list(map(_line, rows)))


def _line(row: dict[str, Any]) -> LoadedLine:
    found = [Found(**_said(one)) for one in row.pop("scan")]
    return LoadedLine(**row, found=found)


def _said(one: dict[str, str]) -> dict[str, str]:
    return {name: one.get(name, "") for name in Found.model_fields}


OPERATIONS = (list_loaded,)
