"""Random programs, and ``kill -9`` of workers and of PostgreSQL: nothing is lost."""

import asyncio
import random
from functools import partial
from pathlib import Path

from tests.torture import oracle, postgres
from tests.torture.driver import Driver, beside, driving, haunted
from tests.torture.figures import Figure
from tests.torture.ledger import read
from tests.torture.oracle import Deaths
from tests.torture.postgres import Postgres
from tests.torture.programs import errands
from tests.torture.worker import Workers, orders

WORKERS = 3
STUCK_S = 90.0


async def storm(
    seed: int, folder: Path, runs: int, *, per_s: float = 40, calm_s: float = 1.0
) -> list[Figure]:
    """Send ``runs`` random errands, kill something about every ``calm_s``, and audit.

    Args:
        seed: What the errands and the deaths are drawn from.
        folder: For the database, the ledger and the workers' log.
        runs: How many errands.
        per_s: Errands sent a second.
        calm_s: Mean time between two deaths; every fifth is PostgreSQL's.
    """
    sent = errands(drawn(seed, "errands"), runs)
    async with postgres.started(folder / "home", durable=True) as server:
        crew = Workers(orders(server.urls, folder), WORKERS)
        async with driving(server.urls, drawn(seed, "driver")) as driver:
            crew.start()
            chance = drawn(seed, "deaths")
            async with (
                beside(driver.answer(), driver.stop_some()),
                haunted(
                    partial(_death, crew, server, chance),
                    lambda: chance.expovariate(1 / calm_s),
                ),
            ):
                await driver.send(sent, per_s)
                await asyncio.sleep(3 * calm_s)
            ended = await calm(driver)
            await crew.stop()
            books = await oracle.opened(driver, sent, read(folder / "ledger"))
    return [
        Figure("workers killed", len(crew.deaths)),
        Figure("times PostgreSQL was killed or restarted", len(server.gone)),
        Figure("not at rest in time", int(not ended), 0),
        *oracle.audit(books, Deaths(crew.deaths, server.gone)),
    ]


def drawn(seed: int, what: str) -> random.Random:
    """Return chance of its own for each use, so that their order does not matter."""
    return random.Random(f"{seed}:{what}")  # noqa: S311 - to be repeated


async def calm(driver: Driver) -> bool:
    """Wait for the end, with no more deaths; False when it did not come."""
    async with beside(driver.answer()):
        return await driver.ended(STUCK_S)


async def _death(crew: Workers, server: Postgres, chance: random.Random) -> None:
    crew.check()
    if chance.random() < 0.2:
        await server.dies(chance)
    else:
        crew.kill(chance.randrange(crew.amount))
