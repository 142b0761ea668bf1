"""What can be asked of the billing room."""

from agent.billing import limits, usage
from agent.billing.schemas import (
    AskTopUp,
    Budget,
    LimitSet,
    Period,
    SetLimit,
    ShowUsage,
    TopUp,
    Usage,
)
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Nothing

EVERYWHERE = {
    Surface.CHAT,
    Surface.BUTTON,
    Surface.TOOL,
    Surface.REST,
    Surface.MCP,
}


@operation(
    "billing.usage",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "usage",
        takes=("month",),
        in_menu=True,
        says=(
            "usage",
            "(?:show|what is|what's) (?:me )?(?:my|our|the) usage",
            "how much (?:have|did) we (?:spent|spend)(?: this month)?",
        ),
    ),
    example={"month": "2026-11"},
    personal=True,
)
async def show_usage(ctx: Ctx, p: ShowUsage) -> Usage:
    """See what this month cost, what for, day by day, and where it is heading.

    Owners and admins see it by person too; everybody sees their own share.
    """
    limit = None if p.month else await limits.of_workspace(ctx, Period.MONTH)
    found = await usage.of_month(ctx, p.month, limit)
    # A plot is for who looks at a chat; programs have the numbers.
    return await usage.plotted(ctx, found) if ctx.origin else found


@operation(
    "billing.budget",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command("budget", says=("budget", "(?:what is )?our budget", "my budget")),
    example={},
    personal=True,
)
async def show_budget(ctx: Ctx, p: Nothing) -> Budget:  # noqa: ARG001 - takes none
    """See the limits on what models may cost, and what is left of them."""
    return await limits.budget(ctx)


@operation(
    "billing.set_limit",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    # Never a model's tool: it would raise the very stop that holds it.
    on=EVERYWHERE - {Surface.TOOL, Surface.MCP},
    command=Command("limit", takes=("limit",)),
    example={"limit": "50", "period": "month"},
)
async def set_limit(ctx: Ctx, p: SetLimit) -> LimitSet:
    """Limit what models may cost: month 50, Ana day 5, day none.

    Raises:
        NoSuchPerson, NearPeople: The name fits nobody, or several.
        AboveCeiling: It is more than the installation allows.
    """
    return await limits.set_limit(ctx, p)


@operation(
    "billing.ask_top_up",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
    example={"span": "month"},
)
async def ask_top_up(ctx: Ctx, p: AskTopUp) -> TopUp:
    """Raise a limit that is in the way, or ask those who may."""
    return await limits.top_up(ctx, p.span)


OPERATIONS = (show_usage, show_budget, set_limit, ask_top_up)
