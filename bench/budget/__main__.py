"""Runs that race for a budget: how much is overspent, and what a reservation takes.

``python -m bench.budget [--runs 100] [--fits 10] [--processes 2]``: processes of their
own on one PostgreSQL with fsync, all reserving and settling at once; the budget fits
``--fits`` of them. A third of those that get through "crash": they never settle, and
the sweep gives back what they held.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from sqlalchemy import URL, text

from agent.billing import budgets
from bench.budget.racer import MOST, PERSON, WORKSPACE
from bot.settings import Settings
from bot.wiring.database import Pools, open_database
from db.tenancy import system, tenant

MAKE = (
    "INSERT INTO workspaces (id, name, kind) VALUES (:w, 'Racing', 'team')",
    "INSERT INTO users (id, full_name) VALUES (:u, 'Racer')",
    """INSERT INTO workspace_members (workspace_id, user_id, role)
       VALUES (:w, :u, 'owner')""",
)
SUMS = """
    SELECT spent_usd, reserved_usd FROM budget_periods
    WHERE user_id IS NULL AND period = 'day'
"""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--fits", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home))
        async with open_database(settings) as pools:
            await show(pools, given)


async def show(pools: Pools, given: argparse.Namespace) -> None:
    async with system(pools.system, "door") as session:
        for statement in MAKE:
            values = {"w": WORKSPACE, "u": PERSON}
            used = {k: v for k, v in values.items() if f":{k}" in statement}
            await session.execute(text(statement), used)
    limit = MOST * given.fits
    began = time.perf_counter()
    share = given.runs // given.processes
    racers = [
        racer(pools.app.url, limit, range(n * share, (n + 1) * share))
        for n in range(given.processes)
    ]
    told = await asyncio.gather(*racers)
    took_s = time.perf_counter() - began
    waits = sorted(wait for one in told for wait in one["waits_ms"])
    through = int(sum(one["through"][0] for one in told))
    spent, held = await sums(pools)
    cuts = statistics.quantiles(waits, n=100)
    print(f"{share * given.processes} runs, {given.processes} processes, ${limit} left")
    print(f"  got through          {through:8d}")
    print(f"  spent + held         {spent + held:8.2f} USD")
    print(f"  over the limit       {max(spent + held - limit, Decimal(0)):8.2f} USD")
    print(f"  reserve p50 / p99    {cuts[49]:8.1f} / {cuts[98]:.1f} ms")
    print(f"  all of it            {took_s:8.1f} s")
    await expire(pools)
    freed, (spent, held) = await sweep(pools), await sums(pools)
    print(f"  freed by the sweep   {freed:8d} reservations, ${held} still held")
    print(f"  spent in the end     {spent:8.2f} USD")
    if spent + held > limit:
        raise SystemExit("more than the limit was spent")


async def racer(url: URL, limit: Decimal, numbers: range) -> dict[str, list[float]]:
    """Race in a process of its own, as one that serves would."""
    asked = {
        "url": url.render_as_string(hide_password=False),
        "limit": str(limit),
        "numbers": [numbers.start, numbers.stop],
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.budget.racer"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    # Not as an argument: the address has a password in it, and `ps` shows those.
    told, _ = await child.communicate(json.dumps(asked).encode())
    found: dict[str, list[float]] = json.loads(told)
    return found


async def sums(pools: Pools) -> tuple[Decimal, Decimal]:
    async with tenant(pools.app, WORKSPACE, PERSON) as session:
        row = (await session.execute(text(SUMS))).one()
        return row.spent_usd, row.reserved_usd


async def expire(pools: Pools) -> None:
    async with tenant(pools.app, WORKSPACE, PERSON) as session:
        past = "UPDATE budget_reservations SET expires_at = now() - interval '1 s'"
        await session.execute(text(f"{past} WHERE state = 'held'"))


async def sweep(pools: Pools) -> int:
    async with system(pools.system, "worker") as session:
        return await budgets.sweep(session)


if __name__ == "__main__":
    asyncio.run(main())
