"""Two processes that know each other by HTTP only: the app, and an engine elsewhere."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.until_told import until_told
from bot.durable.limits import Limits
from bot.logs import configure
from bot.settings import Inngest as Group
from bot.settings import Settings
from bot.wiring.face import Place, serve
from db.server_bootstrap import Urls
from tests.bot.durable.remote.world import QUICK
from tests.conftest import connected
from tests.db.asking import one
from tests.faults.app import HASTE, LEASE_S, START_S, soon
from tests.faults.world import Site, opened
from tests.forks import FORKS
from tests.standins.inngest import EVENT_KEY, SIGNING_KEY

LIMITS = Limits(
    lease=timedelta(seconds=LEASE_S),
    poll=timedelta(seconds=0.5),
    undelivered=timedelta(seconds=0.1),
    backoff=soon,
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What the engine's process is to do."""

    settings: Settings
    place: Place
    log: Path


def live(orders: Orders) -> None:
    """Be ``draper engine serve`` until killed or told to stop."""
    paper = os.open(orders.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(paper, 1)
    os.dup2(paper, 2)
    configure("INFO", as_json=False)
    until_told(serve(orders.settings, orders.place, LIMITS))


@dataclass
class Elsewhere:
    """``draper engine serve`` with a database of its own."""

    settings: Settings
    place: Place
    log: Path
    database: AsyncEngine
    process: BaseProcess | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://{self.place.host}:{self.place.port}"

    async def starts(self, fault: str = "") -> None:
        """Start, to die at ``fault``; returns once it answers."""
        settings = self.settings.model_copy(update={"fault": fault})
        orders = Orders(settings, self.place, self.log)
        self.process = FORKS.Process(target=live, args=(orders,), daemon=True)
        self.process.start()
        async with asyncio.timeout(START_S), httpx.AsyncClient() as client:
            while not await _is_up(client, f"{self.url}/health"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def dies(self, within_s: float = 30) -> None:
        """Wait for its death by SIGKILL."""
        assert await self._end(within_s) == -signal.SIGKILL, self.log.read_text()

    async def ends(self) -> None:
        """Make sure that it is gone."""
        if self.process and self.process.exitcode is None:
            self.process.kill()
            await self._end(5)

    async def asks(self, statement: str) -> Any:
        """What its database says."""
        return await one(self.database, statement)

    async def _end(self, within_s: float) -> int | None:
        assert self.process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.process.exitcode is None:  # noqa: ASYNC110 - a process
                    await asyncio.sleep(0.01)
        return self.process.exitcode


@dataclass
class Two:
    """The app with somebody at its web chat, and the engine it points at."""

    site: Site
    engine: Elsewhere


@contextlib.asynccontextmanager
async def two(urls: Urls, elsewhere: Urls, folder: Path) -> AsyncIterator[Two]:
    """Make both; neither runs yet."""
    keys: dict[str, Any] = {"event_key": EVENT_KEY, "signing_key": SIGNING_KEY}
    place = Place("127.0.0.1", _free_port())
    whole: dict[str, Any] = {
        "home": folder / "elsewhere",
        "database_url": elsewhere.app,
        "database_system_url": elsewhere.system,
        "inngest": Group(_env_file=None, **keys),
    }
    settings = Settings(_env_file=None, **whole)
    async with (
        connected(elsewhere.owner) as database,
        opened("web", urls, folder) as site,
    ):
        engine = Elsewhere(settings, place, folder / "engine.log", database)
        group = Group(_env_file=None, base_url=engine.url, **keys)
        remote = {"public_url": site.app.url, "inngest": group}
        site.app.settings = site.app.settings.model_copy(update=remote)
        site.app.pace = replace(HASTE, relay=QUICK)
        try:
            yield Two(site, engine)
        finally:
            await site.app.ends()
            await engine.ends()


async def _is_up(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return (await client.get(url)).status_code == httpx.codes.OK
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
