"""A real Chromium at a real server, over a desk that the test holds."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.web.app import create_app
from bot.web.console.visit import Backing
from bot.web.desk import Desk
from tests.bot.web.fakes import TOKEN, FakeDesk, Still

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 5000


class Site:
    """The chat at one address, which can go away and come back."""

    def __init__(self, desk: Desk, console: Backing | None = None) -> None:
        self.desk = desk
        self._console = console
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._serving: asyncio.Task[None] | None = None

    async def up(self) -> None:
        self._app = create_app(self.desk, Still(), console=self._console)
        config = uvicorn.Config(
            self._app, port=self.port, log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 - a flag is all there is
            await asyncio.sleep(0.01)

    async def down(self) -> None:
        if self._serving is None:
            return
        self._app.state.streams.close()
        self._server.should_exit = True
        await self._serving
        self._serving = None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all; each test gets a context of its own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium: install Debian's package chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        yield browser
        await browser.close()


@pytest.fixture
def desk() -> FakeDesk:
    """What the page talks to: an empty chat."""
    return FakeDesk()


@pytest_asyncio.fixture(loop_scope="session")
async def site(desk: FakeDesk) -> AsyncIterator[Site]:
    """That chat, served."""
    site = Site(desk)
    await site.up()
    yield site
    await site.down()


@asynccontextmanager
async def visiting(
    browser: Browser, site: Site, token: str = TOKEN, **options: Any
) -> AsyncIterator[BrowserContext]:
    """A browser that is signed in at the site, with ``new_context``'s options."""
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    await context.add_cookies([{"name": "draper", "value": token, "url": site.url}])
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """The chat, open, in a desktop window; an error on the page fails the test."""
    async with visiting(browser, site) as context:
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(site.url)
        yield page
        assert errors == []
