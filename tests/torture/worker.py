"""Worker processes, to be killed and started again.

``fork`` from a server that has imported everything already, so that each costs little.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.limits import Limits
from db import faultpoints
from db.server_bootstrap import Urls
from tests.forks import FORKS
from tests.torture.functions import client, functions
from tests.torture.ledger import Ledger
from tests.torture.programs import Errand, event


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is to do."""

    app_url: str
    system_url: str
    ledger: Path
    log: Path
    lease_s: float = 2.0
    concurrency: int = 30
    fault: str = ""
    """Where it is to die."""
    errands: tuple[Errand, ...] = ()
    """What it sends first, each in a transaction of the app's."""


def orders(urls: Urls, folder: Path, **rest: Any) -> Orders:
    """Return what to tell workers on a database, with their files in ``folder``."""
    app, system = (
        url.render_as_string(hide_password=False) for url in (urls.app, urls.system)
    )
    return Orders(app, system, folder / "ledger", folder / "log", **rest)


def soon(attempt: int) -> timedelta:
    """Between a step's attempts."""
    return timedelta(milliseconds=20 * 2 ** min(attempt, 5))


def limits(given: Orders) -> Limits:
    """Short leases; nobody is suspected of killing workers, since we do that."""
    return Limits(
        concurrency=given.concurrency,
        lease=timedelta(seconds=given.lease_s),
        poll=timedelta(seconds=1),
        losses=1000,
        backoff=soon,
    )


def live(given: Orders) -> None:
    """Work until killed or told to stop."""
    paper = os.open(given.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(paper, 1)
    os.dup2(paper, 2)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    faultpoints.arm(given.fault)
    asyncio.run(_work(given))


async def _work(given: Orders) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    system = create_async_engine(make_url(given.system_url))
    ledger = Ledger(system, given.ledger)
    made = client()
    host = InProcess(made, functions(made, ledger))
    engine = EmbeddedEngine(system, host, limits(given))
    orphaned = asyncio.create_task(_orphaned())
    await engine.start()
    await _send(engine, given)
    await told.wait()
    orphaned.cancel()
    await engine.stop(timedelta(seconds=5))


async def _orphaned() -> None:
    """End when whoever started us was killed."""
    parent = multiprocessing.parent_process()
    while parent and parent.is_alive():  # noqa: ASYNC110 - a process
        await asyncio.sleep(1)
    os._exit(1)


async def _send(engine: EmbeddedEngine, given: Orders) -> None:
    app = create_async_engine(make_url(given.app_url))
    for errand in given.errands:
        async with AsyncSession(app) as session, session.begin():
            await engine.send_in(session, event(errand))
    await app.dispose()


@dataclass
class Workers:
    """Some workers, now and in their next lives."""

    orders: Orders
    amount: int
    alive: list[BaseProcess] = field(default_factory=list)
    deaths: dict[int, float] = field(default_factory=dict)
    """When each process that was killed had its last moment, by its id."""

    def start(self) -> None:
        """Start what is missing."""
        while len(self.alive) < self.amount:
            process = FORKS.Process(target=live, args=(self.orders,), daemon=True)
            process.start()
            self.alive.append(process)

    def kill(self, number: int) -> None:
        """Kill one, and start another in its place."""
        process = self.alive.pop(number)
        assert process.pid
        process.kill()
        process.join()
        self.deaths[process.pid] = time.time()
        self.start()

    def check(self) -> None:
        """Raise if one ended by itself."""
        ends = [process.exitcode for process in self.alive]
        assert not any(end is not None for end in ends), ends

    async def stop(self) -> list[int | None]:
        """Tell all to stop; how each ended."""
        for process in self.alive:
            process.terminate()
        for process in self.alive:
            await asyncio.to_thread(process.join, 15)
        ends = [process.exitcode for process in self.alive]
        for process in self.alive:
            process.kill()
        self.alive.clear()
        return ends
