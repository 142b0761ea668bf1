"""Telling people how much of a limit is used up: at each level once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import limit_queries
from agent.billing.money import dollars
from agent.billing.queries import Crossed
from agent.ctx import Role
from agent.mailroom.notices import Notice, notify, notify_all
from agent.mailroom.schemas import Choice, Message

FULL = 100
_SPANS = {"day": "Today's", "month": "This month's"}
_ENDS = {"day": "the day", "month": "the month"}


async def tell(session: AsyncSession, crossed: Sequence[Crossed]) -> None:
    """Tell owners and admins, and the person whose limit it is.

    ``session`` is the tenant's; it stands only if the caller's transaction commits, in
    which the level was noted as told.
    """
    for one in crossed:
        name = ""
        if one.user_id is not None:
            name = await limit_queries.name_of(session, one.user_id)
            mine = _notice(one, "your")
            await notify(session, one.workspace_id, one.user_id, mine)
        await notify_all(
            session, one.workspace_id, Role.ADMIN, _notice(one, f"{name}'s")
        )


def _notice(one: Crossed, whose: str) -> Notice:
    budget = "budget" if one.user_id is None else f"budget of {whose} own"
    span = _SPANS[one.period]
    used = f"{dollars(one.spent_usd)} of {dollars(one.limit_usd)}"
    if one.user_id is not None:
        span, budget = whose.capitalize(), f"budget for this {one.period}"
    if one.percent >= FULL:
        text = (
            f"**{span} {budget} is used up**: {used}. Nothing that costs is begun "
            f"until the limit is raised or {_ENDS[one.period]} is over."
        )
    else:
        text = f"**{one.percent} %** of {span[0].lower()}{span[1:]} {budget}: {used}."
    # A raised limit is crossed anew; the same one only once.
    key = f"budget:{one.user_id or 'all'}:{one.period}:{one.starts_on}"
    key += f":{one.limit_usd}:{one.percent}"
    choices = (
        Choice("See usage", "billing.usage"),
        Choice("Raise the limit", "billing.ask_top_up", {"span": one.period}),
    )
    return Notice(key, "budget", Message(text, choices=choices))
