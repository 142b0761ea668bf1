"""A worker stopped past its leases comes back: what it brings is refused."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture import postgres
from tests.torture.driver import driving
from tests.torture.figures import Figure
from tests.torture.ledger import read
from tests.torture.programs import Errand, Program
from tests.torture.storm import calm, drawn
from tests.torture.worker import Workers, orders

LEASE_S = 0.6
MEMOS = "SELECT body->>'data' AS said FROM engine.memos WHERE name = 's0'"
PROGRAM: Program = [["slow", "s0", 400], ["slow", "s1", 800]]
"""The stopped worker comes back when the other one is in the second step."""
OUTPUTS = "SELECT output::text AS said FROM engine.runs"


async def stopped(seed: int, folder: Path, runs: int) -> list[Figure]:
    """Stop a worker with ``runs`` steps in hand, let another do them, go on.

    Args:
        seed: Nothing here is left to chance but the driver's pauses.
        folder: For the database, the ledger and the workers' log.
        runs: How many steps to have in hand.
    """
    sent = [Errand("free", f"e{n}", PROGRAM) for n in range(runs)]
    path = folder / "ledger"
    async with postgres.started(folder / "home", durable=True) as server:
        first, second = (
            Workers(orders(server.urls, folder, lease_s=LEASE_S, concurrency=runs), 1)
            for _ in range(2)
        )
        async with driving(server.urls, drawn(seed, "driver")) as driver:
            first.start()
            stale = _pid(first)
            await driver.send(sent, per_s=1000)
            await _until(lambda: len(read(path)) == runs)
            os.kill(stale, signal.SIGSTOP)
            try:
                second.start()
                while len(await driver.rows(MEMOS)) < runs:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            finally:
                woken = time.time()
                os.kill(stale, signal.SIGCONT)
            ended = await calm(driver)
            await asyncio.sleep(LEASE_S)
            said = [json.loads(row["said"]) for row in await driver.rows(MEMOS)]
            outputs = [json.loads(row["said"]) for row in await driver.rows(OUTPUTS)]
            fresh = _pid(second)
            await first.stop()
            await second.stop()
    effects = read(path)
    late = [one for one in effects if one.pid == stale and one.done > woken]
    onward = [one for one in effects if one.pid == stale and one.key.endswith(":s1")]
    return [
        Figure("steps in the hands of the stopped worker", runs),
        Figure("steps it came back with after the other had done them", len(late)),
        Figure("nothing that was to be refused", int(not late), 0),
        Figure("runs it went on with nevertheless", len(onward), 0),
        Figure("not at rest in time", int(not ended), 0),
        Figure("memos that are not the other's", sum(one != fresh for one in said), 0),
        Figure("outputs that are not the other's",
               sum(one != [fresh] * 2 for one in outputs), 0),
        Figure("runs without their one output", abs(len(outputs) - runs), 0),
    ]  # fmt: skip


def _pid(crew: Workers) -> int:
    (process,) = crew.alive
    assert process.pid
    return process.pid


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
