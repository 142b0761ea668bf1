"""One process of the race: what to do comes in as JSON, what came of it goes out."""

import asyncio
import json
import sys
import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from agent.billing import budgets
from agent.billing.budgets import Budgets, Call, Spent
from agent.errors import OverBudget
from db.tenancy import tenant

WORKSPACE, PERSON = UUID(int=1), UUID(int=2)
MOST, TOOK = Decimal("0.10"), Decimal("0.07")
"""What a run may cost, and does."""
COUNTS = (
    *("input_tokens", "cache_read_tokens", "cache_write_5m_tokens"),
    *("cache_write_1h_tokens", "output_tokens"),
)
TOKENS = dict.fromkeys(COUNTS, 1)


async def race(asked: dict[str, Any]) -> dict[str, object]:
    """All of this process's runs at once."""
    engine = create_async_engine(make_url(asked["url"]), pool_size=10)
    limits = Budgets(Decimal(asked["limit"]), Decimal(1000))
    waits: list[float] = []

    async def one(number: int) -> bool:
        call = Call(WORKSPACE, PERSON, UUID(int=number + 10), f"race:{number}")
        began = time.perf_counter()
        try:
            async with tenant(engine, WORKSPACE, PERSON) as session:
                await limits.reserve(session, call, MOST)
        except OverBudget:
            return False
        finally:
            waits.append((time.perf_counter() - began) * 1000)
        if number % 3:
            async with tenant(engine, WORKSPACE, PERSON) as session:
                spent = Spent("anthropic", "m", TOKENS, TOOK, "bench")
                await budgets.settle(session, call, spent)
        return True

    first, last = (int(n) for n in asked["numbers"])
    through = await asyncio.gather(*map(one, range(first, last)))
    await engine.dispose()
    return {"through": [sum(through)], "waits_ms": waits}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(race(json.load(sys.stdin)))))
