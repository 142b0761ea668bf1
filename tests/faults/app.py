"""The real app in a process of its own, to be killed and started again.

``fork`` from a server that has imported everything already, so that each start costs
little; what it then runs is what ``draper run`` runs.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx

from bot.cli.until_told import until_told
from bot.durable.limits import Limits
from bot.logs import configure
from bot.pace import Pace
from bot.settings import Settings
from bot.wiring import processes
from bot.wiring.processes import Parts
from tests.forks import FORKS

START_S = 40.0
LEASE_S = 1.3


def soon(attempt: int) -> timedelta:
    """Between a step's attempts."""
    del attempt
    return timedelta(milliseconds=50)


HASTE = Pace(
    inbox_lease_s=LEASE_S,
    delivery_lease_s=LEASE_S,
    write_pause_s=0.03,
    sweep_s=0.2,
    drain_s=3.0,
    engine=Limits(lease=timedelta(seconds=LEASE_S), backoff=soon),
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What one process is to do."""

    settings: Settings
    pace: Pace
    parts: Parts
    log: Path


def live(orders: Orders) -> None:
    """Be the app until killed or told to stop."""
    paper = os.open(orders.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(paper, 1)
    os.dup2(paper, 2)
    configure("INFO", as_json=False)
    until_told(processes.run(orders.settings, orders.parts, orders.pace))


@dataclass
class App:
    """One installation's process, now and in its next lives."""

    settings: Settings
    folder: Path
    pace: Pace = HASTE
    parts: Sequence[str] = ("web", "worker", "chat")
    process: BaseProcess | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    async def starts(self, fault: str = "") -> None:
        """Start, to die at ``fault``; returns once it is up, or dead already."""
        settings = self.settings.model_copy(update={"fault": fault})
        parts = Parts(*(name in self.parts for name in ("web", "worker", "chat")))
        orders = Orders(settings, self.pace, parts, self.log)
        self.process = FORKS.Process(target=live, args=(orders,), daemon=True)
        self.process.start()
        async with asyncio.timeout(START_S):
            while self.is_alive and not await self._is_up():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.exitcode is None

    async def dies(self, within_s: float = 30.0) -> None:
        """Wait for its death by SIGKILL."""
        assert await self._end(within_s) == -signal.SIGKILL

    async def stops(self, within_s: float = 30.0) -> None:
        """Let it end in order, as SIGTERM does."""
        assert self.process is not None
        self.process.terminate()
        assert await self._end(within_s) == 0, self.log.read_text()[-3000:]

    async def ends(self) -> None:
        """Make sure that it is gone."""
        if self.process is not None and self.is_alive:
            self.process.kill()
            await self._end(5.0)

    async def _end(self, within_s: float) -> int | None:
        assert self.process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.process.exitcode is None:  # noqa: ASYNC110 - a process
                    await asyncio.sleep(0.01)
        return self.process.exitcode

    async def _is_up(self) -> bool:
        if "web" not in self.parts:
            return "Draper is ready" in (
                self.log.read_text() if self.log.exists() else ""
            )
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.url}/healthz")).status_code == 200
        return False
