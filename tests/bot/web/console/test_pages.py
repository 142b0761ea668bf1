"""Each page for each role: what it shows, what it hides, and that none of it acts."""

import re
from html.parser import HTMLParser
from uuid import UUID

import httpx
import pytest

from tests.agent.catalog.taught import add_lessons, judge
from tests.bot.web.console.conftest import Console
from tests.bot.web.console.furnished import OUTPUT, ident
from tests.db.asking import run
from tests.seeds import ANA, BOB, EVE, RIVAL

PATHS = (
    *("/console", "/console/runs", "/console/runs/1", "/console/runs/3"),
    *("/console/runs/5", "/console/runs/6", "/console/runs?status=alive"),
    *("/console/outputs", "/console/outputs?title=friday", "/console/skills"),
    *("/console/clients", "/console/clients?archived=1", "/console/clients/{brand}"),
    *("/console/clients/{brand}/versions/1", "/console/members", "/console/keys"),
    *("/console/audit", "/console/audit?who=Ana", "/console/settings"),
    *("/console/usage", "/console/usage?month=2026-10"),
    *("/console/skills/copywriting", "/console/skills/seo-audit"),
    f"/console/outputs/{ident(OUTPUT, 0)}",
)
ROLES = {"owner": ANA, "member": BOB, "viewer": BOB, "admin": BOB}


async def browser(console: Console, role: str) -> httpx.AsyncClient:
    if role not in {"owner", "member"}:
        change = "UPDATE workspace_members SET role = :role WHERE user_id = :user"
        await run(console.world.owner, change, role=role, user=BOB)
    return await console.page_of(ROLES[role])


@pytest.mark.parametrize("role", ROLES)
async def test_every_page_opens_for_whoever_may_see_it(
    console: Console, role: str
) -> None:
    client = await browser(console, role)
    for path in PATHS:
        answer = await client.get(path.format(brand=console.brand))
        needs_more = role == "viewer" and path.startswith("/console/audit")
        assert answer.status_code == (403 if needs_more else 200), (path, answer.text)
        assert answer.headers["cache-control"] == "no-store"
        harmless(answer.text, path)


class Acting(HTMLParser):
    """Notes what in a page would act: code, handlers, styles, frames, foreign files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        source = given.get("src") or ""
        if tag in {"img", "iframe", "object", "embed", "style", "base"}:
            self.found.append(tag)
        if tag == "script" and not source.startswith("/static/"):
            self.found.append(f"script {source}")
        self.found += [n for n in given if n.startswith("on") or n == "style"]
        if (given.get("href") or "").lower().startswith(("javascript:", "data:")):
            self.found.append(str(given["href"]))


def harmless(html: str, path: str) -> None:
    """Nobody's words became markup, and nothing in the page is inline code."""
    looking = Acting()
    looking.feed(html)
    assert looking.found == [], path
    assert "<script>alert" not in html, path
    assert "onerror=alert(1)&gt;49" not in html, path


async def test_what_is_private_or_of_others_is_not_there(console: Console) -> None:
    ana, bob = await console.page_of(ANA), await console.page_of(BOB)
    assert "bobs secret" in (await bob.get("/console/runs")).text
    for path in ("/console", "/console/runs", "/console/runs?person=Bob"):
        page = (await ana.get(path)).text
        assert "bobs secret" not in page
        assert "rivals secret" not in page
    for number, client in ((40, ana), (41, ana), (41, bob)):
        answer = await client.get(f"/console/runs/{number}")
        assert answer.status_code == 404
        assert "secret" not in answer.text


async def test_nothing_of_it_is_kept_framed_or_run_from_elsewhere(
    console: Console,
) -> None:
    ana = await console.page_of(ANA)
    for path in ("/console", "/console/runs/1", "/console/runs/999"):
        headers = (await ana.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
    rebound = await ana.get("/console", headers={"host": "evil.example"})
    assert rebound.status_code == 421


async def test_another_workspace_sees_none_of_it(console: Console) -> None:
    eve = await console.page_of(EVE, RIVAL)
    for path in PATHS:
        answer = await eve.get(path.format(brand=console.brand))
        assert "Payroll" not in answer.text
        assert "Homepage" not in answer.text
        assert answer.status_code in {200, 404}, path
    answer = await eve.get(f"/console/outputs/{ident(OUTPUT, 0)}/file")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/console/runs/x", "/console/runs/99", "/console/clients/1"),
        *(f"/console/clients/{UUID(int=5)}", f"/console/outputs/{UUID(int=5)}/file"),
        *("/console/runs?cursor=x", "/console/nowhere", "/console/runs/99999999999999"),
    ],
)
async def test_an_address_that_is_none_gets_a_kind_page(
    console: Console, path: str
) -> None:
    ana = await console.page_of(ANA)
    answer = await ana.get(path, headers={"accept": "text/html"})
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>" in answer.text


