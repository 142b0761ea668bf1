"""kill -9 at every fault point of the engine, at its first and at later visits."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from db import faultpoints
from tests.torture import oracle, postgres
from tests.torture.driver import Driver, beside, driving
from tests.torture.figures import Figure, share
from tests.torture.ledger import read
from tests.torture.oracle import Deaths
from tests.torture.postgres import Postgres
from tests.torture.programs import FREE, Composer, Errand, Op
from tests.torture.storm import drawn
from tests.torture.worker import Workers, orders

LEASE_S = 0.6
PATIENCE_S = 20.0
ALL: list[Op] = [
    ["step", "s0"],
    ["both", "", [["step", "s1"], ["shaky", "s2", 1], ["nap", "s3", 20]]],
    ["wait", "s4", "heard"],
    ["invoke", "s5", [["step", "s0"]]],
    ["nap", "s6", 10],
    ["step", "s7"],
]
"""A program that passes every point but those of failures and of the clock."""


def points() -> list[str]:
    """Return the engine's fault points, as they are declared."""
    return sorted(name for name in faultpoints.POINTS if name.startswith("engine."))


async def killed(seed: int, folder: Path, visits: Iterable[int]) -> list[Figure]:
    """Kill a worker at each point at each of the ``visits``, start another, and audit.

    Args:
        seed: What the errands are drawn from.
        folder: For the database, the ledger and the workers' log.
        visits: 1 for the first time that the point is reached, and so on.
    """
    cases = [f"{point}:{visit}" for point in points() for visit in visits]
    sent: list[Errand] = []
    deaths: dict[int, float] = {}
    took: list[float] = []
    async with (
        postgres.started(folder / "home", durable=False) as server,
        driving(server.urls, drawn(seed, "driver")) as driver,
    ):
        for case in cases:
            given = _errands(seed, case)
            sent += given
            took.append(await _crash(driver, server, (folder, case), given, deaths))
        books = await oracle.opened(driver, sent, read(folder / "ledger"))
    return [
        Figure("fault points", len(points())),
        Figure("kills at them", len(deaths)),
        Figure("points that were not reached", len(cases) - len(deaths), 0),
        Figure("s from the next start until all was done, p50", share(took, 0.5)),
        Figure("s from the next start until all was done, most", share(took, 1)),
        *oracle.audit(books, Deaths(deaths, ())),
    ]


async def _crash(
    driver: Driver,
    server: Postgres,
    where: tuple[Path, str],
    given: list[Errand],
    deaths: dict[int, float],
) -> float:
    """Let a worker die at a point and another go on; return how long that took."""
    folder, fault = where
    first = orders(
        server.urls, folder, fault=fault, errands=tuple(given), lease_s=LEASE_S
    )
    doomed = Workers(first, 1)
    doomed.start()
    (process,) = doomed.alive
    async with beside(driver.answer(), driver.tick()):
        await asyncio.to_thread(process.join, PATIENCE_S)
        if process.pid and process.exitcode == -9:
            deaths[process.pid] = time.time()
        process.kill()
        began = time.monotonic()
        crew = Workers(replace(first, fault=""), 1)
        crew.start()
        # Its own errands are there when it was killed before it could send them.
        while not await driver.has(given[-1].key):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)
        await driver.ended(PATIENCE_S)
        took = time.monotonic() - began
    await crew.stop()
    return took


def _errands(seed: int, case: str) -> list[Errand]:
    chance = drawn(seed, case)
    return [
        Errand("free", f"{case} all", ALL),
        Errand("free", f"{case} all again", ALL),
        Errand("doomed", f"{case} doomed", [["step", "s0"]]),
        Errand("doomed", f"{case} doomed again", [["step", "s0"]]),
        Errand("laned", f"{case} first", [["step", "s0"]], f"strict {case}"),
        Errand("laned", f"{case} second", [["step", "s0"]], f"strict {case}"),
        Errand("free", f"{case} random", Composer(chance, FREE).program()),
    ]
