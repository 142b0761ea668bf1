import json
import re
from base64 import b64decode
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.web.desk import ShownButton, ShownFile
from channels.contract import Kind, OutFile
from tests.bot.web.fakes import CODE, FakeDesk
from tests.browser.conftest import Site, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

RATING = [ShownButton(str(n), f"d:{n}") for n in range(1, 6)]
ASK = "Write homepage copy for Acme, a payroll tool for clinics"
DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
"""A picture of one dot."""
PHONE: Any = {"viewport": {"width": 360, "height": 700}, "is_mobile": True}


async def test_a_message_goes_out_and_the_answer_grows_into_a_finished_piece(
    page: Page, desk: FakeDesk
) -> None:
    await page.get_by_role("button", name=ASK).click()
    await page.keyboard.press("Enter")
    await expect(page.locator(".you .prose")).to_have_text(ASK)
    await expect(page.locator("#welcome")).to_be_hidden()
    draft = page.locator(".draper")
    words = "## Pay day, handled\n\nFriday ends with patients."
    for end in (10, 30):
        desk.say("d", words[:end], working=True)
        await expect(draft.locator("h2")).to_have_text(words[3:end].splitlines()[0])
        await expect(draft).to_have_attribute("aria-busy", "true")
    desk.say("d", words, files=[ShownFile("acme.md", 1200, "/chat/files/f")])
    await expect(draft).to_have_attribute("aria-busy", "false")
    await expect(draft.locator("p")).to_have_text("Friday ends with patients.")
    await expect(draft.get_by_role("button", name="Copy")).to_be_visible()
    [sent] = desk.kept
    assert sent.inbound is not None
    assert sent.inbound.text == ASK
    assert await page.locator(".you").count() == 1


async def test_a_file_downloads_under_its_name(page: Page, desk: FakeDesk) -> None:
    desk.files["f"] = OutFile("acme é homepage.md", "text/markdown", b"# Acme")
    desk.say("d", "Done.", files=[ShownFile("acme é homepage.md", 6, "/chat/files/f")])
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="acme é homepage.md").click()
    download = await waiting.value
    assert download.suggested_filename == "acme é homepage.md"
    assert (await download.path()).read_bytes() == b"# Acme"


async def test_a_picture_is_seen_and_other_files_are_named(
    page: Page, desk: FakeDesk
) -> None:
    desk.files["p"] = OutFile("quality.png", "image/png", DOT)
    shown = [ShownFile("quality.png", len(DOT), "/chat/files/p")]
    desk.say("d", "So good.", files=[*shown, ShownFile("a.md", 6, "/chat/files/f")])
    picture = page.locator(".files img")
    await expect(picture).to_have_count(1)
    await expect(picture).to_have_js_property("naturalWidth", 1)


async def test_a_rating_shows_at_once_and_the_thanks_come_in_place(
    page: Page, desk: FakeDesk
) -> None:
    desk.say("d", "Here it is.", buttons=RATING)
    five = page.get_by_role("group").get_by_role("button", name="5", exact=True)
    await five.click()
    await expect(five).to_have_attribute("aria-pressed", "true")
    desk.say("d", "Here it is.\n\nThank you, 5 of 5.", buttons=[])
    await expect(page.locator(".draper .prose")).to_contain_text("Thank you")
    await expect(page.get_by_role("group")).to_have_count(0)
    [press] = desk.kept
    assert press.inbound is not None
    assert (press.inbound.kind, press.inbound.pressed) == (Kind.PRESS, "d:5")