async def test_a_stranger_is_led_to_the_door(console: Console) -> None:
    stranger = await console.open()
    for path in PATHS:
        answer = await stranger.get(path.format(brand=console.brand))
        assert answer.status_code == 303
        assert answer.headers["location"] == "/signin?to=console"


async def test_filters_narrow_and_pages_join_without_gap_or_repeat(
    console: Console,
) -> None:
    ana = await console.page_of(ANA)

    async def numbers(query: str) -> list[int]:
        page = (await ana.get(f"/console/runs{query}")).text
        return [int(n) for n in re.findall(r'href="/console/runs/(\d+)"', page)]

    assert await numbers("") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await numbers("?status=failed") == [3]
    assert await numbers("?status=alive") == [8, 7, 6]
    assert await numbers("?skill=cold-email") == [6, 2]
    assert await numbers("?skill=assistant") == [8]
    assert await numbers("?person=bob") == [7, 5, 3, 1]
    assert await numbers("?client=acme&status=completed") == [5, 2]
    assert await numbers("?client=%25") == []


async def test_a_piece_is_shown_whole_and_comes_as_a_file(console: Console) -> None:
    ana = await console.page_of(ANA)
    page = (await ana.get("/console/runs/1")).text
    assert "<td>12 minutes</td>" in page
    assert "<h3>Payroll that lets you go home</h3>" in page
    file = await ana.get(f"/console/outputs/{ident(OUTPUT, 0)}/file")
    assert file.text.startswith("# Payroll")
    assert file.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("wanted", "kind", "begins"),
    [
        ("docx", "application/vnd.openxml", b"PK"),
        ("html", "text/html", b"<!doctype html>"),
        ("csv", "text/csv", b"\xef\xbb\xbf"),
    ],
)
async def test_a_piece_can_be_had_as_each_file_its_page_offers(
    console: Console, wanted: str, kind: str, begins: bytes
) -> None:
    ana = await console.page_of(ANA)
    here = f"/console/outputs/{ident(OUTPUT, 0)}"
    assert f'href="{here}/file?as={wanted}"' in (await ana.get(here)).text
    file = await ana.get(f"{here}/file?as={wanted}")
    assert file.headers["content-type"].startswith(kind)
    assert file.headers["content-disposition"].endswith(f".{wanted}")
    assert file.content.startswith(begins)
    none = await ana.get(f"{here}/file?as=json")
    assert none.status_code == 422
    assert "no data to give as JSON" in none.text


async def test_skills_say_how_sure_their_score_is(console: Console) -> None:
    await add_lessons(console.world)
    page = (await (await console.page_of(ANA)).get("/console/skills")).text
    assert re.search(r'role="img" aria-label="Mean \d\.\d of 5, likely between', page)
    assert 'aria-label="Weekly means, oldest first: ' in page
    assert "Nobody has scored it yet." in page


async def test_a_skills_page_keeps_its_sources_apart(console: Console) -> None:
    await judge(console.world)
    await add_lessons(console.world)
    ana, bob = await console.page_of(ANA), await console.page_of(BOB)
    page = (await ana.get("/console/skills/copywriting")).text
    for said in (
        *("What people gave", "What people found wrong", "Too formal."),
        *("<code>C01</code> Name a price.", "1 of 1", "sent back with a wish"),
        *("a judge model", "A rule waits for a decision", "Name a *price* early."),
        *("1.2.0 against 1.2.0", "1.2.0 did better.", "in force"),
    ):
        assert said in page, said
    tested = (await ana.get("/console/skills/cold-email")).text
    assert "Not enough yet, and with " in tested, "as the chat says it"
    assert "/console/skills/copywriting/accept" in page
    colleagues = (await bob.get("/console/skills/copywriting")).text
    assert "A rule waits for a decision" in colleagues
    assert "/console/skills/copywriting/accept" not in colleagues
    assert (await ana.get("/console/skills/juggling")).status_code == 404


async def test_viewers_are_offered_nothing_that_they_may_not_do(
    console: Console,
) -> None:
    viewer = await browser(console, "viewer")
    for path in (
        "/console/runs/1",
        f"/console/clients/{console.brand}",
        "/console/members",
    ):
        page = (await viewer.get(path)).text
        forms = set(re.findall(r'<form method="post" action="([^"]+)"', page))
        assert forms == {"/console/signout"}, path
    assert "/console/audit" not in (await viewer.get("/console")).text
