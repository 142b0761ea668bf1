"""A live answer in a real browser, from the real app: its line, its Stop, its lag."""

import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from db.server_bootstrap import Urls
from tests.conftest import copied
from tests.scenarios.house import House, opened, surroundings
from tests.standins.anthropic import Reply

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = "write homepage copy for Acme, a payroll tool for clinics"
WORDS, LATEST_S = 100, 1.0
WATCH = """
    window.seen = {};
    new MutationObserver(() => {
        for (const word of document.body.innerText.match(/\\bw\\d+\\b/g) ?? [])
            window.seen[word] ??= Date.now() / 1000;
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
"""


@pytest_asyncio.fixture(loop_scope="session")
async def house(
    server: Urls, bare_template: Urls, tmp_path: Path
) -> AsyncIterator[House]:
    async with (
        copied(server, template=bare_template) as urls,
        surroundings() as outside,
        opened(urls, tmp_path / "home", outside, write_pause_s=None) as house,
    ):
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, house: House) -> AsyncIterator[Page]:
    """The chat, signed in to by the link."""
    code = await house.code("login", await house.enrol())
    context = await browser.new_context(base_url=house.url)
    page = await context.new_page()
    await page.goto(f"/signin?code={code}")
    await page.wait_for_url(f"{house.url}/")
    await expect(page.get_by_role("textbox")).to_be_visible()
    yield page
    await context.close()


async def asked(page: Page, house: House, words: int, pace_s: float) -> Reply:
    reply = Reply(" ".join(f"w{n}" for n in range(words)), piece_words=1, pace_s=pace_s)
    house.claude.script(reply)
    await page.evaluate(WATCH)
    await page.get_by_role("textbox").fill(ASK)
    await page.keyboard.press("Enter")
    return reply


async def test_words_are_seen_within_a_second_of_being_written(
    page: Page, house: House
) -> None:
    reply = await asked(page, house, WORDS, 0.03)
    answer = page.locator(".draper").last
    await expect(answer.locator(".prose").first).to_contain_text("w3")
    await expect(answer.locator(".note")).to_contain_text("Working on it")
    await expect(answer.get_by_role("button", name="Stop")).to_be_visible()
    await expect(answer).to_have_attribute("aria-busy", "false")
    await expect(answer.locator(".note")).not_to_contain_text("Working on it")
    seen: dict[str, Any] = await page.evaluate("window.seen")
    since = time.time() - time.monotonic()
    late = [seen[f"w{n}"] - at - since for n, at in enumerate(reply.sent_at[-WORDS:])]
    assert statistics.quantiles(late, n=20)[-1] <= LATEST_S
    await house.rests()


async def test_stop_keeps_what_was_written_and_offers_it_again(
    page: Page, house: House
) -> None:
    await asked(page, house, 2000, 0.02)
    answer = page.locator(".draper").last
    await expect(answer.locator(".prose").first).to_contain_text("w9")
    await answer.get_by_role("button", name="Stop").click()
    await expect(answer.locator(".note")).to_contain_text("Stopped")
    await expect(answer.locator(".prose").first).to_contain_text("w9")
    await house.rests()
    await answer.get_by_role("button", name="Again").click()
    await expect(answer).to_contain_text("You asked for", timeout=10_000)
    await house.rests()
