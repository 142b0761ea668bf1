"""Whom a message is for, among many brands: one look-up by index, nothing kept.

``python -m bench.clients [--names 5000] [--rounds 200]``: real queries on a PostgreSQL
with fsync. Beside it, in the same run, what it is instead of: reading every name and
building an Aho-Corasick automaton of them, as a cache would have to when it is stale.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog.folding import tokens
from agent.clients import mentions, queries
from agent.clients.names import slug
from agent.ctx import Caller
from bench.before_model import somebody
from bot.settings import Settings
from bot.wiring.database import open_database
from bot.wiring.services import make_core

FIRST = "Yaz Blue North Acme Solar Cedar Delta Ember Falcon Grove Harbor Iris".split()  # noqa: SIM905 - shorter to read
SECOND = "Automate Clinics Payroll Foods Motors Labs Travel Media Studio Works".split()  # noqa: SIM905 - shorter to read

_PUT_AWAY = text("UPDATE clients SET archived_at = now()")
_FILL = text("""
    INSERT INTO clients (workspace_id, name, slug, storage_prefix)
    SELECT :workspace_id, one.name, one.slug, 'clients/' || one.slug
    FROM unnest(CAST(:names AS text[]), CAST(:slugs AS text[])) AS one (name, slug)
""")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home))
        async with open_database(settings) as pools:
            services = (await make_core(settings, pools)).services
            caller = await somebody(services)
            for count in sorted({100, given.names}):
                names = brand_names(count, f"S{count}")
                async with services.tenant(caller) as session:
                    await session.execute(_PUT_AWAY)
                    await fill(session, caller, names)
                async with services.tenant(caller) as session:
                    await measure(session, names, given.rounds)


def brand_names(count: int, mark: str) -> list[str]:
    """Names of two words and a number: many begin alike."""
    chance = random.Random(count)  # noqa: S311 - test data
    return [
        f"{chance.choice(FIRST)} {chance.choice(SECOND)} {mark}{number}"
        for number in range(count)
    ]


async def fill(session: AsyncSession, caller: Caller, names: list[str]) -> None:
    values = {
        "workspace_id": caller.workspace_id,
        "names": names,
        "slugs": [slug(name) for name in names],
    }
    await session.execute(_FILL, values)


async def measure(session: AsyncSession, names: list[str], rounds: int) -> None:
    await session.execute(text("SELECT 1"))
    print(f"\n{len(names):,} brands in use; ms a message, {rounds} rounds")
    print(f"{'message':<44} {'p50':>7} {'p99':>7}  found")
    for what, message in messages(names).items():
        found = len((await mentions.found(session, message)).fits)

        async def one(said: str = message) -> object:
            return await mentions.found(session, said)

        print(f"{what:<44} {await timed(one, rounds)}  {found}")

    async def automaton() -> object:
        rows = await queries.all_clients(session)
        return BytesAhoCorasick([b" ".join(tokens(row["name"])) for row in rows])

    few = max(rounds // 20, 5)
    instead = "(instead: read all, build an automaton)"
    print(f"{instead:<44} {await timed(automaton, few)}")


def messages(names: list[str]) -> Mapping[str, str]:
    name = names[len(names) // 2]
    filler = "our payroll tool saves clinics time every month and never shouts. "
    return {
        "its name in full": f"write homepage copy for {name}, warm and short",
        "no name, no 'for'": "write homepage copy, warm and short",
        "a 'for' that names nobody": "write homepage copy for our tool for clinics",
        "how several names begin": f"write homepage copy for {name.split()[0]}",
        "its name in 4,000 characters": (filler * 60)[:3_900] + f" for {name}",
        "its name in 40,000 characters": filler * 600 + f" for {name}",
    }


async def timed(call: Callable[[], Awaitable[object]], rounds: int) -> str:
    for _ in range(3):
        await call()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        took.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return f"{cuts[49]:>7.2f} {cuts[98]:>7.2f}"


if __name__ == "__main__":
    asyncio.run(main())
