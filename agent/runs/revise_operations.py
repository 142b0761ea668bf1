"""What can be asked of a piece that is there: a new version of it."""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import RowMapping

from agent import earshot
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.runs import learning, revise, revise_queries
from agent.runs.errors import OutputNotFound
from agent.runs.schemas import Started
from agent.shapes import Frozen

MOST = 2000
"""Characters of a wish, and of the part that it is about."""

Wish = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST)
]


class ReviseOutput(Frozen):
    """Parameters of ``runs.revise_output``."""

    instruction: Wish = Field(description="What should change?")
    output_id: UUID | None = Field(
        default=None, description="The piece; left out: the latest of this chat"
    )
    part: str = Field(
        default="", max_length=MOST, description="The words of it that should change"
    )


class Revised(Started):
    """A new version has been asked for."""


@operation(
    "runs.revise_output",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("revise", takes=("instruction",), in_menu=True),
    example={
        "output_id": "01990000-0000-7000-8000-000000000001",
        "instruction": "shorter",
    },
)
async def revise_output(ctx: Ctx, p: ReviseOutput) -> Revised:
    """Revise a piece; the earlier version stays.

    Raises:
        OutputNotFound: No such piece that the caller can see, or none here yet.
        AskedInPrivate: It is the caller's alone, and others would read the new one.
        SkillNotFound: The skill that wrote it is gone.
        ClientGone, ClientArchived: The client it is for is not in use.
    """
    row = await earshot.worked_on(ctx, partial(_meant, ctx, p.output_id))
    started = await revise.start(ctx, row, p.instruction, p.part)
    await learning.heard(ctx, row["id"])
    return Revised(**started.model_dump())


async def _meant(ctx: Ctx, output_id: UUID | None) -> RowMapping:
    if output_id is None:
        output_id = await revise_queries.latest(ctx.session, ctx.caller.conversation_id)
    row = output_id and await revise_queries.earlier(ctx.session, output_id)
    if not row:
        raise OutputNotFound
    return row


OPERATIONS = (revise_output,)
