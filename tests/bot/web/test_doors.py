import re

import httpx
import pytest
from fastapi import APIRouter

from bot.web.app import create_app
from tests.bot.web.conftest import HOME, OURS, PROOF
from tests.bot.web.fakes import CODE, TOKEN, FakeDesk, Still

POSTS = ["/chat/messages", "/chat/press", "/signout"]
READS = ["/chat/stream", "/chat/history?before=x", "/chat/files/d:0", "/chat/me"]


@pytest.mark.parametrize("path", READS)
async def test_a_stranger_reads_nothing(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 401


@pytest.mark.parametrize("path", POSTS)
async def test_a_stranger_does_nothing(
    stranger: httpx.AsyncClient, desk: FakeDesk, path: str
) -> None:
    assert (await stranger.post(path, headers=PROOF, json={})).status_code == 401
    assert desk.kept == []


@pytest.mark.parametrize("path", [*POSTS, "/signin"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
        {"origin": HOME, "sec-fetch-site": "same-site"},
        {"origin": HOME, "sec-fetch-site": "none"},
    ],
)
async def test_another_site_cannot_act_for_the_person(
    ana: httpx.AsyncClient, desk: FakeDesk, path: str, headers: dict[str, str]
) -> None:
    answer = await ana.post(path, headers={**PROOF, **headers})
    assert answer.status_code == 403
    assert (TOKEN in desk.sessions, desk.kept, CODE in desk.codes) == (True, [], True)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("word", ["", "0" * 64, "é"])
async def test_a_post_without_the_sessions_word_is_refused(
    ana: httpx.AsyncClient, path: str, word: str
) -> None:
    del ana.headers["x-csrf-token"]
    wrong = {b"x-csrf-token": word.encode()}
    assert (await ana.post(path, headers=wrong, json={})).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8000", "[::1", "", "10.0.0.5"]
)
async def test_a_rebound_name_is_not_answered(
    ana: httpx.AsyncClient, host: str
) -> None:
    answer = await ana.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "PUBLIC_URL" in answer.text


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
async def test_every_name_of_this_machine_is_answered(
    ana: httpx.AsyncClient, host: str
) -> None:
    assert (await ana.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/signin", "/static/chat.js", "/chat/me"])
async def test_every_answer_carries_the_policy(
    ana: httpx.AsyncClient, path: str
) -> None:
    headers = (await ana.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy


async def test_the_pages_hold_no_inline_code_and_ask_nobody_else(
    ana: httpx.AsyncClient,
) -> None:
    for path in ("/", f"/signin?code={CODE}", "/signin"):
        page = (await ana.get(path)).text
        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"\son\w+\s*=", page)
        assert "//" not in page


async def test_looking_at_a_sign_in_link_does_not_use_it_up(
    stranger: httpx.AsyncClient, desk: FakeDesk
) -> None:
    for _ in range(3):
        seen = await stranger.get("/signin", params={"code": CODE})
        assert seen.status_code == 200
        await stranger.head("/signin", params={"code": CODE})
    assert CODE in desk.codes
    entered = await stranger.post("/signin", data={"code": CODE}, headers=OURS)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert (await stranger.get("/")).status_code == 200


async def test_a_used_link_says_how_to_get_another(
    stranger: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.codes.clear()
    answer = await stranger.post("/signin", data={"code": CODE}, headers=OURS)
    assert answer.status_code == 400
    assert "draper link" in answer.text
    assert "set-cookie" not in answer.headers


async def test_too_many_tries_are_asked_to_wait(
    stranger: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.too_many = True
    answer = await stranger.post("/signin", data={"code": CODE}, headers=OURS)
    assert answer.status_code == 429
    assert "Wait a minute" in answer.text


async def test_a_code_is_shown_back_as_text(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/signin", params={"code": '"><script>x()</script>'})
    assert "<script>x()" not in page.text


async def test_signing_out_ends_the_session(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await ana.post("/signout")
    assert answer.status_code == 204
    assert 'draper=""' in answer.headers["set-cookie"]
    assert desk.sessions == {}
    assert (await ana.get("/")).headers["location"] == "/signin"


async def test_a_page_served_over_tls_gets_a_secure_cookie_of_that_host_alone() -> None:
    public = "https://chat.example.com"
    transport = httpx.ASGITransport(create_app(FakeDesk(), Still(), public_url=public))
    async with httpx.AsyncClient(transport=transport, base_url=public) as client:
        answer = await client.post(
            "/signin", data={"code": CODE}, headers={"origin": public}
        )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-draper=")
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in cookie


async def test_machines_reach_their_own_paths_under_any_name(desk: FakeDesk) -> None:
    extra = APIRouter()
    extra.add_api_route("/healthz", lambda: {"ok": True})
    transport = httpx.ASGITransport(create_app(desk, Still(), routers=[extra]))
    async with httpx.AsyncClient(transport=transport, base_url="http://10.1.2.3") as it:
        assert (await it.get("/healthz")).json() == {"ok": True}
        assert (await it.get("/signin")).status_code == 421
