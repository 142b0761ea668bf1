"""The REST and MCP surfaces over a real database, asked with real keys."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from agent.billing.budgets import Budgets
from agent.ctx import Caller
from agent.identity.history import History
from agent.identity.key_operations import new_key
from agent.runs.approvals import TableApprovals
from agent.vault.keys import InstallationKey
from bot.ports import SystemClock, TimeOrderedIds
from bot.services import Services
from bot.wiring.machines import open_to_programs
from tests.agent.world import AS_ANA, PEPPER, World

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
        await mounts[first](scope, receive, send)

    return app


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
