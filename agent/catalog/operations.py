"""What can be asked of the catalogue."""

from pydantic import Field

from agent.catalog import queries
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen, Nothing


class SkillLine(Frozen):
    """A skill in a list."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    description: str = Field(description="What it delivers, and when to use it")
    category: str = Field(description="content, analysis, outreach, optimization, meta")


class SkillList(Frozen):
    """The skills there are."""

    lines: list[SkillLine] = Field(description="By category, then title")


@operation(
    "catalog.skills",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("skills", in_menu=True),
)
async def list_skills(ctx: Ctx, p: Nothing) -> SkillList:  # noqa: ARG001 - takes none
    """See what I can write."""
    rows = await queries.active_skills(ctx.session)
    return SkillList(lines=[SkillLine(**row) for row in rows])


OPERATIONS = (list_skills,)
