"""Many workers on one database: no job done twice, no two runs of a key at once."""

import time
from pathlib import Path

from tests.torture import oracle, postgres
from tests.torture.driver import driving
from tests.torture.figures import Figure
from tests.torture.ledger import read
from tests.torture.oracle import Deaths
from tests.torture.programs import Errand
from tests.torture.storm import calm, drawn
from tests.torture.worker import Workers, orders

WORKERS = 8
ROOM = 10
LEASE_S = 15.0
"""As in production: nobody dies here, so nobody's lease should run out."""


async def crowd(seed: int, folder: Path, jobs: int) -> list[Figure]:
    """Let eight processes do ``jobs`` runs of a step, half of them one at a time a key.

    Args:
        seed: What the keys are drawn from.
        folder: For the database, the ledger and the workers' log.
        jobs: How many runs.
    """
    chance = drawn(seed, "keys")
    keys = [f"strict-{number}" for number in range(max(2, jobs // 50))]
    sent = [_errand(f"e{n}", chance.choice(keys) if n % 2 else "") for n in range(jobs)]
    async with postgres.started(folder / "home", durable=True) as server:
        given = orders(server.urls, folder, lease_s=LEASE_S, concurrency=ROOM)
        crew = Workers(given, WORKERS)
        async with driving(server.urls, chance) as driver:
            crew.start()
            began = time.monotonic()
            await driver.send(sent, per_s=2000)
            ended = await calm(driver)
            took = time.monotonic() - began
            crew.check()
            await crew.stop()
            books = await oracle.opened(driver, sent, read(folder / "ledger"))
    done = oracle.grouped(books.effects).values()
    return [
        Figure("processes", WORKERS),
        Figure("processes that did something", len({e.pid for e in books.effects})),
        Figure("runs a second", jobs / took),
        Figure("not at rest in time", int(not ended), 0),
        Figure("double executions", sum(len(each) - 1 for each in done), 0),
        *oracle.audit(books, Deaths({}, ())),
    ]


def _errand(key: str, lane: str) -> Errand:
    return Errand("laned" if lane else "free", key, [["step", "s0"]], lane)
