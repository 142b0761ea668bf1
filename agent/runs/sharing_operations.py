"""What can be asked about who sees a run."""

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.runs import sharing
from agent.runs.finding import the_run
from agent.runs.operations import ALIVE, OVER
from agent.runs.schemas import OneRun
from agent.shapes import Frozen


class Shared(Frozen):
    """A run that the team sees."""

    number: int = Field(description="The short number people type")
    title: str = Field(description="What it is")
    is_new: bool = Field(description="Whether it was private until now")


@operation(
    "runs.share",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    # No model decides for a person what colleagues may read.
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command(
        "share",
        takes=("number",),
        says=(r"share (?:run )?#?(?P<number>\d+)(?: with (?:the|my) team)?",),
    ),
    example={"number": 12},
)
async def share_run(ctx: Ctx, p: OneRun) -> Shared:
    """Let your team see a run of yours: its text, cost and scores.

    Raises:
        RunNotFound: There is no such run, or it is not yours to share.
    """
    row = await the_run(ctx, p, latest_among=(*ALIVE, *OVER))
    is_new = await sharing.share(ctx.session, row["id"])
    if is_new:
        ctx.changed(
            Change(
                "run",
                str(row["id"]),
                before={"seen_by": "private"},
                after={"seen_by": "team", "number": row["number"]},
            )
        )
    return Shared(number=row["number"], title=row["title"], is_new=is_new)


OPERATIONS = (share_run,)
