"""What can be asked of the runs room."""

from dataclasses import replace

from sqlalchemy import RowMapping

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Command, Effect, Surface, operation
from agent.runs import details, queries, requests
from agent.runs.errors import (
    RunAlive,
    RunEnded,
)
from agent.runs.finding import ensure_answered_here, the_run
from agent.runs.schemas import (
    Ended,
    OneRun,
    RunDetail,
    RunLine,
    Runs,
    Started,
    StartRun,
    Status,
)
from agent.shapes import Nothing, Order, Paged

ALIVE = ("queued", "running", "waiting_approval", "waiting_input")
OVER = ("completed", "failed", "timeout", "cancelled")
NEWEST_RUNS = Order("runs", int)


@operation(
    "runs.start",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    example={"skill": "copywriting", "brief": "A headline for our spring tea"},
)
async def start_run(ctx: Ctx, p: StartRun) -> Started:
    """Start a piece of work; the answer comes into the chat it was asked in.

    Raises:
        SkillNotFound: There is no such skill.
        AlreadyDone: This very message was worked on before.
        BadInput: There is nothing to work on.
    """
    if not p.brief and p.message_id is None:
        raise BadInput("There is nothing to work on.", hint="Say what you need.")
    return await requests.start(ctx, p)


@operation(
    "runs.status",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("status", in_menu=True),
)
async def show_status(ctx: Ctx, p: Nothing) -> Status:  # noqa: ARG001 - takes none
    """See what is being worked on, and today's spending."""
    today = await queries.today(
        ctx.session, ctx.caller.workspace_id, ctx.caller.client_id
    )
    return Status(
        working=[_line(row) for row in await queries.working(ctx.session)],
        spent_today_usd=today["spent"],
        left_today_usd=today["rest"],
        workspace=today["workspace"],
        client=today["client"] or "",
        unsure=today["unsure"],
    )


@operation(
    "runs.list",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("runs", in_menu=True),
    example={"limit": 20},
    personal=True,
)
async def list_runs(ctx: Ctx, p: Paged) -> Runs:
    """List the latest runs.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    before = NEWEST_RUNS.after(p)
    found = await queries.latest(ctx.session, p.limit + 1, before=before)
    rows, more = NEWEST_RUNS.cut(found, p, lambda row: row["number"])
    return Runs(lines=[_line(row) for row in rows], next_cursor=more)


@operation(
    "runs.show",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "run",
        takes=("number",),
        in_menu=True,
        says=(r"what did (?:run )?#?(?P<number>\d+) cost", r"#(?P<number>\d+)"),
    ),
    example={"number": 12},
)
async def show_run(ctx: Ctx, p: OneRun) -> RunDetail:
    """Look at one run: its steps, cost, and why this skill was chosen.

    Raises:
        RunNotFound: No run has that number.
    """
    row = await the_run(ctx, p)
    return await details.of(ctx, row)


@operation(
    "runs.cancel",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "cancel",
        takes=("number",),
        in_menu=True,
        says=(r"(?:please )?(?:stop|cancel)(?: (?:it|this|that))?(?: please)?",),
    ),
    example={"number": 12},
)
async def cancel_run(ctx: Ctx, p: OneRun) -> Ended:
    """Stop a run, or your latest one.

    Raises:
        RunNotFound: There is no such run.
        ElsewhereRun: It belongs to a chat that is closed to the caller.
        RunEnded: It has ended already.
    """
    row = await the_run(ctx, p, latest_among=ALIVE)
    await ensure_answered_here(ctx, row)
    moved = await queries.move(ctx.session, row["id"], "cancelled", came_from=ALIVE)
    if moved is None:
        raise RunEnded(row["number"], row["status"])
    await requests.cancelled(ctx, row["id"], attempt=moved[1])
    return Ended(run_id=row["id"], number=row["number"], status="cancelled")


@operation(
    "runs.retry",
    effect=Effect.SPEND,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("retry", takes=("number",), in_menu=True),
    example={"number": 12},
)
async def retry_run(ctx: Ctx, p: OneRun) -> Ended:
    """Run something again: the same request, a new attempt.

    Raises:
        RunNotFound: There is no such run.
        ElsewhereRun: It belongs to a chat that is closed to the caller.
        RunAlive: It has not ended yet.
    """
    row = await the_run(ctx, p, latest_among=OVER)
    await ensure_answered_here(ctx, row)
    moved = await queries.move(ctx.session, row["id"], "queued", came_from=OVER)
    if moved is None:
        raise RunAlive(row["number"], row["status"])
    here = replace(ctx.caller, conversation_id=row["conversation_id"])
    placed = replace(ctx, caller=here)
    await requests.again(placed, row["id"], attempt=moved[1], kind=row["kind"])
    return Ended(run_id=row["id"], number=row["number"], status="queued")


def _line(row: RowMapping) -> RunLine:
    return RunLine(**{name: row[name] for name in RunLine.model_fields})


OPERATIONS = (
    start_run,
    show_status,
    list_runs,
    show_run,
    cancel_run,
    retry_run,
)
