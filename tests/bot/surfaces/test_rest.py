"""REST: keys and nothing else open it; what is refused says why, and does nothing."""

import asyncio
import json
from typing import Any
from uuid import uuid1

import httpx
import pytest

from agent.identity.key_operations import revoke_key
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE
from tests.bot.surfaces.conftest import Api
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB

PROBLEM = "application/problem+json"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, which is of this status and code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["code"] == code, told
    assert told["type"] == f"/v1/#{code}"
    assert told["detail"]
    assert told["request_id"] == answer.headers["request-id"]
    assert "Traceback" not in answer.text
    return told


async def test_a_key_opens_what_its_person_may(api: Api, ana: str) -> None:
    answer = await api.post("runs.status", ana)
    assert answer.status_code == 200, answer.text
    assert answer.json()["workspace"] == "Acme"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_only_reads_can_be_had_by_get(api: Api, ana: str) -> None:
    answer = await api.http.get(
        "/v1/runs.list?limit=5", headers={"authorization": f"Bearer {ana}"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"lines": [], "next_cursor": ""}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer dk_0123456789ab_" + "a" * 40,
        "Basic ZGs6ZGs=",
        "dk_0123456789ab_" + "a" * 40,
    ],
)
async def test_without_a_live_key_nothing_is_told(api: Api, header: str) -> None:
    headers = {"authorization": header} if header else {}
    answer = await api.http.post("/v1/runs.status", json={}, headers=headers)
    told = problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "key" in told["hint"]


async def test_a_key_in_the_address_opens_nothing(api: Api, ana: str) -> None:
    for name in ("key", "api_key", "access_token", "token"):
        answer = await api.http.get(f"/v1/runs.status?{name}={ana}")
        problem(answer, 401, "unauthorized")


async def test_two_keys_at_once_open_nothing(api: Api, ana: str) -> None:
    headers = [("authorization", f"Bearer {ana}"), ("authorization", f"Bearer {ana}")]
    answer = await api.http.post("/v1/runs.status", json={}, headers=headers)
    problem(answer, 401, "unauthorized")


async def test_a_revoked_key_ends_at_once_and_its_use_is_written_down(
    api: Api, ana: str
) -> None:
    assert (await api.post("runs.status", ana)).status_code == 200
    await api.world.call(revoke_key, AS_ANA, name="test")
    for _ in range(2):
        problem(await api.post("runs.status", ana), 401, "unauthorized")
    told = await run(
        api.world.owner,
        "SELECT category, after->>'what' AS what, actor_id FROM events"
        " WHERE type = 'identity.key_refused'",
    )
    assert [tuple(row) for row in told] == [("secret", "revoked", ANA)]


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("UPDATE access_tokens SET expires_at = now() - interval '1 s'", "expired"),
        (
            "DELETE FROM workspace_members WHERE user_id = CAST(:bob AS uuid)",
            "no longer a member",
        ),
    ],
)
async def test_a_key_ends_with_its_time_and_its_membership(
    api: Api, end: str, why: str
) -> None:
    key = await api.key(AS_BOB)
    assert (await api.post("runs.status", key)).status_code == 200
    await run(api.world.owner, end, **({"bob": BOB} if ":bob" in end else {}))
    problem(await api.post("runs.status", key), 401, "unauthorized")
    said = "SELECT after->>'what' FROM events WHERE type = 'identity.key_refused'"
    assert await one(api.world.owner, said) == why


async def test_a_key_ends_when_its_account_is_closed(api: Api) -> None:
    key = await api.key(AS_BOB)
    await run(
        api.world.owner, "UPDATE users SET is_active = false WHERE id = :bob", bob=BOB
    )
    problem(await api.post("runs.status", key), 401, "unauthorized")


async def test_a_key_never_stands_higher_than_its_person_does_now(api: Api) -> None:
    key = await api.key(AS_BOB)
    await run(
        api.world.owner,
        "UPDATE workspace_members SET role = 'viewer' WHERE user_id = :bob",
        bob=BOB,
    )
    problem(await api.post("runs.cancel", key, {"number": 1}), 403, "forbidden")


