"""Our side of the wire: engines to start, events to write, a look at the outbox."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.port import Event
from bot.durable.remote.account import Account
from bot.durable.remote.api import Api
from bot.durable.remote.breath import Breath
from bot.durable.remote.engine import RemoteEngine
from bot.ports import SystemClock
from db.tenancy import system
from tests.db.asking import as_role
from tests.standins.inngest import EVENT_KEY, SIGNING_KEY, Inngest

QUICK = Breath(
    lease=timedelta(seconds=0.6),
    idle_s=0.2,
    first_s=0.02,
    longest_s=0.1,
    slow=timedelta(seconds=0.3),
)


@dataclass
class Watch:
    """A clock that can be wrong."""

    off_by: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return SystemClock().now().astimezone(UTC) + self.off_by


class Side:
    def __init__(self, system_engine: AsyncEngine, inngest: Inngest) -> None:
        self.system = system_engine
        self.account = Account(
            api=inngest.url,
            events=inngest.url,
            origin="http://127.0.0.1:1",
            event_key=EVENT_KEY,
            signing_keys=(SIGNING_KEY,),
        )
        self._engines: list[RemoteEngine] = []

    def make(self, breath: Breath = QUICK, **account: Any) -> RemoteEngine:
        """An engine that is stopped at the end."""
        api = Api(replace(self.account, **account))
        engine = RemoteEngine(self.system, api, SystemClock(), breath)
        self._engines.append(engine)
        return engine

    async def start(self, breath: Breath = QUICK, **account: Any) -> RemoteEngine:
        """One that works already."""
        engine = self.make(breath, **account)
        await engine.start()
        return engine

    async def write(self, engine: RemoteEngine, *ids: str, name: str = "asked") -> None:
        """Commit events with these ids in one transaction."""
        async with system(self.system, "worker") as session:
            await engine.send_in(
                session, *(Event(name, {"n": key}, key) for key in ids)
            )

    async def outbox(self, columns: str = "key, attempts, last_error") -> list[Any]:
        """What lies there, oldest first."""
        rows = f"SELECT {columns} FROM outbox ORDER BY id"  # noqa: S608 - ours
        return [tuple(row) for row in await as_role(self.system, "worker", rows)]

    async def left(self) -> list[str]:
        """The ids of what is still to be posted."""
        rows = await self.outbox("key, published_at")
        return [key for key, at in rows if at is None]

    async def is_empty(self, within_s: float = 8) -> None:
        """Wait until nothing is left to be posted."""
        async with asyncio.timeout(within_s):
            while await self.left():  # noqa: ASYNC110 - a test's patience
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        for engine in self._engines:
            await engine.stop(timedelta(seconds=1))
            await engine.aclose()
