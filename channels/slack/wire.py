"""What is inside a Slack body, read without ever raising. Pure."""

from typing import Any
from urllib.parse import parse_qsl

from channels.outside import clean, loads

Json = dict[str, Any]

MAX_FIELDS = 100


def payload_of(body: bytes) -> Json:
    """Return the JSON inside, out of a form or a Socket Mode envelope; else empty."""
    outer = loads(body) if body.lstrip()[:1] == b"{" else _form(body)
    if outer is None:
        return {}
    return part(outer, "payload") if "envelope_id" in outer else outer


def _form(body: bytes) -> Json | None:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        return None
    fields = {clean(name): clean(value) for name, value in pairs}
    return loads(fields["payload"].encode()) if "payload" in fields else fields


def string(source: Json, name: str) -> str:
    """Return the string called ``name``, or an empty one."""
    found = source.get(name)
    return found if isinstance(found, str) else ""


def part(source: Json, name: str) -> Json:
    """Return the object called ``name``, or an empty one."""
    found = source.get(name)
    return found if isinstance(found, dict) else {}


def items(source: Json, name: str) -> list[Json]:
    """Return the objects in the list called ``name``."""
    found = source.get(name)
    return [i for i in found if isinstance(i, dict)] if isinstance(found, list) else []
