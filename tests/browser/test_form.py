"""A form inside the chat: by keyboard, with a reader's software, on a phone."""

from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bot.web.desk import Shown
from channels.contract import Kind
from channels.forms import Field, FieldKind, Form
from tests.bot.web.fakes import NOON, FakeDesk
from tests.browser.conftest import Site, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = Form(
    "form:vault.keep",
    "Key",
    (
        Field(
            "provider",
            "Service",
            FieldKind.CHOICE,
            hint="Whose key it is",
            choices=(("anthropic", "Anthropic"), ("openai", "OpenAI")),
        ),
        Field("secret", "Key", FieldKind.SECRET, at_least=12, at_most=512),
        Field("note", "What it is for", FieldKind.LONG, required=False, at_most=500),
        Field("limit", "Limit a month", FieldKind.NUMBER, required=False, at_least=1),
        Field("until", "Good until", FieldKind.DATE, required=False),
        Field("tell", "Tell the team", FieldKind.YES_NO, default="no", required=False),
    ),
    submit="Save",
)
SECRET = "sk-ant-api03-typed-in-a-browser"


def shows(desk: FakeDesk, form: Form | None) -> None:
    one = Shown("d", "000000000", "draper", NOON, html="<p><strong>Key</strong></p>")
    desk.put(one, form=form.to_json() if form else None)


async def test_a_form_is_filled_in_by_keyboard_alone(
    page: Page, desk: FakeDesk
) -> None:
    shows(desk, FORM)
    await page.get_by_label("Service").focus()
    await page.keyboard.type("Open")
    await page.keyboard.press("Tab")
    await page.keyboard.type(SECRET)
    await page.keyboard.press("Enter")
    await expect(
        page.get_by_role("form").get_by_label("Key", exact=True)
    ).to_have_value("")
    [sent] = desk.kept
    assert sent.inbound is not None
    assert (sent.inbound.kind, sent.inbound.pressed) == (Kind.FORM, "d")
    assert sent.inbound.answers == {
        "provider": "openai",
        "secret:secret": SECRET,
        "note": "",
        "limit": "",
        "until": "",
        "tell": "no",
    }


async def test_a_long_form_is_shown_from_its_beginning(
    browser: Browser, site: Site, desk: FakeDesk
) -> None:
    async with visiting(browser, site, viewport={"width": 390, "height": 500}) as at:
        page = await at.new_page()
        await page.goto(site.url)
        await expect(page.get_by_role("textbox")).to_be_visible()
        shows(desk, FORM)
        await expect(page.get_by_label("Service")).to_be_in_viewport()
        await expect(page.get_by_role("button", name="Save")).not_to_be_in_viewport()


async def test_a_secret_is_not_shown_while_it_is_typed(
    page: Page, desk: FakeDesk
) -> None:
    shows(desk, FORM)
    box = page.get_by_role("form").get_by_label("Key", exact=True)
    await expect(box).to_have_attribute("type", "password")
    await expect(box).to_have_attribute("autocomplete", "off")


async def test_what_is_needed_is_asked_for_before_it_is_sent(
    page: Page, desk: FakeDesk
) -> None:
    shows(desk, FORM)
    await page.get_by_role("button", name="Save").click()
    assert desk.kept == []
    await expect(page.get_by_label("Service")).to_be_focused()


async def test_a_fault_is_told_beside_its_field_and_gone_to(
    page: Page, desk: FakeDesk
) -> None:
    shows(desk, FORM)
    await expect(page.get_by_label("Service")).to_be_visible()
    first, second, *rest = FORM.fields
    faulty = replace(second, fault="That is not a whole key of Anthropic.")
    chosen = replace(first, default="anthropic")
    shows(desk, replace(FORM, fields=(chosen, faulty, *rest)))
    box = page.get_by_role("form").get_by_label("Key", exact=True)
    await expect(box).to_be_focused()
    await expect(box).to_have_attribute("aria-invalid", "true")
    described = (await box.get_attribute("aria-describedby") or "").split()
    told = [await page.locator(f"#{one}").text_content() for one in described]
    assert "That is not a whole key of Anthropic." in told
    await expect(page.get_by_label("Service")).to_have_value("anthropic")


async def test_a_form_that_did_not_get_through_can_be_sent_again(
    page: Page, desk: FakeDesk
) -> None:
    shows(desk, FORM)
    desk.refuse_to_keep = True
    await page.get_by_label("Service").select_option("anthropic")
    await page.get_by_role("form").get_by_label("Key", exact=True).fill(SECRET)
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#status")).to_contain_text("could not save")
    desk.refuse_to_keep = False
    await page.get_by_role("button", name="Save").click()
    await expect(
        page.get_by_role("form").get_by_label("Key", exact=True)
    ).to_have_value("")
    assert len(desk.kept) == 1


async def test_a_form_that_is_done_goes(page: Page, desk: FakeDesk) -> None:
    shows(desk, FORM)
    await expect(page.get_by_role("form", name="Key")).to_be_visible()
    shows(desk, None)
    await expect(page.get_by_role("form", name="Key")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
async def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, site: Site, desk: FakeDesk, scheme: str, width: int
) -> None:
    faulty = replace(FORM.fields[1], fault="That is not a whole key of Anthropic.")
    shows(desk, replace(FORM, fields=(FORM.fields[0], faulty, *FORM.fields[2:])))
    looks: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    async with visiting(browser, site, **looks, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(site.url)
        await expect(page.get_by_role("form", name="Key")).to_be_visible()
        await page.wait_for_timeout(300)
        found = await Axe().run(page, context=".form")
        assert found.response["violations"] == []
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
