"""Reading what comes from outside: JSON of any shape, text of any kind. Total."""

import json
from hashlib import sha256
from typing import Any


def digest_id(body: bytes) -> str:
    """An event id for a body that names none: equal bodies are one event."""
    return f"sha256:{sha256(body).hexdigest()}"


def clean(text: str) -> str:
    """Text that PostgreSQL and JSON accept: no NUL, no lone surrogate."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "")


def loads(body: bytes) -> dict[str, Any] | None:
    """A JSON object of ours to read, cleaned; None when the body is something else."""
    try:
        # Both may meet more nesting than the stack holds, at different depths.
        found = _cleaned(json.loads(body))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value
