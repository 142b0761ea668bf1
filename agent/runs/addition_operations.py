"""What can be asked of a request that is under way: to start over with other words."""

from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.memory import conversations
from agent.operation import Effect, Surface, operation
from agent.runs import additions, pause_queries, queries
from agent.runs.errors import RunEnded, RunNotFound
from agent.runs.finding import ensure_answered_here
from agent.runs.operations import ALIVE
from agent.runs.schemas import Ended
from agent.shapes import Frozen


class StartOver(Frozen):
    """Parameters of ``runs.start_over``."""

    run_id: UUID
    brief: str = Field(min_length=1, description="The request as it is now")


@operation(
    "runs.start_over",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.BUTTON},
    example={
        "run_id": "01990000-0000-7000-8000-000000000001",
        "brief": "A headline for our autumn tea",
    },
)
async def start_over(ctx: Ctx, p: StartOver) -> Ended:
    """Start a run over with changed words; its answer stands where it stood.

    Raises:
        RunNotFound: There is no such run.
        ElsewhereRun: It belongs to a chat that is closed to the caller.
        RunEnded: Its answer is there, or was stopped, meanwhile.
    """
    row = await additions.find(ctx.session, p.run_id)
    found = await queries.find(ctx.session, 0, run_id=p.run_id)
    if row is None or found is None:
        raise RunNotFound(0)
    await ensure_answered_here(ctx, found)
    if row["status"] not in ALIVE:
        raise RunEnded(row["number"], row["status"])
    await pause_queries.drop(ctx.session, p.run_id)
    await conversations.close_about(ctx.session, p.run_id)
    given = {**row["input"], "brief": p.brief}
    if revises := given.get("revises"):
        given |= {
            "brief": row["input"]["brief"],
            "revises": {**revises, "wish": p.brief},
        }
    await additions.start_over(ctx, row, given, row["client_id"])
    return Ended(run_id=p.run_id, number=row["number"], status="queued")


OPERATIONS = (start_over,)
