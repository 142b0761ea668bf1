from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.database import Database
from bot.durable.engine import EmbeddedEngine
from bot.durable.face.app import Face, create_app
from bot.durable.face.keys import Keys
from bot.durable.inference import Inference
from bot.durable.over_http import OverHttp
from bot.durable.port import RunView
from bot.durable.reach import Reach
from bot.ports import SystemClock
from tests.bot.durable.face.site import (
    EVENT_KEY,
    SHOWN,
    SIGNING_KEY,
    Site,
    client_of,
    served,
)
from tests.bot.durable.world import QUICK, World


@dataclass
class Side:
    """The face on a port, and a client that shows the keys."""

    world: World
    engine: EmbeddedEngine
    host: OverHttp
    url: str
    http: httpx.AsyncClient

    async def send(self, *events: dict[str, Any]) -> list[str]:
        answer = await self.http.post(f"/e/{EVENT_KEY}", json=list(events))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["ids"])

    async def run(self, name: str, **data: Any) -> RunView:
        """Start one run and return how it ended."""
        (key,) = await self.send({"name": name, "data": data})
        return (await self.world.ended(key, 15))[0]

    def site(self, app_id: str = "far", **given: Any) -> Site:
        return Site(client_of(self.url, app_id, **given))


@pytest.fixture
def keys() -> Keys:
    return Keys(EVENT_KEY, (SIGNING_KEY,))


@pytest.fixture
async def side(
    world: World, system_engine: AsyncEngine, keys: Keys
) -> AsyncIterator[Side]:
    clock, reach = SystemClock(), Reach()
    inference = Inference(Reach())
    host = OverHttp(keys.signing, reach, inference, clock)
    engine = EmbeddedEngine(system_engine, host, QUICK)
    world.engines.append(engine)
    await engine.start()
    database = Database(system_engine, 2)
    await database.open()
    app = create_app(Face(engine, host, database, keys, reach, clock))
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url, headers=SHOWN) as http,
    ):
        yield Side(world, engine, host, url, http)
    await database.close()
    await host.aclose()
    await inference.aclose()
