"""Files handed over by the page, before the message that they go with."""

import asyncio
from uuid import UUID

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from channels.contract import Attachment
from tests.bot.web.fakes import FakeDesk

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE_ID = str(UUID(int=77))
BRIEF: FilePayload = {
    "name": "brief.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7",
}
BIG: FilePayload = {"name": "big.mov", "mimeType": "", "buffer": b"x"}
TOO_BIG = "big.mov: it is larger than 20 MB. Please send less of it."


async def takes(route: Route) -> None:
    assert b'filename="brief.pdf"' in (route.request.post_data_buffer or b"")
    assert route.request.headers["x-csrf-token"]
    await asyncio.sleep(0.1)
    await route.fulfill(
        status=201, json={"id": FILE_ID, "name": "brief.pdf", "size_bytes": 8}
    )


async def test_a_file_goes_with_the_next_message_without_a_word(
    page: Page, desk: FakeDesk
) -> None:
    await page.route("**/chat/uploads", takes)
    send = page.get_by_role("button", name="Send", exact=True)
    await expect(send).to_be_disabled()
    await page.locator("#pick").set_input_files([BRIEF])
    chosen = page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await expect(chosen).to_contain_text("brief.pdf")
    await expect(send).to_be_enabled()
    await send.click()
    await expect(chosen).to_have_count(0)
    await expect(page.locator(".you .prose")).to_have_count(1)
    [kept] = desk.kept
    assert kept.inbound is not None
    assert kept.inbound.text == ""
    assert kept.inbound.attachments == (Attachment(FILE_ID, name="brief.pdf"),)
    await page.get_by_label("Message to Draper").fill("and now without")
    await page.keyboard.press("Enter")
    await expect(page.locator(".you .prose")).to_have_count(2)
    assert desk.kept[1].inbound is not None
    assert desk.kept[1].inbound.attachments == ()


async def test_a_file_can_be_taken_back_and_one_too_big_is_said(
    page: Page, desk: FakeDesk
) -> None:
    await page.route("**/chat/uploads", takes)
    await page.locator("#pick").set_input_files([BRIEF])
    chosen = page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await page.get_by_role("button", name="Remove brief.pdf").click()
    await expect(chosen).to_have_count(0)

    async def refuses(route: Route) -> None:
        await route.fulfill(status=413, json={"said": TOO_BIG})

    await page.route("**/chat/uploads", refuses)
    await page.locator("#pick").set_input_files([BIG])
    await expect(page.get_by_role("status")).to_have_text(TOO_BIG)
    await expect(chosen).to_have_count(0)
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    assert desk.kept == []
