"""Signing in by a link, and what becomes of a session while it lives."""

import re
from datetime import timedelta

import httpx
import pytest

from agent.identity import codes
from agent.identity.schemas import Grant
from bot.web.pg_desk import LOGIN
from tests.bot.web.conftest import OURS
from tests.bot.web.console.conftest import Console, post
from tests.bot.web.pg_chat import PEPPER
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB

LIVE = """
    SELECT count(*) FROM access_tokens
    WHERE user_id = :user AND revoked_at IS NULL AND replaced_by_id IS NULL
"""
SECOND = "00000000-0000-7000-8000-00000000aaaa"


async def code_of(console: Console, workspace: object = ACME) -> str:
    async with console.world.door() as session:
        return await codes.issue(
            session,
            purpose=LOGIN,
            ttl=timedelta(minutes=15),
            grant=Grant(ANA, workspace),  # type: ignore[arg-type]
            pepper=PEPPER,
        )


async def enter(client: httpx.AsyncClient, code: str, to: str) -> httpx.Response:
    return await client.post("/signin", data={"code": code, "to": to}, headers=OURS)


async def test_the_link_leads_to_the_console_and_works_once(console: Console) -> None:
    stranger = await console.open()
    code = await code_of(console)
    for _ in range(2):  # a preview looks, and uses nothing up
        seen = await stranger.get("/signin", params={"code": code, "to": "console"})
        assert 'name="to" value="console"' in seen.text
    answer = await enter(stranger, code, "console")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert (await stranger.get("/console")).status_code == 200
    again = await enter(await console.open(), code, "console")
    assert again.status_code == 400
    assert "set-cookie" not in again.headers
    assert "Write `console` to Draper" in again.text


@pytest.mark.parametrize(
    "to",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/console", "x", ""],
)
async def test_a_link_leads_nowhere_else(console: Console, to: str) -> None:
    stranger = await console.open()
    seen = await stranger.get("/signin", params={"code": "x", "to": to})
    assert "evil" not in seen.text
    answer = await enter(stranger, await code_of(console), to)
    assert answer.headers["location"] == "/"


async def test_a_sign_in_gives_a_new_token_and_ends_the_one_before(
    console: Console,
) -> None:
    ana = await console.page_of(ANA)
    before = ana.cookies["draper"]
    await enter(ana, await code_of(console), "console")
    ana.cookies.delete("draper", domain="")
    assert ana.cookies["draper"] != before
    old = await console.open(before)
    assert (await old.get("/console")).status_code == 303
    assert await one(console.world.owner, LIVE, user=ANA) == 1


async def test_a_new_role_brings_a_new_token_and_old_pages_must_be_reloaded(
    console: Console,
) -> None:
    bob = await console.page_of(BOB)
    old = bob.cookies["draper"]
    promote = "UPDATE workspace_members SET role = 'admin' WHERE user_id = :user"
    await run(console.world.owner, promote, user=BOB)
    page = await bob.get("/console/members")
    fresh = re.search(r"draper=([^;]+)", page.headers["set-cookie"])
    assert fresh
    assert fresh[1] != old
    assert "HttpOnly" in page.headers["set-cookie"]
    assert "Invite somebody" in page.text
    # The form on the new page fits the new token, not the old one.
    word = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert word
    new = await console.open(fresh[1])
    assert "set-cookie" not in (await new.get("/console")).headers
    form = {"csrf": word[1]}
    stop = "/console/runs/8/stop"
    stale = await (await console.open(old)).post(stop, data=form, headers=OURS)
    assert stale.status_code == 403
    assert (await new.post(stop, data=form, headers=OURS)).status_code == 303


async def test_a_switch_of_workspace_moves_pages_and_token(console: Console) -> None:
    owner = console.world.owner
    made = "INSERT INTO workspaces (id, name, kind) VALUES (:id, 'Second <b>', 'team')"
    await run(owner, made, id=SECOND)
    join = (
        "INSERT INTO workspace_members (workspace_id, user_id, role, display_name)"
        " VALUES (:ws, :user, 'viewer', 'Ana')"
    )
    await run(owner, join, ws=SECOND, user=ANA)
    ana = await console.open()
    await enter(ana, await code_of(console), "console")
    before = ana.cookies["draper"]
    assert "Homepage copy" in (await ana.get("/console/runs")).text
    there = await post(ana, "/console/settings/workspace", name="Second <b>")
    assert there.headers["location"] == "/console?done=switched"
    page = await ana.get("/console")
    assert "Second &lt;b&gt;" in page.text
    assert "Homepage copy" not in page.text
    assert ana.cookies["draper"] != before
    # A link asked for in the first one leads back there, chat and all.
    await enter(ana, await code_of(console), "console")
    assert "Homepage copy" in (await ana.get("/console/runs")).text


async def test_a_browser_is_signed_out_from_another(console: Console) -> None:
    here, there = await console.page_of(ANA), await console.page_of(ANA)
    page = (await here.get("/console/settings")).text
    assert "Firefox on Linux" in page
    end = re.search(r'action="(/console/settings/sessions/[0-9a-f-]{36}/end)"', page)
    assert end
    assert (await post(here, end[1])).headers["location"].endswith("done=ended")
    assert (await there.get("/console")).status_code == 303
    assert (await here.get("/console")).status_code == 200


async def test_signing_out_everywhere_ends_this_browser_too(console: Console) -> None:
    here, there = await console.page_of(ANA), await console.page_of(ANA)
    bob = await console.page_of(BOB)
    answer = await post(here, "/console/settings/sessions/end")
    assert answer.headers["location"].startswith("/signin?")
    assert 'draper=""' in answer.headers["set-cookie"]
    for client in (here, there):
        assert (await client.get("/console")).status_code == 303
    assert (await bob.get("/console")).status_code == 200


async def test_signing_out_ends_this_browser_alone(console: Console) -> None:
    here, there = await console.page_of(ANA), await console.page_of(ANA)
    answer = await post(here, "/console/signout")
    assert 'draper=""' in answer.headers["set-cookie"]
    assert await one(console.world.owner, LIVE, user=ANA) == 1
    assert (await there.get("/console")).status_code == 200
