"""Whatever the bytes: no exception, and nothing the database would refuse."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.contract import Inbound
from channels.slack.parse import parse
from tests.channels.slack.test_parse import PRESSED, SEAT, SLASH, TS, WRITTEN

MUTANTS = 800
ODD: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\x00",
    "\ud800",
    "<@U",
    "<" * 2000,
    [],
    {},
    [None],
    [[{}]],
    {"id": 1},
    "9" * 5000,
    "1e999.0",
    "٣.٣",
]


def event(**fields: Any) -> dict[str, Any]:
    head = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1"}
    return head | {"authorizations": [SEAT], "event": WRITTEN | fields}


EDITED = event(
    subtype="message_changed",
    message={"user": "U1", "ts": TS, "text": "b", "edited": {"user": "U1", "ts": TS}},
    previous_message={"text": "a"},
)
FORM = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "view": {"id": "V1", "state": {"values": {"a": {"b": {"value": "c"}}}}},
}
SEEDS: list[dict[str, Any]] = [
    event(),
    event(type="app_mention", files=[{"id": "F1", "size": 1}]),
    EDITED,
    PRESSED,
    FORM,
    SLASH,
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def mutant(seed: random.Random) -> bytes:
    payload = json.loads(json.dumps(seed.choice(SEEDS)))
    for _ in range(seed.randint(1, 4)):
        found = list(places(payload))
        if found:
            where, key = seed.choice(found)
            where[key] = deepcopy(seed.choice(ODD))
    return bytes(damaged(wrapped(payload, seed), seed))


def wrapped(payload: dict[str, Any], seed: random.Random) -> bytes:
    text = json.dumps(payload)
    match seed.randrange(4):
        case 0:
            return urlencode({"payload": text}).encode()
        case 1:
            return json.dumps({"envelope_id": "e", "payload": payload}).encode()
        case 2:
            flat = {name: str(item) for name, item in payload.items()}
            return urlencode(flat, errors="replace").encode()
    return text.encode()


def damaged(body: bytes, seed: random.Random) -> bytearray:
    found = bytearray(body)
    if seed.random() < 0.4:
        for _ in range(seed.randint(1, 8)):
            found[seed.randrange(len(found))] = seed.randrange(256)
    return found[: seed.randrange(len(found))] if seed.random() < 0.1 else found


def test_eight_hundred_mutants_are_all_answered() -> None:
    seed = random.Random(20261121)  # noqa: S311 - repeatable on purpose
    kinds: dict[str, int] = {}
    for _ in range(MUTANTS):
        received = parse(mutant(seed))
        kinds[received.kind] = kinds.get(received.kind, 0) + 1
        assert received.event_id
        storable(received.account, received.event_id, received.message_key or "")
        if received.inbound:
            payload = received.inbound.to_payload()
            storable(json.dumps(payload, ensure_ascii=False))
            assert Inbound.from_payload(payload) == received.inbound

    # The mutants are near enough to the truth to exercise every reader.
    assert {"message", "edit", "press", "command", "form", "unknown"} == set(kinds)


def storable(*texts: str) -> None:
    for text in texts:
        assert b"\x00" not in text.encode()


@pytest.mark.parametrize("depth", [100, 480, 600, 950, 5_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_of_any_depth_is_answered(
    depth: int, opening: str, closing: str
) -> None:
    deep = opening * depth + "1" + closing * depth
    body = f'{{"type": "event_callback", "event": {deep}}}'.encode()

    assert parse(body).inbound is None