@pytest.mark.parametrize(
    ("scopes", "operation", "status"),
    [
        ("*", "runs.cancel", 404),
        ("read", "runs.list", 200),
        ("read", "runs.cancel", 403),
        ("runs:*", "runs.cancel", 404),
        ("runs:read", "runs.list", 200),
        ("runs:read", "runs.cancel", 403),
        ("clients:*", "runs.list", 403),
        ("write, clients:read", "runs.cancel", 404),
    ],
)
async def test_a_key_does_what_its_scopes_say(
    api: Api, scopes: str, operation: str, status: int
) -> None:
    key = await api.key(scopes=scopes)
    answer = await api.post(operation, key)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "scope" in answer.json()["hint"]


async def test_the_first_use_of_a_key_is_written_down_once(api: Api, ana: str) -> None:
    for _ in range(3):
        await api.post("runs.status", ana, user_agent="zap/1")
    told = await run(
        api.world.owner,
        "SELECT category, host(ip_address), user_agent FROM events"
        " WHERE type = 'identity.key_first_used'",
    )
    assert [tuple(row) for row in told] == [("secret", "127.0.0.1", "zap/1")]
    used = await one(api.world.owner, "SELECT last_used_at FROM access_tokens")
    await api.post("runs.status", ana)
    again = await one(api.world.owner, "SELECT last_used_at FROM access_tokens")
    assert used is not None
    assert used == again  # at most once a minute


async def test_a_change_says_where_it_came_from(api: Api, ana: str) -> None:
    answer = await api.post("runs.start", ana, {"brief": "Hello"}, user_agent="zap/1")
    assert answer.status_code == 202, answer.text
    [row] = await run(
        api.world.owner,
        "SELECT metadata->>'channel', host(ip_address), user_agent FROM events"
        " WHERE type = 'runs.start'",
    )
    assert tuple(row) == ("api", "127.0.0.1", "zap/1")


async def test_long_work_is_accepted_and_its_place_is_told(api: Api, ana: str) -> None:
    answer = await api.post("runs.start", ana, {"brief": "Hello"})
    assert answer.status_code == 202, answer.text
    found = await api.http.get(
        answer.headers["location"], headers={"authorization": f"Bearer {ana}"}
    )
    assert found.json()["number"] == answer.json()["number"]
    assert found.json()["asked"] == "Hello"


@pytest.mark.parametrize(
    "path", ["runs.nothing", "identity.new_key", "runs.approve_call"]
)
async def test_what_is_not_offered_is_not_there(api: Api, ana: str, path: str) -> None:
    problem(await api.post(path, ana), 404, "no_such_operation")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "runs.start"),
        ("POST", "openapi.json"),
        *((m, "runs.list") for m in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")),
    ],
)
async def test_a_method_that_is_not_for_this_names_those_that_are(
    api: Api, ana: str, method: str, path: str
) -> None:
    headers = {"authorization": f"Bearer {ana}"}
    answer = await api.http.request(method, f"/v1/{path}", headers=headers)
    problem(answer, 405, "wrong_method")
    assert method not in answer.headers["allow"].split(", ")


def nested(depth: int) -> bytes:
    return b'{"number": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b'{"number": 1,}', 400, "malformed"),
        (nested(100_000), 400, "malformed"),
        (b"[" * 200_000, 400, "malformed"),
        (b"[]", 422, "bad_shape"),
        (b"null", 422, "bad_shape"),
        (b'"number"', 422, "bad_shape"),
        (nested(20), 422, "bad_shape"),
        (b'{"number": "1"}', 422, "bad_shape"),
        (b'{"number": 1.5}', 422, "bad_shape"),
        (b'{"number": true}', 422, "bad_shape"),
        (b'{"number": -1}', 422, "bad_shape"),
        (b'{"number": 1e400}', 422, "bad_shape"),
        (b'{"number": NaN}', 422, "bad_shape"),
        (b'{"number": ' + b"9" * 5000 + b"}", 400, "malformed"),
        (b'{"nummer": 1}', 422, "bad_shape"),
        (b'{"run_id": "1"}', 422, "bad_shape"),
        (b'{"workspace_id": "00000000-0000-7000-8000-00000000ac3e"}', 422, "bad_shape"),
        (b'{"number": 1, "x": "' + b"a" * 600_000 + b'"}', 413, "too_large"),
    ],
    ids=lambda given: str(given)[:30],
)
async def test_what_does_not_fit_is_refused_and_never_repeated(
    api: Api, ana: str, body: bytes, status: int, code: str
) -> None:
    answer = await api.http.post(
        "/v1/runs.show",
        content=body,
        headers={
            "authorization": f"Bearer {ana}",
            "content-type": "application/json",
        },
    )
    told = problem(answer, status, code)
    if code == "bad_shape":
        assert all(each["pointer"].startswith("/") for each in told["errors"])
    assert len(answer.content) < 2000


