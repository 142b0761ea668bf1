"""Events as they arrive over HTTP: one object, or a list of them."""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.durable.port import Event

MAX_EVENTS = 5000
MAX_EVENT_BYTES = 3 * 2**20
MAX_BODY_BYTES = 32 * 2**20
LONGEST_ID, LONGEST_NAME = 500, 250
DEEPEST = 100
"""How many objects and lists may lie in one another."""
EARLY = timedelta(minutes=5)
"""By how much a sender's clock may be ahead of ours."""
INTERNAL = "inngest/"
"""Names that begin so are the engine's own."""
OURS = ("invoke:", "finished:", "failed:", "cancelled:", "refused:", "cron:")
"""Ids that begin so are the engine's own; a stranger's would keep its events out."""
ENTROPY_BYTES, PLACE_BYTES = 10, 4
ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Ids = Callable[[int], str]


class Refused(Exception):
    """An event that is not taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Received:
    """The events of a body up to the first that is not taken."""

    events: tuple[Event, ...]
    refusal: str = ""


def read(body: bytes, seed: str, now: datetime) -> Received:
    """Return the events, in order.

    Args:
        body: JSON: an object, or a list of objects.
        seed: ``<milliseconds>,<10 bytes in base64>``: the same seed gives the same ids
            to events without one, so that a repeated post is one.
        now: What dates ids, and tells what lies in the future.
    """
    try:
        given = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Received((), "The body is not JSON.")
    many = given if isinstance(given, list) else [given]
    if len(many) > MAX_EVENTS:
        return Received((), f"{MAX_EVENTS} events are the most that one post may have.")
    made_id = _ids(seed, now)
    taken: list[Event] = []
    for place, one in enumerate(many):
        try:
            taken.append(_event(one, f"Event {place + 1}", made_id(place), now))
        except Refused as refusal:
            return Received(tuple(taken), str(refusal))
    return Received(tuple(taken))


def _event(given: Any, where: str, made_id: str, now: datetime) -> Event:
    if not isinstance(given, dict):
        raise Refused(f"{where} is not an object.")
    name = _text(given, "name", where, LONGEST_NAME)
    if not name:
        raise Refused(f"{where} has no name.")
    if name.lower().startswith(INTERNAL):
        raise Refused(f"{where}: names that begin with {INTERNAL!r} are the engine's.")
    key = _text(given, "id", where, LONGEST_ID) or made_id
    if key.startswith(OURS):
        prefix = key.partition(":")[0]
        raise Refused(f"{where}: ids that begin with {prefix}: are the engine's.")
    _check_time(given.get("ts"), where, now)
    data = _object(given, "data", where)
    data.pop("_inngest", None)
    return Event(name, data, key, _object(given, "user", where))


def _text(given: Mapping[str, Any], field: str, where: str, longest: int) -> str:
    value = given.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{where}: {field} is not text.")
    if len(value) > longest:
        raise Refused(f"{where}: {field} is longer than {longest} signs.")
    if not value.isprintable():
        raise Refused(f"{where}: {field} has a sign that cannot be printed.")
    return value


def _object(given: Mapping[str, Any], field: str, where: str) -> dict[str, Any]:
    value = given.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{where}: {field} is not an object.")
    if _is_deeper(value, DEEPEST):
        raise Refused(f"{where}: {field} is nested deeper than {DEEPEST} levels.")
    if _size(value, f"{where}: {field}") > MAX_EVENT_BYTES:
        raise Refused(
            f"{where}: {field} is larger than {MAX_EVENT_BYTES} bytes;"
            " keep it in an object store and send its key."
        )
    return dict(value)


def _size(value: Any, where: str) -> int:
    try:
        return len(json.dumps(value, allow_nan=False))
    except ValueError:
        raise Refused(f"{where} has a number that is too large.") from None


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return not levels or any(_is_deeper(one, levels - 1) for one in inside)


def _check_time(at: Any, where: str, now: datetime) -> None:
    if at is None:
        return
    if not isinstance(at, int) or isinstance(at, bool):
        raise Refused(f"{where}: ts is not a whole number of milliseconds.")
    if at > (now + EARLY).timestamp() * 1000:
        raise Refused(
            f"{where}: ts lies in the future, and this engine starts runs when events"
            " arrive; let the function sleep until then."
        )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _ids(seed: str, now: datetime) -> Ids:
    millis, entropy = _read_seed(seed) or (
        int(now.timestamp() * 1000),
        secrets.token_bytes(ENTROPY_BYTES),
    )
    head, tail = entropy[:-PLACE_BYTES], int.from_bytes(entropy[-PLACE_BYTES:])

    def made(place: int) -> str:
        moved = (tail + place + 1) % 2 ** (8 * PLACE_BYTES)
        return _ulid(millis, head + moved.to_bytes(PLACE_BYTES))

    return made


def _read_seed(seed: str) -> tuple[int, bytes] | None:
    millis, _, encoded = seed.partition(",")
    try:
        entropy = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    if not (millis.isascii() and millis.isdigit()) or len(entropy) != ENTROPY_BYTES:
        return None
    return int(millis) % 2**48, entropy


def _ulid(millis: int, entropy: bytes) -> str:
    number = int.from_bytes(millis.to_bytes(6) + entropy)
    return "".join(ULID[number >> shift & 31] for shift in range(125, -1, -5))
