import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.durable.face import inbound
from bot.durable.face.inbound import Received

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEED = "1743130137367," + base64.b64encode(bytes(range(10))).decode()


def read(given: Any, seed: str = "") -> Received:
    return inbound.read(json.dumps(given).encode(), seed, NOW)


def refusal(given: Any) -> str:
    received = read(given)
    assert received.events == ()
    return received.refusal


def test_one_event_is_as_good_as_a_list_of_one() -> None:
    (one,) = read({"name": "go", "id": "e1", "data": {"n": 1}}).events
    (other,) = read([{"name": "go", "id": "e1", "data": {"n": 1}}]).events
    assert one == other
    assert (one.name, one.id, one.data, one.user) == ("go", "e1", {"n": 1}, {})


def test_data_that_is_null_is_empty() -> None:
    (event,) = read({"name": "go", "data": None, "user": None}).events
    assert (event.data, event.user) == ({}, {})


def test_the_same_seed_gives_the_same_ids() -> None:
    given = [{"name": "a"}, {"name": "b"}, {"name": "c", "id": "mine"}]
    first, second = read(given, SEED).events, read(given, SEED).events
    assert [event.id for event in first] == [event.id for event in second]
    assert len({event.id for event in first}) == 3
    assert first[2].id == "mine"


def test_a_seed_makes_the_id_that_an_inngest_server_makes() -> None:
    # ULID of 1743130137367 ms and bytes 0..9, with 1 added to the last four.
    number = (1743130137367 << 80) | int.from_bytes(bytes(range(9)) + b"\x0a")
    (event,) = read({"name": "a"}, SEED).events
    value = 0
    for sign in event.id:
        value = value * 32 + inbound.ULID.index(sign)
    assert (len(event.id), value) == (26, number)


@pytest.mark.parametrize("seed", ["", "x", "12,", "12,AAAA", "-1,AAAAAAAAAAAAAA=="])
def test_without_a_good_seed_ids_are_new_each_time(seed: str) -> None:
    (one,), (other,) = (read({"name": "a"}, seed).events for _ in range(2))
    assert one.id != other.id


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("text", "not an object"),
        ({}, "has no name"),
        ({"name": ""}, "has no name"),
        ({"name": 3}, "name is not text"),
        ({"name": "a\x00b"}, "cannot be printed"),
        ({"name": "n" * 251}, "longer than 250"),
        ({"name": "a", "id": "i" * 501}, "longer than 500"),
        ({"name": "a", "id": "\ud800"}, "cannot be printed"),
        ({"name": "inngest/function.invoked"}, "are the engine's"),
        ({"name": "INNGEST/function.failed"}, "are the engine's"),
        ({"name": "a", "id": "failed:1"}, "ids that begin with failed:"),
        ({"name": "a", "id": "cron:1"}, "ids that begin with cron:"),
        ({"name": "a", "data": [1]}, "data is not an object"),
        ({"name": "a", "user": "me"}, "user is not an object"),
        ({"name": "a", "data": {"x": "y" * 3 * 2**20}}, "larger than 3145728 bytes"),
        ({"name": "a", "ts": "now"}, "ts is not a whole number"),
        ({"name": "a", "ts": True}, "ts is not a whole number"),
        ({"name": "a", "ts": 1 << 60}, "in the future"),
        ([{"name": "a"}] * 5001, "5000 events are the most"),
    ],
)
def test_what_is_no_event_is_refused_by_what_is_wrong(given: Any, said: str) -> None:
    assert said in refusal(given)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"name": NaN}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    assert inbound.read(body, "", NOW) == Received((), "The body is not JSON.")


def test_events_before_the_first_bad_one_are_taken() -> None:
    received = read([{"name": "a"}, {"name": ""}, {"name": "b"}])
    assert [event.name for event in received.events] == ["a"]
    assert received.refusal == "Event 2 has no name."


def test_what_the_engine_says_of_invocations_cannot_be_forged() -> None:
    (event,) = read({"name": "a", "data": {"_inngest": {"fn_id": "x"}, "n": 1}}).events
    assert event.data == {"n": 1}


def test_data_may_be_nested_a_hundred_levels_deep() -> None:
    def nested(levels: int) -> Any:
        return {"x": nested(levels - 1)} if levels else 1

    assert read({"name": "a", "data": nested(100)}).refusal == ""
    assert "deeper than 100 levels" in refusal({"name": "a", "data": nested(101)})
    assert "deeper than 100 levels" in refusal({"name": "a", "data": nested(800)})


def test_a_clock_that_is_a_minute_ahead_is_let_pass() -> None:
    ts = int(NOW.timestamp() * 1000) + 60_000
    assert read({"name": "a", "ts": ts}).refusal == ""


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('"ts": 1' + "0" * 400, "ts lies in the future"),
        ('"data": {"x": 1e400}', "data has a number that is too large"),
        ('"user": {"x": [-1e400]}', "user has a number that is too large"),
    ],
)
def test_numbers_beyond_all_bounds_are_refused(field: str, said: str) -> None:
    body = f'[{{"name": "good"}}, {{"name": "bad", {field}}}]'.encode()
    received = inbound.read(body, "", NOW)
    assert [event.name for event in received.events] == ["good"]
    assert said in received.refusal
