"""What can be asked about rules: how one run's piece keeps each of them."""

from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.runs import check_queries
from agent.runs.finding import the_run
from agent.runs.rulings import Outcome, Ruling
from agent.runs.schemas import OneRun
from agent.shapes import Frozen


class RuleLine(Frozen):
    """One rule, and what was found."""

    code: str = Field(description="Its id: C06; U1, T1 for a standing instruction")
    rule: str = Field(description="What it demands")
    outcome: Outcome = Field(description="kept, broken, or n/a: nobody could tell")
    how: str = Field(description="code or model; empty: nobody could tell")
    why: str = Field(description="What was found, in a few words; empty: nothing")
    quote: str = Field(description="The words that break it; empty: none are to blame")
    skill: str = Field(description="The skill it is of; empty: a standing instruction")
    severity: str = Field(description="must, should or may")


class RulesChecked(Frozen):
    """How a run's piece keeps its rules."""

    run_id: UUID
    number: int = Field(description="The run's short number")
    title: str = Field(description="What it is")
    lines: list[RuleLine] = Field(
        description="Every rule; empty: it was not checked against any"
    )


@operation(
    "runs.rules",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "rules",
        takes=("number",),
        says=(r"which rules (?:did it keep|were (?:checked|kept|broken))",),
    ),
    example={"number": 12},
)
async def show_rules(ctx: Ctx, p: OneRun) -> RulesChecked:
    """See how a piece keeps each of its rules; without a number, the latest checked.

    Raises:
        RunNotFound: No run has that number.
    """
    if not p.number and p.run_id is None:
        latest = await check_queries.latest(ctx.session, ctx.caller.user_id)
        p = OneRun(run_id=latest)
    row = await the_run(ctx, p)
    rulings = [
        Ruling.read(one) for one in await check_queries.last(ctx.session, row["id"])
    ]
    return RulesChecked(
        run_id=row["id"],
        number=row["number"],
        title=row["title"],
        lines=[RuleLine.model_validate(one, from_attributes=True) for one in rulings],
    )


OPERATIONS = (show_rules,)
