import json
from collections.abc import AsyncIterator

import pytest

from bot.durable.face.keys import Keys
from tests.bot.durable.face.conftest import Side
from tests.bot.durable.face.site import EVENT_KEY

URL = f"/e/{EVENT_KEY}"
EVENTS = "SELECT id, name, data::text FROM engine.events ORDER BY seq"
SEED = {"x-inngest-event-id-seed": "1743130137367,AAECAwQFBgcICQ=="}


async def test_events_are_kept_and_their_ids_returned(side: Side) -> None:
    given = [{"name": "a", "id": "e1", "data": {"n": 1}}, {"name": "b"}]
    answer = await side.http.post(URL, json=given)
    ids = answer.json()["ids"]
    assert (answer.status_code, answer.json()["status"], ids[0]) == (200, 200, "e1")
    kept = [tuple(row) for row in await side.world.rows(EVENTS)]
    assert kept == [("e1", "a", '{"n": 1}'), (ids[1], "b", "{}")]


async def test_a_second_event_of_an_id_is_the_first(side: Side) -> None:
    for n in range(3):
        given = {"name": "a", "id": "e1", "data": {"n": n}}
        assert (await side.http.post(URL, json=given)).json()["ids"] == ["e1"]
    assert [row.data for row in await side.world.rows(EVENTS)] == ['{"n": 0}']


async def test_a_post_that_is_repeated_under_its_seed_is_one(side: Side) -> None:
    given = [{"name": "a"}, {"name": "a"}]
    first = await side.http.post(URL, json=given, headers=SEED)
    second = await side.http.post(URL, json=given, headers=SEED)
    assert first.json()["ids"] == second.json()["ids"]
    assert len(await side.world.rows(EVENTS)) == 2


@pytest.mark.parametrize("key", ["wrong", "the-event-ke", "%00", "ключ"])
async def test_an_unknown_key_is_refused(side: Side, key: str) -> None:
    answer = await side.http.post(f"/e/{key}", json={"name": "a"})
    assert answer.status_code == 401
    assert answer.json()["error"] == "Event key not found"
    assert await side.world.rows(EVENTS) == []


async def test_a_bad_event_is_named_and_those_before_it_are_kept(side: Side) -> None:
    answer = await side.http.post(URL, json=[{"name": "a", "id": "e1"}, {"name": 3}])
    told = answer.json()
    assert (answer.status_code, told["ids"]) == (400, ["e1"])
    assert told["error"] == "Event 2: name is not text."
    assert [row.id for row in await side.world.rows(EVENTS)] == ["e1"]


async def test_an_event_of_the_engine_cannot_be_forged(side: Side) -> None:
    answer = await side.http.post(URL, json={"name": "inngest/function.finished"})
    assert answer.status_code == 400
    assert await side.world.rows(EVENTS) == []


async def test_a_body_that_is_too_large_is_cut_off(side: Side) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 2**20

    answer = await side.http.post(URL, content=endless())
    assert answer.status_code == 413
    assert "more than 33554432 bytes" in answer.json()["error"]


async def test_three_megabytes_may_be_sent_and_no_more(side: Side) -> None:
    most = {"x": "y" * (3 * 2**20 - 9)}
    assert len(json.dumps(most)) == 3 * 2**20
    answer = await side.http.post(URL, json={"name": "a", "data": most})
    assert answer.status_code == 200
    more = await side.http.post(URL, json={"name": "a", "data": {"x": most["x"] + "y"}})
    assert more.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_web_pages_may_not_talk_to_it(
    side: Side, headers: dict[str, str]
) -> None:
    answer = await side.http.post(URL, json={"name": "a"}, headers=headers)
    assert answer.status_code == 403
    assert await side.world.rows(EVENTS) == []


class TestWithoutKeys:
    @pytest.fixture
    def keys(self) -> Keys:
        return Keys()

    async def test_any_key_will_do(self, side: Side) -> None:
        answer = await side.http.post("/e/any", json={"name": "a"})
        assert answer.status_code == 200
        assert answer.headers["x-inngest-server-kind"] == "dev"

    async def test_a_name_that_was_made_to_resolve_to_us_is_refused(
        self, side: Side
    ) -> None:
        for host in ("evil.example", "evil.example:80", ""):
            answer = await side.http.post(
                "/e/any", json={"name": "a"}, headers={"host": host}
            )
            assert answer.status_code in (400, 421)
        assert await side.world.rows(EVENTS) == []
