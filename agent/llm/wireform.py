"""The form of an answer as providers take it: a JSON Schema without our notes. Pure.

Sources: https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
https://platform.openai.com/docs/guides/structured-outputs
"""

import json
from collections.abc import Mapping
from typing import Any

NAME = "result"

_NOTE = "x-"
_OURS = frozenset({"$schema"})


def wire_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """``form`` without notes on reading; what may be null is said as both take it."""
    bare = {
        key: _part(key, value)
        for key, value in form.items()
        if key not in _OURS and not key.startswith(_NOTE)
    }
    kinds = bare.get("type")
    if not isinstance(kinds, list):
        return bare
    about = {key: bare.pop(key) for key in ("title", "description") if key in bare}
    return about | {"anyOf": [_of_kind(bare, kind) for kind in kinds]}


def told(form: Mapping[str, Any]) -> str:
    """The form in words, for a model whose server does not hold it to one."""
    schema = json.dumps(wire_form(form), ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with nothing but one JSON object that this JSON Schema allows; no "
        f"fence around it, no word before or after:\n{schema}"
    )


def _part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: wire_form(one) for name, one in value.items()}
    return wire_form(value) if key == "items" else value


def _of_kind(schema: Mapping[str, Any], kind: str) -> dict[str, Any]:
    if kind == "null":
        return {"type": "null"}
    told = {**schema, "type": kind}
    if "enum" in told:
        told["enum"] = [one for one in told["enum"] if one is not None]
    return told
