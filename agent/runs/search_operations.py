"""Looking for runs and outputs among many: by what they are, for whom and by whom."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.operation import Effect, Surface, operation
from agent.runs import search_queries as queries
from agent.shapes import Frozen, Order, Page, Paged


class Standing(StrEnum):
    """Which runs are meant."""

    ANY = ""
    ALIVE = "alive"
    """Not ended yet: waiting, being written, or waiting for somebody."""
    QUEUED = "queued"
    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_INPUT = "waiting_input"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


ALIVE = ["queued", "running", "waiting_approval", "waiting_input"]


class SearchRuns(Paged):
    """Parameters of ``runs.search``."""

    status: Standing = Field(
        default=Standing.ANY, description="Where they stand; empty: anywhere"
    )
    skill: str = Field(
        default="",
        max_length=64,
        description="The skill's name, or assistant for plain answers; empty: any",
    )
    client: str = Field(
        default="", max_length=80, description="A part of the brand's name; empty: any"
    )
    person: str = Field(
        default="", max_length=80, description="A part of the asker's name; empty: any"
    )


class FoundRun(Frozen):
    """A run that fits."""

    run_id: UUID
    number: int = Field(description="The short number people type")
    title: str = Field(description="What it is")
    status: str = Field(description="Where it stands")
    asked: str = Field(description="The request, shortened")
    asked_by: str = Field(description="Who asked for it")
    client: str = Field(description="For which brand")
    model: str = Field(description="Which model wrote")
    cost_usd: Decimal = Field(description="What it cost, in US dollars")
    queued_at: datetime = Field(description="When it was asked for")
    seconds: float | None = Field(description="How long it took")


class FoundRuns(Page):
    """Runs that fit, newest first."""

    lines: list[FoundRun] = Field(description="The runs")


class SearchOutputs(Paged):
    """Parameters of ``runs.search_outputs``."""

    title: str = Field(
        default="", max_length=200, description="A part of the title; empty: any"
    )
    skill: str = Field(
        default="", max_length=64, description="The skill's name; empty: any"
    )
    client: str = Field(
        default="", max_length=80, description="A part of the brand's name; empty: any"
    )


class FoundOutput(Frozen):
    """An output that fits."""

    output_id: UUID
    number: int = Field(description="The run that made it")
    title: str = Field(description="Its title")
    preview: str = Field(description="How it begins")
    skill: str = Field(description="The title of the skill that made it")
    client: str = Field(description="For which brand")
    size_bytes: int = Field(description="Its size")
    made_at: datetime = Field(description="When it was made")
    score: float | None = Field(description="Mean score by people, 1-5")
    votes: int = Field(description="How many people scored it")


class FoundOutputs(Page):
    """Outputs that fit, newest first."""

    lines: list[FoundOutput] = Field(description="The outputs")


RUNS = Order("runs.search", int)
OUTPUTS = Order("runs.search_outputs", UUID)


@operation(
    "runs.search",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.TOOL, Surface.REST, Surface.MCP},
    example={"status": "failed", "client": "Acme"},
)
async def search_runs(ctx: Ctx, p: SearchRuns) -> FoundRuns:
    """Find runs by status, skill, brand or who asked.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    wanted = {
        "statuses": _statuses(p.status),
        "skill": p.skill,
        "client": p.client,
        "person": p.person,
        "before": RUNS.after(p),
        "n": p.limit + 1,
    }
    found = await queries.runs(ctx.session, wanted)
    rows, more = RUNS.cut(found, p, lambda row: row["number"])
    return FoundRuns(lines=[FoundRun(**row) for row in rows], next_cursor=more)


@operation(
    "runs.search_outputs",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.TOOL, Surface.REST, Surface.MCP},
    example={"title": "homepage"},
)
async def search_outputs(ctx: Ctx, p: SearchOutputs) -> FoundOutputs:
    """Find finished pieces by title, skill or brand.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    wanted = {
        "title": p.title,
        "skill": p.skill,
        "client": p.client,
        "before": OUTPUTS.after(p),
        "n": p.limit + 1,
    }
    found = await queries.outputs(ctx.session, wanted)
    rows, more = OUTPUTS.cut(found, p, lambda row: row["output_id"])
    return FoundOutputs(lines=[FoundOutput(**row) for row in rows], next_cursor=more)


def _statuses(status: Standing) -> list[str] | None:
    if status is Standing.ANY:
        return None
    return ALIVE if status is Standing.ALIVE else [status.value]


OPERATIONS = (search_runs, search_outputs)
