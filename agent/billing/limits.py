"""Limits: what they are, who sets them, whom to ask for more."""

from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from agent.billing import limit_queries as queries
from agent.billing.errors import AboveCeiling, NearPeople, NoSuchPerson
from agent.billing.money import dollars
from agent.billing.schemas import Budget, LimitLine, LimitSet, Period, SetLimit, TopUp
from agent.ctx import Ctx, Role
from agent.identity import names
from agent.mailroom.notices import Notice, notify_all
from agent.mailroom.schemas import Choice, Message
from agent.ports import Change

RAISES = (Decimal("1.5"), Decimal(2), Decimal(4))
"""By how much a limit is offered to be raised."""

_STEP = Decimal(5)


async def budget(ctx: Ctx) -> Budget:
    """The workspace's limits, and personal ones: everybody's for who may set them."""
    may_set = ctx.caller.role >= Role.ADMIN
    rows = await queries.standing(
        ctx.session, _usual(ctx), ctx.caller.user_id, everybody=may_set
    )
    lines = [
        LimitLine(
            person=row["name"],
            period=row["period"],
            limit_usd=row["limit_usd"],
            is_own=row["is_own"],
            spent_usd=row["spent_usd"],
            reserved_usd=row["reserved_usd"],
            left_usd=max(
                row["limit_usd"] - row["spent_usd"] - row["reserved_usd"], Decimal(0)
            ),
        )
        for row in rows
    ]
    return Budget(lines=lines, may_set=may_set)


async def of_workspace(ctx: Ctx, period: Period) -> Decimal | None:
    """The workspace's limit in force."""
    lines = (await budget(ctx)).lines
    return next(
        one.limit_usd for one in lines if not one.person and one.period == period
    )


async def set_limit(ctx: Ctx, p: SetLimit) -> LimitSet:
    """Put a limit in force at once, and keep who set it and what it was."""
    _ensure_allowed(ctx, p)
    if p.person:
        user_id, name = await _person(ctx, p.person)
        before = await queries.set_theirs(ctx.session, user_id, p.period, p.usd)
        now, subject = p.usd, ("member", str(user_id))
    else:
        user_id, name = None, ""
        before = await queries.set_here(
            ctx.session, ctx.caller.workspace_id, p.period, p.usd
        )
        usual = _usual(ctx)[p.period is Period.MONTH]
        now = usual if p.usd is None else p.usd
        subject = "workspace", str(ctx.caller.workspace_id)
    await queries.follow(ctx.session, user_id, p.period, now)
    field = f"limit_{p.period}_usd"
    changed = Change(*subject, {field: _text(before)}, {field: _text(p.usd)})
    ctx.changed(changed)
    return LimitSet(
        person=name,
        period=p.period,
        limit_usd=now,
        before_usd=before,
        is_usual=not p.person and p.usd is None,
    )


async def top_up(ctx: Ctx, period: Period) -> TopUp:
    """What may be done about a limit; who may not set it has those asked who may."""
    if ctx.caller.role >= Role.ADMIN:
        limit = await of_workspace(ctx, period)
        most = ctx.at_home.most_limits[period is Period.MONTH]
        offered = [_round(limit * by) for by in RAISES] if limit else []
        offered = [one for one in offered if not most or one <= most]
        return TopUp(
            period=period, may_set=True, limit_usd=limit, suggestions_usd=offered
        )
    me = names.shown(await queries.name_of(ctx.session, ctx.caller.user_id))
    span = "today" if period is Period.DAY else "this month"
    limit = await of_workspace(ctx, period)
    text = f"**{me}** asks for more budget {span}"
    text += f"; the limit is {dollars(limit)}." if limit is not None else "."
    raised = Choice("Raise the limit", "billing.ask_top_up", {"span": period})
    day = ctx.clock.now().date()
    notice = Notice(
        f"top-up:{ctx.caller.user_id}:{period}:{day}",
        "budget",
        Message(text, choices=(raised,)),
    )
    told = await notify_all(ctx.session, ctx.caller.workspace_id, Role.ADMIN, notice)
    reached = {who for who, outcome in told.items() if outcome != "nowhere"}
    reachable = [
        row["name"] or "an owner"
        for row in await queries.people(ctx.session)
        if row["user_id"] in reached
    ]
    return TopUp(period=period, may_set=False, limit_usd=limit, asked=reachable)


async def _person(ctx: Ctx, said: str) -> tuple[UUID, str]:
    rows = await queries.people(ctx.session)
    wanted = " ".join(said.lstrip("@").split()).casefold()
    if wanted == "me":
        return next(
            (row["user_id"], row["name"])
            for row in rows
            if row["user_id"] == ctx.caller.user_id
        )
    near = [row for row in rows if row["name"].casefold() == wanted] or [
        row for row in rows if row["name"].casefold().startswith(wanted)
    ]
    if not near:
        raise NoSuchPerson(said, [row["name"] for row in rows if row["name"]])
    if len(near) > 1:
        raise NearPeople(said, [row["name"] for row in near])
    return near[0]["user_id"], near[0]["name"]


def _ensure_allowed(ctx: Ctx, p: SetLimit) -> None:
    most = ctx.at_home.most_limits[p.period is Period.MONTH]
    if p.usd is not None and 0 < most < p.usd:
        raise AboveCeiling(dollars(most), p.period)


def _usual(ctx: Ctx) -> tuple[Decimal, Decimal]:
    return ctx.at_home.usual_limits


def _round(amount: Decimal) -> Decimal:
    """The next amount that people would say."""
    step = _STEP if amount >= 2 * _STEP else Decimal(1)
    return (amount / step).to_integral_value(ROUND_CEILING) * step


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