async def test_enter_sends_and_shift_enter_makes_a_line(
    page: Page, desk: FakeDesk
) -> None:
    box = page.get_by_label("Message to Draper")
    await box.press_sequentially("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    await expect(page.locator(".you .prose")).to_have_text("one\ntwo")
    await expect(box).to_have_value("")
    await expect(page.locator(".you.sending")).to_have_count(0)
    assert desk.kept[0].inbound is not None
    assert desk.kept[0].inbound.text == "one\ntwo"


async def test_a_reload_keeps_history_and_the_unsent_draft(
    page: Page, desk: FakeDesk
) -> None:
    await page.get_by_label("Message to Draper").fill("hello")
    await page.keyboard.press("Enter")
    desk.say("d", "Good morning.")
    await expect(page.locator(".draper")).to_have_count(1)
    await page.get_by_label("Message to Draper").fill("half a thou")
    await page.reload()
    await expect(page.locator(".message .prose")).to_have_text(
        ["hello", "Good morning."]
    )
    await expect(page.get_by_label("Message to Draper")).to_have_value("half a thou")


async def test_a_lost_connection_is_said_and_everything_resumes(
    page: Page, site: Site, desk: FakeDesk
) -> None:
    desk.say("d", "Working", working=True)
    await expect(page.locator(".draper")).to_have_count(1)
    await site.down()
    await expect(page.get_by_role("status")).to_contain_text("Connection lost")
    await page.get_by_label("Message to Draper").fill("sent into the dark")
    await page.keyboard.press("Enter")
    await expect(page.locator(".you .state")).to_contain_text("Not sent yet")
    desk.say("d", "Worked.")
    await site.up()
    await expect(page.locator(".draper .prose")).to_have_text("Worked.")
    await expect(page.get_by_role("status")).to_have_text("")
    await expect(page.locator(".you .state")).to_have_count(0)
    assert [one.inbound.text for one in desk.kept if one.inbound] == [
        "sent into the dark"
    ]
    await expect(page.locator(".you")).to_have_count(1)


async def test_a_model_that_writes_html_gets_text(page: Page, desk: FakeDesk) -> None:
    await page.evaluate("() => { window.hurt = () => { document.title = 'hurt' } }")
    desk.say(
        "d",
        "<script>hurt()</script> <img src=x onerror=hurt()> <svg onload=hurt()>\n\n"
        "[a](javascript:hurt()) ![b](https://example.com/b.png)",
    )
    prose = page.locator(".draper .prose")
    await expect(prose).to_contain_text("<script>hurt()</script>")
    assert await prose.locator("img, script, svg").count() == 0
    links = await prose.locator("a").evaluate_all("all => all.map(a => a.href)")
    assert links == ["https://example.com/b.png"]
    assert await page.title() == "Draper"


async def test_the_policy_lets_no_inline_script_run(page: Page) -> None:
    ran = await page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.inlined = true';
            document.body.append(script);
            return window.inlined === true;
        }"""
    )
    assert ran is False


async def test_the_reader_is_not_pulled_down_while_reading(
    page: Page, desk: FakeDesk
) -> None:
    long = "\n\n".join(f"Paragraph {n}" for n in range(80))
    desk.say("a", long)
    await expect(page.get_by_text("Paragraph 79")).to_be_in_viewport()
    await page.locator("#scroller").evaluate("it => it.scrollTo(0, 0)")
    await page.wait_for_function("document.querySelector('#scroller').scrollTop === 0")
    desk.say("b", "The newest words")
    await page.get_by_role("button", name="New below").click()
    await expect(page.get_by_text("The newest words")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="New below")).to_be_hidden()


async def test_a_long_conversation_does_not_stretch_the_page(
    page: Page, desk: FakeDesk
) -> None:
    for at in range(12):
        await page.locator("#text").fill(f"piece {at}")
        await page.keyboard.press("Enter")
        await page.get_by_text(f"piece {at}", exact=True).first.wait_for()
        desk.say(f"d{at}", f"answer {at}")
        await page.get_by_text(f"answer {at}", exact=True).wait_for()
    column = await page.evaluate("document.querySelector('#scroller').scrollHeight")
    sheet = await page.evaluate("document.documentElement.scrollHeight")
    assert sheet <= await page.evaluate("innerHeight") < column


async def test_a_message_too_long_is_refused_with_its_count(
    page: Page, desk: FakeDesk
) -> None:
    await page.get_by_label("Message to Draper").fill("é" * 40_001)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("40,001 characters")
    assert desk.kept == []


async def test_a_sign_in_link_on_this_machine_opens_the_chat(
    browser: Browser, site: Site, desk: FakeDesk
) -> None:
    desk.sessions.clear()
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.url}/signin?code={CODE}")
    await expect(page.get_by_label("Message to Draper")).to_be_focused()
    cookie = (await context.cookies())[0]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("alert")).to_have_text("You are signed out.")
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_it_all_without_scrolling_sideways(
    browser: Browser, site: Site, desk: FakeDesk, scheme: str
) -> None:
    desk.say(
        "d",
        f"| a | b |\n|--|--|\n| {'wide ' * 60} | {'x' * 90} |\n\n```\n{'y' * 200}\n```",
        buttons=RATING,
        files=[ShownFile("f" * 80 + ".md", 10, "/chat/files/f")],
    )
    async with visiting(browser, site, color_scheme=scheme, **PHONE) as context:
        page = await context.new_page()
        await page.goto(site.url)
        await expect(page.get_by_role("button", name="5")).to_be_in_viewport()
        for part in ("html", "#scroller"):
            wide = await page.locator(part).evaluate("it => it.scrollWidth")
            assert wide <= PHONE["viewport"]["width"]
        paper, ink = await page.locator("body").evaluate(
            "it => [getComputedStyle(it).backgroundColor, getComputedStyle(it).color]"
        )
        assert (_light(paper) > _light(ink)) is (scheme == "light")


def _light(colour: str) -> int:
    return sum(json.loads(f"[{re.sub('[^0-9,]', '', colour)}]"))
