import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from channels.contract import Kind, OutFile
from tests.bot.web.fakes import ANA, NOON, FakeDesk

CLIENT_ID = str(UUID(int=99))


def a_message(**facts: object) -> dict[str, Any]:
    return {"text": "Write copy", "client_id": CLIENT_ID, **facts}


async def test_a_message_is_kept_before_it_is_acknowledged(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await ana.post("/chat/messages", json=a_message())
    assert answer.status_code == 202
    [kept] = desk.kept
    assert kept.inbound is not None
    assert (kept.inbound.text, kept.inbound.sender) == ("Write copy", str(ANA.user_id))
    assert (kept.inbound.sent_at, kept.inbound.sender_name) == (NOON, "Ana")
    assert json.loads(kept.body) == a_message()


async def test_a_message_sent_twice_is_one_event(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    for _ in range(2):
        answer = await ana.post("/chat/messages", json=a_message())
        assert answer.status_code == 202
    assert len(desk.kept) == 1


async def test_what_is_not_kept_is_not_acknowledged(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.refuse_to_keep = True
    answer = await ana.post("/chat/messages", json=a_message())
    assert answer.status_code == 503
    assert "could not save" in answer.json()["said"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (a_message(text=""), "nothing in that message"),
        (a_message(text=" \n\t"), "nothing in that message"),
        (a_message(text="\x00"), "nothing in that message"),
        (a_message(text=7), "nothing in that message"),
        (a_message(text="é" * 40_001), "40,001 characters"),
        (a_message(client_id="mine"), "out of date"),
        (a_message(client_id=None), "out of date"),
        ([], "not arrive whole"),
    ],
)
async def test_an_unusable_message_is_refused_kindly(
    ana: httpx.AsyncClient, desk: FakeDesk, body: object, said: str
) -> None:
    answer = await ana.post("/chat/messages", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["said"]
    assert desk.kept == []


async def test_the_longest_message_goes_through_in_its_largest_encoding(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    body = json.dumps(a_message(text="\U0001f600" * 40_000))
    assert (await ana.post("/chat/messages", content=body)).status_code == 202
    assert len(desk.kept) == 1


async def test_a_body_beyond_every_message_is_cut_off(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await ana.post("/chat/messages", content=b"x" * 1_000_000)
    assert answer.status_code == 413
    assert desk.kept == []


async def test_nul_and_lone_surrogates_do_not_reach_the_database(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    body = '{"text": "a\\u0000b\\ud800c", "client_id": "%s"}' % CLIENT_ID  # noqa: UP031 - braces
    assert (await ana.post("/chat/messages", content=body)).status_code == 202
    assert desk.kept[0].inbound is not None
    assert desk.kept[0].inbound.text == "ab\ufffdc"


async def test_a_press_carries_the_button_and_its_message(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    body = {"payload": "d:3", "message_id": "d", "client_id": CLIENT_ID}
    assert (await ana.post("/chat/press", json=body)).status_code == 202
    assert desk.kept[0].inbound is not None
    seen = desk.kept[0].inbound
    assert (seen.kind, seen.pressed, seen.message_id) == (Kind.PRESS, "d:3", "d")


@pytest.mark.parametrize("payload", ["", "p" * 65, None, 3])
async def test_a_press_of_no_button_of_ours_is_refused(
    ana: httpx.AsyncClient, desk: FakeDesk, payload: object
) -> None:
    body = {"payload": payload, "message_id": "d", "client_id": CLIENT_ID}
    answer = await ana.post("/chat/press", json=body)
    assert (answer.status_code, desk.kept) == (422, [])


async def test_a_file_is_a_download_whatever_it_holds(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    name = 'a"b\r\nx: y é.html'
    desk.files["d:0"] = OutFile(name, "text/html", b"<script>x</script>")
    answer = await ana.get("/chat/files/d:0")
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''a%22b%0D%0Ax%3A%20y%20%C3%A9.html"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == b"<script>x</script>"


async def test_a_file_that_is_not_there_says_what_to_do(ana: httpx.AsyncClient) -> None:
    answer = await ana.get("/chat/files/d:9")
    assert answer.status_code == 404
    assert "Ask for the piece again" in answer.json()["said"]


async def test_history_goes_back_from_a_message(
    ana: httpx.AsyncClient, desk: FakeDesk
) -> None:
    for n in range(4):
        desk.say(f"d{n}", f"Piece {n}")
    before = (await desk.history(ANA, limit=2))[0].order
    answer = await ana.get("/chat/history", params={"before": before})
    assert [one["id"] for one in answer.json()["shown"]] == ["d0", "d1"]
    at = datetime.fromisoformat(answer.json()["shown"][0]["at"])
    assert at.tzinfo == UTC
