"""What can be asked of outputs: to have them again, and to say how good they are."""

from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import experiment_looks
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.runs import learning
from agent.runs import output_queries as queries
from agent.runs.errors import NotScored, OutputNotFound
from agent.runs.outputs import Output
from agent.runs.schemas import (
    Explained,
    ExplainScore,
    OneOutput,
    OutputLine,
    Outputs,
    Piece,
    Scored,
    ScoreOutput,
)
from agent.shapes import Order, Paged

NEWEST = Order("outputs", UUID)


@operation(
    "runs.read",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    example={"output_id": "01990000-0000-7000-8000-000000000001"},
)
async def read_output(ctx: Ctx, p: OneOutput) -> Piece:
    """Get a finished piece once more, as a file.

    Raises:
        OutputNotFound: No such output in your workspace.
    """
    row = await queries.output(ctx.session, p.output_id)
    if row is None:
        raise OutputNotFound
    kept = (row[name] for name in ("title", "storage_key", "size_bytes"))
    named = Output(p.output_id, *kept).file_name
    return Piece(**row, file_name=named, content=await _content(ctx, row))


@operation(
    "runs.outputs",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("outputs", in_menu=True),
    example={"limit": 20},
)
async def list_outputs(ctx: Ctx, p: Paged) -> Outputs:
    """List the latest pieces, with their scores.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    before = NEWEST.after(p)
    found = await queries.outputs(ctx.session, p.limit + 1, before=before)
    rows, more = NEWEST.cut(found, p, lambda row: row["output_id"])
    return Outputs(lines=[OutputLine(**row) for row in rows], next_cursor=more)


@operation(
    "runs.score",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"output_id": "01990000-0000-7000-8000-000000000001", "score": 4},
)
async def score_output(ctx: Ctx, p: ScoreOutput) -> Scored:
    """Score an output from 1 to 5; scoring again replaces your earlier score.

    Raises:
        OutputNotFound: No such output in your workspace.
    """
    if not await queries.output_exists(ctx.session, p.output_id):
        raise OutputNotFound
    await queries.score(ctx.session, _feedback(ctx, p) | {"score": p.score})
    await experiment_looks.rated(ctx, p.output_id)
    votes, mean = await queries.standing(ctx.session, p.output_id)
    return Scored(output_id=p.output_id, score=p.score, votes=votes, mean=mean)


@operation(
    "runs.explain",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"output_id": "01990000-0000-7000-8000-000000000001", "reason": "Too long"},
)
async def explain_score(ctx: Ctx, p: ExplainScore) -> Explained:
    """Say what was off about an output you scored.

    Raises:
        OutputNotFound: No such output in your workspace.
        NotScored: Somebody else's score is meant, not yours.
    """
    if not await queries.output_exists(ctx.session, p.output_id):
        raise OutputNotFound
    score = await queries.own_score(ctx.session, _feedback(ctx, p))
    if not score:
        raise NotScored
    reason = " ".join(p.reason.split())
    await queries.explain(ctx.session, _feedback(ctx, p) | {"reason": reason})
    about = await learning.heard(ctx, p.output_id)
    return Explained(output_id=p.output_id, reason=reason, score=score, about=about)


async def _content(ctx: Ctx, row: RowMapping) -> str:
    # In a chat it comes as a file, which the postman fetches.
    if ctx.origin is not None:
        return ""
    return (await ctx.objects.get(row["storage_key"])).decode()


def _feedback(ctx: Ctx, p: ScoreOutput | ExplainScore) -> dict[str, object]:
    return {
        "workspace_id": ctx.caller.workspace_id,
        "output_id": p.output_id,
        "user_id": ctx.caller.user_id,
        "reviewer_key": f"user:{ctx.caller.user_id}",
        "channel": ctx.caller.channel,
    }


OPERATIONS = (read_output, list_outputs, score_output, explain_score)
