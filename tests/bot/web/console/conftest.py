"""The console over a real, furnished database, asked as a browser would."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.identity import sessions
from agent.identity.sessions import Client
from bot.ears import Ears, connector
from bot.web.app import create_app
from bot.web.pg_desk import PgDesk
from channels.web.verify import csrf_token
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.agent.world import World
from tests.bot.web.conftest import HOME, OURS
from tests.bot.web.console.furnished import Backing, furnish
from tests.bot.web.pg_chat import Backing as DeskBacking
from tests.bot.web.pg_chat import Shelf, keep
from tests.seeds import ACME

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Console:
    """The app, and people who are signed in to it."""

    world: World
    brand: UUID
    open: Callable[..., Awaitable[httpx.AsyncClient]]

    async def token(self, user_id: UUID, workspace_id: UUID = ACME) -> str:
        async with system(self.world.system, "door") as session:
            return await sessions.create(
                session,
                user_id=user_id,
                workspace_id=workspace_id,
                client=Client("127.0.0.1", BROWSER),
            )

    async def page_of(
        self, user_id: UUID, workspace_id: UUID = ACME
    ) -> httpx.AsyncClient:
        """A browser that is signed in."""
        return await self.open(await self.token(user_id, workspace_id))


def word(client: httpx.AsyncClient) -> str:
    """What a form of this session must repeat."""
    return csrf_token(client.cookies["draper"])


async def post(
    client: httpx.AsyncClient, path: str, **fields: object
) -> httpx.Response:
    """Send a form of the page's."""
    return await client.post(path, data={"csrf": word(client), **fields}, headers=OURS)


@pytest.fixture
async def console(
    app_engine: AsyncEngine,
    system_engine: AsyncEngine,
    owner_engine: AsyncEngine,
    database: Urls,
) -> AsyncIterator[Console]:
    world = World(app_engine, system_engine, owner_engine)
    ears = Ears(connector(database.app))
    desk = PgDesk(DeskBacking(app_engine, system_engine, Shelf()), ears, keep)
    backing = Backing(world)
    app = create_app(desk, backing.clock, console=backing)
    async with AsyncExitStack() as stack:

        async def opened(token: str = "") -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url=HOME)
            client.headers["user-agent"] = BROWSER
            if token:
                client.cookies.set("draper", token)
            return await stack.enter_async_context(client)

        yield Console(world, await furnish(world), opened)
    await ears.close()
