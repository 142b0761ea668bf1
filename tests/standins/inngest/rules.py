"""What the server takes, and how it names and signs things.

Source: pkg/event/id.go, pkg/event/event.go, pkg/sdk and pkg/execution/driver/httpdriver
of github.com/inngest/inngest
"""

import base64
import hmac
import json
import re
from hashlib import sha256
from typing import Any

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FUNCTION = {
    "id",
    "name",
    "triggers",
    "steps",
    "concurrency",
    "idempotency",
    "priority",
    "rateLimit",
    "throttle",
    "debounce",
    "batchEvents",
    "cancel",
    "timeouts",
    "singleton",
}
COMPARISON = re.compile(
    r"event\.(?P<path>[\w.]+) (?P<operator>==|!=) '(?P<text>[^']*)'"
)
MAX_EVENT_BYTES = 256 * 1024


class Refused(Exception):
    """A request that the server would refuse; the text says why."""


def event_of(given: Any) -> dict[str, Any]:
    """Return an event as it is kept."""
    if not isinstance(given, dict) or not given.get("name"):
        raise Refused("event name is empty")
    if set(given) - {"id", "name", "data", "user", "ts", "v"}:
        raise Refused(f"unknown fields in the event: {sorted(given)}")
    if not isinstance(given.get("data"), dict):
        raise Refused("event data is no object")
    if len(json.dumps(given)) > MAX_EVENT_BYTES:
        raise Refused("event is too large")
    if not isinstance(given.get("ts"), int):
        raise Refused("event ts is no number")
    return given


def ulid_of(seed: str, place: int) -> str:
    """Return the id that an event in that place of a post gets."""
    millis, entropy = seed.split(",")
    given = base64.b64decode(entropy, validate=True)
    if len(given) != 10:
        raise Refused("bad event id seed")
    moved = (int.from_bytes(given[6:]) + place) % 2**32
    number = int(millis) << 80 | int.from_bytes(given[:6] + moved.to_bytes(4))
    return "".join(CROCKFORD[number >> 5 * n & 31] for n in range(25, -1, -1))


def function_of(given: Any) -> dict[str, Any]:
    """Return a function as it is kept."""
    if set(given) - FUNCTION or not given["id"] or not given["triggers"]:
        raise Refused(f"bad function: {sorted(given)}")
    [step] = given["steps"].values()
    if step["runtime"]["type"] != "http" or None in given.values():
        raise Refused("bad function: its step")
    return dict(given)


def signature(body: bytes, key: str, at: int) -> str:
    """Return the header of a call; bodies are written canonically here."""
    made = hmac.new(key.encode(), body + str(at).encode(), sha256).hexdigest()
    return f"t={at}&s={made}"


def canonical(value: Any) -> bytes:
    """Return JSON as the server writes it: RFC 8785, for what our tests contain."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def is_triggered(function: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether the event starts the function."""
    return any(
        trigger.get("event") == event["name"]
        and meets(trigger.get("expression") or "", event)
        for trigger in function["triggers"]
    )


def meets(expression: str, event: Any) -> bool:
    """Whether ``event.a == 'x'`` or ``event.a != 'x'`` holds; empty: always.

    What the event does not have equals no text and differs from every one.
    Source: pkg/expressions/unknown.go of github.com/inngest/inngest
    """
    if not expression:
        return True
    form = COMPARISON.fullmatch(expression)
    assert form, expression
    is_same = bool(_sought(event, form["path"].split(".")) == form["text"])
    return is_same == (form["operator"] == "==")


def holds(expression: str, started: Any, came: Any) -> bool:
    """Whether ``event.a == async.b && ...`` holds; no other form is understood."""
    for part in expression.split("&&"):
        left, right = (side.strip().split(".") for side in part.split("=="))
        assert (left[0], right[0]) == ("event", "async"), expression
        if _at(started, left[1:]) != _at(came, right[1:]):
            return False
    return True


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value[name]
    return value


def _sought(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
