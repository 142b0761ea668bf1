"""What can be done with a finished piece: see what, and hand it to another skill."""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent import earshot
from agent.ctx import Ctx, Role
from agent.export.formats import Format
from agent.operation import Effect, Surface, operation
from agent.runs import exports, handing
from agent.runs.schemas import OneOutput, Started
from agent.shapes import Frozen

_EXAMPLE = "01990000-0000-7000-8000-000000000001"


class HandOver(Frozen):
    """Parameters of ``runs.hand_over``."""

    output_id: UUID = Field(description="The piece to work on")
    skill: str = Field(description="The name of the skill that is to work on it")
    brief: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        default="", max_length=8000, description="What is asked; left out: its usual"
    )


class HandedOver(Started):
    """A skill has been asked to work on a piece."""


class RelatedSkill(Frozen):
    """A skill that goes on from a piece."""

    name: str = Field(description="The skill's name")
    title: str = Field(description="What it is called")
    label: str = Field(description="What it does, in a word or two")


class NextSteps(Frozen):
    """What can be done with a piece."""

    output_id: UUID
    formats: list[Format] = Field(description="What it can be had as")
    skills: list[RelatedSkill] = Field(description="What goes on from it, best first")


@operation(
    "runs.next_steps",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"output_id": _EXAMPLE},
)
async def next_steps(ctx: Ctx, p: OneOutput) -> NextSteps:
    """See what can be done with a piece: files it can be had as, skills to go on with.

    Raises:
        OutputNotFound: No such piece that the caller can see.
    """
    row = await handing.find(ctx.session, p.output_id)
    kept = await exports.read(ctx, p.output_id)
    return NextSteps(
        output_id=p.output_id,
        formats=list(kept.formats),
        skills=related(ctx, row["related"]),
    )


@operation(
    "runs.hand_over",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"output_id": _EXAMPLE, "skill": "copy-editing"},
)
async def hand_over(ctx: Ctx, p: HandOver) -> HandedOver:
    """Hand a piece to another skill; what it writes is a new piece.

    Raises:
        OutputNotFound: No such piece that the caller can see.
        AskedInPrivate: It is the caller's alone, and others would read the new one.
        SkillNotFound: There is no such skill.
        ClientGone, ClientArchived: The client it is for is not in use.
    """
    find = partial(handing.find, ctx.session, p.output_id)
    row = await earshot.worked_on(ctx, find)
    started = await handing.start(ctx, row, p.skill, p.brief)
    return HandedOver(**started.model_dump())


def related(ctx: Ctx, names: list[str]) -> list[RelatedSkill]:
    """Those of the skills called so that are on the shelf."""
    found = filter(None, map(ctx.skills.find, names))
    return [
        RelatedSkill(name=one.name, title=one.title, label=one.label or one.title)
        for one in found
    ]


OPERATIONS = (next_steps, hand_over)
"""What follows a finished piece."""