async def test_a_body_that_lies_about_its_length_is_cut_off(api: Api, ana: str) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 65_536

    answer = await api.http.post(
        "/v1/runs.show",
        content=endless(),
        headers={"authorization": f"Bearer {ana}", "content-type": "application/json"},
    )
    problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"],
)
async def test_only_json_is_read(api: Api, ana: str, kind: str) -> None:
    headers = {"authorization": f"Bearer {ana}"}
    headers |= {"content-type": kind} if kind else {}
    answer = await api.http.post("/v1/runs.show", content=b"{}", headers=headers)
    problem(answer, 415, "wrong_content_type")


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
async def test_a_character_that_is_none_is_refused(
    api: Api, ana: str, text: str
) -> None:
    answer = await api.post("runs.start", ana, {"brief": text})
    problem(answer, 422, "bad_input")
    halved = b'{"brief": "\\ud800"}'
    answer = await api.http.post(
        "/v1/runs.start",
        content=halved,
        headers={"authorization": f"Bearer {ana}", "content-type": "application/json"},
    )
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "query",
    ["limit=x", "limit=0", "limit=101", "limit=1&limit=2", "number=1", "limit=%ff&x"],
)
async def test_a_query_is_read_as_strictly(api: Api, ana: str, query: str) -> None:
    answer = await api.http.get(
        f"/v1/runs.list?{query}", headers={"authorization": f"Bearer {ana}"}
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == PROBLEM


async def test_lists_come_in_pages_and_garbled_cursors_are_refused(
    api: Api, ana: str
) -> None:
    for n in range(5):
        await api.post("runs.start", ana, {"brief": f"Piece {n}"})
    seen, cursor = [], ""
    while True:
        page = (await api.post("runs.list", ana, {"limit": 2, "cursor": cursor})).json()
        seen += [line["number"] for line in page["lines"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [5, 4, 3, 2, 1]
    told = problem(
        await api.post("runs.list", ana, {"cursor": "nonsense"}), 422, "bad_cursor"
    )
    assert "next_cursor" in told["hint"]


async def test_the_quotas_are_told_and_held(api: Api, ana: str) -> None:
    answer = await api.post("runs.status", ana)
    assert answer.headers["ratelimit-policy"] == (
        '"key";q=1200;w=60, "workspace";q=6000;w=60'
    )
    left = answer.headers["ratelimit"]
    assert left.startswith('"key";r=1199;t=')
    await run(
        api.world.owner, "UPDATE throttles SET count = 1200 WHERE key LIKE 'api:key:%'"
    )
    answer = await api.post("runs.status", ana)
    told = problem(answer, 429, "too_many_requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert '"key";r=0' in answer.headers["ratelimit"]
    assert told["retryable"] is True
    # Another key of the same person goes on; the workspace's window is its own.
    other = await api.key(name="other")
    assert (await api.post("runs.status", other)).status_code == 200
    await run(
        api.world.owner,
        "UPDATE throttles SET count = 6000 WHERE key LIKE 'api:workspace:%'",
    )
    problem(await api.post("runs.status", other), 429, "too_many_requests")
    eve = await api.key(AS_EVE)
    assert (await api.post("runs.status", eve)).status_code == 200


async def test_who_guesses_keys_is_held_up(api: Api, ana: str) -> None:
    for _ in range(60):
        await api.http.post("/v1/runs.status", json={})
    answer = await api.http.post("/v1/runs.status", json={})
    problem(answer, 429, "too_many_requests")
    assert (await api.post("runs.status", ana)).status_code == 200


async def test_a_request_sent_twice_with_a_key_is_done_once(api: Api, ana: str) -> None:
    once = str(uuid1())
    first = await api.post("runs.start", ana, {"brief": "Ad"}, idempotency_key=once)
    again = await api.post("runs.start", ana, {"brief": "Ad"}, idempotency_key=once)
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await one(api.world.owner, "SELECT count(*) FROM runs") == 1


async def test_ten_at_once_are_done_once(api: Api, ana: str) -> None:
    asked = [
        api.post("runs.start", ana, {"brief": "Ad"}, idempotency_key="same")
        for _ in range(10)
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert await one(api.world.owner, "SELECT count(*) FROM runs") == 1


async def test_another_secret_is_another_request_and_no_answer_of_the_first(
    api: Api, ana: str
) -> None:
    first, second = ("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1x" + end for end in "YZ")
    kept = {"provider": "mistral", "secret": first}
    done = await api.post("vault.keep", ana, kept, idempotency_key="k")
    assert done.status_code == 200
    again = await api.post("vault.keep", ana, kept, idempotency_key="k")
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post(
        "vault.keep", ana, kept | {"secret": second}, idempotency_key="k"
    )
    problem(other, 422, "idempotency_key_reused")
    rows = await one(
        api.world.owner,
        "SELECT string_agg(CAST(t AS text), '') FROM idempotent_requests t",
    )
    assert first not in rows


async def test_an_invitation_is_shown_once_and_not_replayed(api: Api, ana: str) -> None:
    made = await api.post("identity.invite", ana, {}, idempotency_key="k")
    assert made.status_code == 200
    again = await api.post("identity.invite", ana, {}, idempotency_key="k")
    problem(again, 409, "shown_once")
    kept = "SELECT count(*) FROM idempotent_requests WHERE body IS NOT NULL"
    assert await one(api.world.owner, kept) == 0


async def test_the_same_key_for_another_request_is_refused(api: Api, ana: str) -> None:
    await api.post("runs.start", ana, {"brief": "Ad"}, idempotency_key="k")
    other = await api.post("runs.start", ana, {"brief": "Mail"}, idempotency_key="k")
    problem(other, 422, "idempotency_key_reused")
    other = await api.post("runs.cancel", ana, {"number": 1}, idempotency_key="k")
    problem(other, 422, "idempotency_key_reused")
    assert await one(api.world.owner, "SELECT count(*) FROM runs") == 1


async def test_what_failed_may_be_sent_again_with_its_key(api: Api, ana: str) -> None:
    for _ in range(2):
        answer = await api.post("runs.cancel", ana, {"number": 1}, idempotency_key="k")
        problem(answer, 404, "run_not_found")
    await api.post("runs.start", ana, {"brief": "Ad"})
    answer = await api.post("runs.cancel", ana, {"number": 1}, idempotency_key="k")
    assert answer.status_code == 200


async def test_a_colleague_s_key_is_another_request(api: Api, ana: str) -> None:
    bob = await api.key(AS_BOB)
    for key in (ana, bob):
        answer = await api.post("runs.start", key, {"brief": "Ad"}, idempotency_key="k")
        assert answer.status_code == 202
    assert await one(api.world.owner, "SELECT count(*) FROM runs") == 2


async def test_after_a_day_the_key_is_free_again(api: Api, ana: str) -> None:
    await api.post("runs.start", ana, {"brief": "Ad"}, idempotency_key="k")
    left = "SELECT expires_at - now() FROM idempotent_requests"
    assert 23 < (await one(api.world.owner, left)).total_seconds() / 3600 <= 24
    await run(api.world.owner, "UPDATE idempotent_requests SET expires_at = now()")
    answer = await api.post("runs.start", ana, {"brief": "Mail"}, idempotency_key="k")
    assert answer.status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
async def test_a_key_that_is_none_is_refused(api: Api, ana: str, key: str) -> None:
    answer = await api.post("runs.start", ana, {"brief": "A"}, idempotency_key=key)
    problem(answer, 400, "malformed")


async def test_a_key_of_one_workspace_sees_nothing_of_another(
    api: Api, ana: str
) -> None:
    await api.post("runs.start", ana, {"brief": "Our secret plan"})
    eve = await api.key(AS_EVE)
    problem(await api.post("runs.show", eve, {"number": 1}), 404, "run_not_found")
    assert (await api.post("runs.list", eve)).json()["lines"] == []


async def test_the_reference_and_the_document_need_no_key(api: Api) -> None:
    for path in ("/v1/", "/v1"):
        page = await api.http.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "runs.start" in page.text
        assert "<script" not in page.text
        assert "http://" not in page.text.replace("http://127.0.0.1:8000", "")
    document = (await api.http.get("/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    start = document["paths"]["/v1/runs.start"]["post"]
    assert start["x-effect"] == "spend"
    assert json.dumps(start["requestBody"]).count("example") == 1
    assert str(ACME) not in json.dumps(document)
