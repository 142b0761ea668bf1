"""PostgreSQL restarted again and again under steady work: nothing wrong or stuck."""

from bisect import bisect
from functools import partial
from pathlib import Path

from tests.torture import oracle, postgres
from tests.torture.driver import Driver, beside, driving, haunted
from tests.torture.figures import Figure, share
from tests.torture.ledger import read
from tests.torture.oracle import Deaths
from tests.torture.postgres import Postgres
from tests.torture.programs import errands
from tests.torture.storm import calm, drawn
from tests.torture.worker import Workers, orders

WORKERS = 2
EARLIEST_S, LATEST_S = 5.0, 20.0
ENDS = """
    SELECT extract(epoch FROM ended_at)::float FROM engine.runs
    WHERE ended_at IS NOT NULL ORDER BY 1
"""


async def restarts(
    seed: int, folder: Path, runs: int, *, per_s: float = 25, hurry: float = 1.0
) -> list[Figure]:
    """Send ``runs`` errands at a pace while PostgreSQL dies every 5 to 20 s.

    Args:
        seed: What the errands and the deaths are drawn from.
        folder: For the database, the ledger and the workers' log.
        runs: How many errands.
        per_s: Errands sent a second.
        hurry: How much sooner it dies.
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
                    partial(server.dies, chance),
                    lambda: chance.uniform(EARLIEST_S, LATEST_S) / hurry,
                ),
            ):
                await driver.send(sent, per_s)
            ended = await calm(driver)
            recovered = await _recovered(driver, server)
            crew.check()
            await crew.stop()
            books = await oracle.opened(driver, sent, read(folder / "ledger"))
    away = [back - gone for gone, back in server.gone]
    return [
        Figure("times PostgreSQL was killed or restarted", len(server.gone)),
        Figure("s until it answered again, p50", share(away, 0.5)),
        Figure("s until it answered again, most", share(away, 1)),
        Figure("s from then to the next end of a run, p50", share(recovered, 0.5)),
        Figure("s from then to the next end of a run, p90", share(recovered, 0.9)),
        Figure("s from then to the next end of a run, most", share(recovered, 1), 5),
        Figure("not at rest in time", int(not ended), 0),
        *oracle.audit(books, Deaths({}, server.gone)),
    ]


async def _recovered(driver: Driver, server: Postgres) -> list[float]:
    """Return the seconds from each time it came back until a run ended."""
    ends = [moment for (moment,) in await driver.rows(ENDS)]
    after = ((back, bisect(ends, back)) for _, back in server.gone)
    return [ends[at] - back for back, at in after if at < len(ends)]
