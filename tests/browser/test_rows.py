"""The page over the real desk: what is written to the database appears in Chromium."""

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.ears import Ears, connector
from bot.web.pg_desk import PgDesk
from channels.contract import Received
from db.server_bootstrap import Urls
from tests.bot.web.pg_chat import Backing, Chat, Shelf, begun, code_for
from tests.browser.conftest import Site
from tests.conftest import connected, copied

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def chat(server: Urls, template: Urls) -> AsyncIterator[Chat]:
    """A desk of its own database, in the browser's event loop."""

    async def keep(received: Sequence[Received]) -> None:
        for one in received:
            assert one.inbound is not None
            await made.hears(one.inbound.text, one.inbound.message_id)

    async with (
        copied(server, template) as urls,
        connected(urls.app) as app,
        connected(urls.system) as system,
        connected(urls.owner) as owner,
    ):
        ears = Ears(connector(urls.app))
        made = await begun(PgDesk(Backing(app, system, Shelf()), ears, keep), owner)
        yield made
        await ears.close()


async def test_a_person_signs_in_asks_and_watches_the_rows_change(
    browser: Browser, chat: Chat
) -> None:
    site = Site(chat.pg)
    await site.up()
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.url}/signin?code={await code_for(chat.pg)}")
    await page.get_by_label("Message to Draper").fill("Write copy")
    await page.keyboard.press("Enter")
    await expect(page.locator(".you .prose")).to_have_text("Write copy")
    await expect(page.locator(".you.sending")).to_have_count(0)
    row = await chat.says("", placeholder="On it.")
    draft = page.locator(".draper")
    await expect(draft).to_have_attribute("aria-busy", "true")
    await chat.streams(row, "Pay day,")
    await expect(draft.locator(".prose").first).to_have_text("Pay day,")
    await chat.finishes(row, "Pay day, **handled**.")
    await expect(draft.locator("strong")).to_have_text("handled")
    await expect(draft).to_have_attribute("aria-busy", "false")
    await page.reload()
    await expect(page.locator(".message .prose")).to_have_text(
        ["Write copy", "Pay day, handled."]
    )
    await context.close()
    await site.down()
