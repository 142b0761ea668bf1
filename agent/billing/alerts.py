"""Telling people how much of a limit is used up: at each level once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import limit_queries
from agent.billing.money import dollars
from agent.billing.queries import Crossed
from agent.ctx import Role
from agent.identity import names
from agent.mailroom.notices import Notice, notify, notify_all
from agent.mailroom.schemas import Choice, Message

FULL = 100


async def tell(session: AsyncSession, crossed: Sequence[Crossed]) -> None:
    """Tell owners and admins, and the person whose limit it is.

    ``session`` is the tenant's; it stands only if the caller's transaction commits, in
    which the level was noted as told.
    """
    for one in crossed:
        budget = f"this {one.period}'s budget"
        if one.user_id is not None:
            name = names.shown(await limit_queries.name_of(session, one.user_id))
            budget = f"{name}'s budget for this {one.period}"
            mine = _notice(one, f"your budget for this {one.period}")
            await notify(session, one.workspace_id, one.user_id, mine)
        notice = _notice(one, budget)
        await notify_all(session, one.workspace_id, Role.ADMIN, notice)


def _notice(one: Crossed, budget: str) -> Notice:
    used = f"{dollars(one.spent_usd)} of {dollars(one.limit_usd)}"
    text = f"**{one.percent} %** of {budget}: {used}."
    if one.percent >= FULL:
        text = (
            f"**{budget[0].upper()}{budget[1:]} is used up**: {used}. Nothing that "
            f"costs is begun until the limit is raised or the {one.period} is over."
        )
    # A raised limit is crossed anew; the same one only once.
    key = f"budget:{one.user_id or 'all'}:{one.period}:{one.starts_on}"
    key += f":{one.limit_usd}:{one.percent}"
    choices = (
        Choice("See usage", "billing.usage"),
        Choice("Raise the limit", "billing.ask_top_up", {"span": one.period}),
    )
    return Notice(key, "budget", Message(text, choices=choices))
