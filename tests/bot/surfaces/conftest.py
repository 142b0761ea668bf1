"""The REST and MCP surfaces over a real database, asked with real keys."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from agent.billing.budgets import Budgets
from agent.ctx import Caller
from agent.identity.history import History
from agent.identity.key_operations import new_key
from agent.identity.keys import KEY_WINDOW, MISSES, WORKSPACE_WINDOW, Quotas
from agent.runs.approvals import TableApprovals
from agent.vault.keys import InstallationKey
from bot.ports import SystemClock, TimeOrderedIds
from bot.services import Services
from bot.settings import Settings
from bot.wiring.database import open_database
from bot.wiring.machines import open_to_programs
from bot.wiring.services import make_core
from db.server_bootstrap import Urls
from tests.agent.world import AS_ANA, PEPPER, World
from tests.conftest import connected

_ENDLESS = 10**8
ENDLESS = Quotas(
    (replace(KEY_WINDOW, limit=_ENDLESS), replace(WORKSPACE_WINDOW, limit=_ENDLESS)),
    replace(MISSES, limit=_ENDLESS),
)
HOME = "http://127.0.0.1:8000"


@dataclass
class Api:
    """Both surfaces in this process, and a way to ask them as somebody."""

    world: World
    services: Services
    mounts: Mapping[str, ASGIApp]
    http: httpx.AsyncClient

    async def key(self, caller: Caller = AS_ANA, **wanted: Any) -> str:
        """A new key of the caller's."""
        asked = {"name": "test"} | wanted
        return (await self.world.call(new_key, caller, **asked)).key

    async def post(
        self, operation: str, key: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Ask for an operation; header names with ``_`` for ``-``."""
        sent = {name.replace("_", "-"): told for name, told in headers.items()}
        return await self.http.post(
            f"/v1/{operation}",
            json={} if body is None else body,
            headers={"authorization": f"Bearer {key}", **sent},
        )


def make_services(world: World) -> Services:
    """Services over the test's database; what writes is not there."""
    return Services(
        app=world.app,
        system=world.system,
        shelf=cast("Any", world.skills),
        router=cast("Any", None),
        objects=world.files,
        model=cast("Any", None),
        prices=cast("Any", None),
        budgets=Budgets(Decimal(10), Decimal(100)),
        events=world.outbox,
        audit=History(),
        approvals=TableApprovals(),
        clock=SystemClock(),
        ids=TimeOrderedIds(),
        pepper=PEPPER,
        key=InstallationKey(b"k" * 32),
        admits=lambda _: False,
        mail=world.mail,
    )


def one_app(mounts: Mapping[str, ASGIApp]) -> ASGIApp:
    """The surfaces as one application."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        first = "/" + scope["path"].split("/", 2)[1]
        nowhere = PlainTextResponse("nothing here", status_code=404)
        await mounts.get(first, nowhere)(scope, receive, send)

    return app


@asynccontextmanager
async def listening(mounts: Mapping[str, ASGIApp]) -> AsyncIterator[str]:
    """The surfaces on a port of this machine; where that is."""
    taken = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        one_app(mounts), log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([taken]))
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def whole(urls: Urls, home: Path) -> AsyncIterator[Api]:
    """The surfaces of a process as it is really wired, with quotas that never end."""
    given: dict[str, Any] = {
        "home": home,
        "database_url": urls.app,
        "database_system_url": urls.system,
    }
    settings = Settings(_env_file=None, **given)
    async with (
        open_database(settings) as pools,
        connected(urls.owner) as owner,
    ):
        core = await make_core(settings, pools)
        mounts = open_to_programs(core.services, ENDLESS)
        transport = httpx.ASGITransport(one_app(mounts))
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
            world = World(pools.app, pools.system, owner)
            yield Api(world, core.services, mounts, http)
        await core.aclose()


@pytest.fixture
def world(
    app_engine: AsyncEngine, system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> World:
    """The agent on a database of this test's own."""
    return World(app_engine, system_engine, owner_engine)


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    services = make_services(world)
    mounts = open_to_programs(services)
    transport = httpx.ASGITransport(one_app(mounts), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
        yield Api(world, services, mounts, http)


@pytest.fixture
async def ana(api: Api) -> str:
    """A key of Ana's that may do all she may."""
    return await api.key()
