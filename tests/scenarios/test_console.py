"""The console's link, asked for in a chat and opened in a browser."""

import re

import httpx

from tests.scenarios.house import House
from tests.scenarios.people import Seen

LINK = re.compile(r"http://127\.0\.0\.1:\d+/signin\?to=console&code=([A-Z0-9-]+)")


def link_in(seen: Seen) -> re.Match[str]:
    found = LINK.search(seen.text.replace("&amp;", "&"))
    assert found, seen
    return found


async def test_a_link_asked_for_in_private_opens_the_console_once(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    await ana.writes("open the console")
    link = link_in(await ana.sees("way into the console", "works once"))
    async with httpx.AsyncClient(base_url=house.url) as browser:
        looked = await browser.get(link[0])
        assert "Open the console" in looked.text
        form = {"code": link[1], "to": "console"}
        headers = {"origin": house.url}
        entered = await browser.post("/signin", data=form, headers=headers)
        assert entered.headers["location"] == "/console"
        page = await browser.get("/console")
        assert page.status_code == 200
        assert "Nothing was asked for yet." in page.text
        browser.cookies.clear()
        again = await browser.post("/signin", data=form, headers=headers)
        assert again.status_code == 400
    await house.rests()
    kept = "SELECT count(*) FROM deliveries WHERE payload::text LIKE :code"
    assert await house.asks(kept, code=f"%{link[1]}%") == 0


async def test_in_a_group_there_is_no_link(house: House) -> None:
    bob = await house.member("telegram", house.group("telegram"))
    await bob.writes("/console@draper_bot")
    seen = await bob.sees("for you alone", "private chat")
    assert not LINK.search(seen.text)


async def test_every_way_to_say_it_is_heard(house: House) -> None:
    for said in ("/console", "/web", "console", "Show me the dashboard!"):
        ana = await house.member("telegram")
        await ana.writes(said)
        await ana.sees("way into the console")


async def test_on_the_page_one_is_signed_in_already(house: House) -> None:
    ana = await house.member("web")
    await ana.writes("console")
    await ana.sees("signed in already")
