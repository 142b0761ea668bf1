"""The answer to a commit is lost, again and again: nothing is lost or done twice."""

from pathlib import Path

from tests.torture import oracle, postgres
from tests.torture.driver import beside, driving
from tests.torture.figures import Figure
from tests.torture.ledger import read
from tests.torture.oracle import Deaths
from tests.torture.programs import errands
from tests.torture.proxy import between
from tests.torture.storm import calm, drawn
from tests.torture.worker import Workers, orders

LEASE_S = 15.0
"""As in production: what was cut is not to be saved by somebody else's turn."""
CUTS_PER_ERRAND = 0.4


async def cuts(seed: int, folder: Path, most: int) -> list[Figure]:
    """Lose the answers to ``most`` commits under random errands, and audit.

    Args:
        seed: What the errands and the cuts are drawn from.
        folder: For the database, the ledger and the workers' log.
        most: How many answers.
    """
    sent = errands(drawn(seed, "errands"), int(most / CUTS_PER_ERRAND))
    async with (
        postgres.started(folder / "home", durable=False) as server,
        between(server.urls, folder / "run", drawn(seed, "cuts"), most) as (
            proxy,
            urls,
        ),
    ):
        crew = Workers(orders(urls, folder, lease_s=LEASE_S), 1)
        async with driving(urls, drawn(seed, "driver")) as driver:
            crew.start()
            async with beside(driver.answer(), driver.stop_some()):
                await driver.send(sent, per_s=40)
            ended = await calm(driver)
            crew.check()
            await crew.stop()
            books = await oracle.opened(driver, sent, read(folder / "ledger"))
    return [
        Figure("answers to commits lost", proxy.lost),
        Figure("answers that remained to be lost", most - proxy.lost, 0),
        Figure("commits that did not arrive", proxy.undone),
        Figure("not at rest in time", int(not ended), 0),
        *oracle.audit(books, Deaths({}, ())),
    ]
