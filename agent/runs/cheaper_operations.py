"""Running something again with another model, because the budget is too small."""

from dataclasses import replace
from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.llm.choice import ModelRef
from agent.operation import Effect, Surface, operation
from agent.ports import Change
from agent.runs import call_queries, queries, requests
from agent.runs.errors import RunAlive
from agent.runs.finding import ensure_answered_here, the_run
from agent.runs.operations import OVER
from agent.runs.schemas import Ended, OneRun
from agent.shapes import Frozen


class RetryCheaper(Frozen):
    """Parameters of ``runs.retry_cheaper``."""

    run_id: UUID
    model: str = Field(
        min_length=3, max_length=200, description="<provider>/<model> to write with"
    )


@operation(
    "runs.retry_cheaper",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def retry_cheaper(ctx: Ctx, p: RetryCheaper) -> Ended:
    """Run something again, once, with a model that costs less.

    Raises:
        BadInput: There is no such model.
        RunNotFound: There is no such run.
        ElsewhereRun: It belongs to a chat that is closed to the caller.
        RunAlive: It has not ended yet.
    """
    ref, models = ModelRef.parse(p.model), ctx.at_home.models
    if models is None or ref not in models.listed():
        raise BadInput(f"I know no model {p.model}.", hint="/models lists them.")
    row = await the_run(ctx, OneRun(run_id=p.run_id))
    await ensure_answered_here(ctx, row)
    moved = await queries.move(ctx.session, row["id"], "queued", came_from=OVER)
    if moved is None:
        raise RunAlive(row["number"], row["status"])
    await call_queries.pin(ctx.session, row["id"], str(ref))
    after = {"model": str(ref)}
    ctx.changed(Change("run", str(row["id"]), {"model": row["model"]}, after))
    here = replace(ctx.caller, conversation_id=row["conversation_id"])
    ctx = replace(ctx, caller=here)
    await requests.again(ctx, row["id"], attempt=moved[1], kind=row["kind"])
    return Ended(run_id=row["id"], number=row["number"], status="queued")


OPERATIONS = (retry_cheaper,)
