"""Spending without models: a call reserved and settled at a price."""

from dataclasses import replace
from decimal import Decimal
from itertools import count
from uuid import UUID

from agent.billing import alerts, budgets
from agent.billing.budgets import Call, Spent
from agent.ctx import Caller
from tests.agent.world import World

_number = count(1)

TOKENS = {
    "input_tokens": 10,
    "cache_read_tokens": 0,
    "cache_write_5m_tokens": 0,
    "cache_write_1h_tokens": 0,
    "output_tokens": 5,
}


async def spend(
    world: World, caller: Caller, usd: str, *, skill_id: UUID | None = None
) -> None:
    """One call of ``caller``'s costs so much, from its reservation to the alerts."""
    number = next(_number)
    call = Call(caller.workspace_id, caller.user_id, UUID(int=number), f"c{number}")
    call = replace(call, skill_id=skill_id, model="anthropic/m")
    async with world.tenant(caller) as session:
        await world.budgets.reserve(session, call, Decimal(usd))
    async with world.tenant(caller) as session:
        spent = Spent("anthropic", "m", TOKENS, Decimal(usd), "2026-11")
        await alerts.tell(session, await budgets.settle(session, call, spent))
