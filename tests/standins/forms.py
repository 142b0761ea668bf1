"""The forms that providers hold an answer to: which they refuse, and what fits one."""

import json
from typing import Any

_KNOWN = {
    *("type", "title", "description", "properties", "required", "items", "enum"),
    *("additionalProperties", "anyOf"),
}
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_FITS = {"string": "Some words", "integer": 3, "number": 0.5, "boolean": True}


def wrong(schema: Any, path: str = "schema") -> str:
    """Why a provider refuses ``schema``; empty where it does not."""
    if not isinstance(schema, dict):
        return f"{path}: a schema is an object"
    if extra := sorted(set(schema) - _KNOWN):
        return f"{path}: {extra} is not supported"
    if "anyOf" in schema:
        parts = [(one, f"{path}.anyOf") for one in schema["anyOf"]]
    else:
        if schema.get("type") not in _TYPES:
            return f"{path}: type is missing"
        parts = [(schema["items"], f"{path}.items")] if "items" in schema else []
    if schema.get("type") == "object":
        names = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False:
            return f"{path}: additionalProperties must be false"
        if set(schema.get("required", ())) != names:
            return f"{path}: required must list every property"
        parts += [(schema["properties"][one], f"{path}.{one}") for one in names]
    return next(filter(None, (wrong(*part) for part in parts)), "")


def fitting(schema: dict[str, Any]) -> Any:
    """A value that ``schema`` allows."""
    if "anyOf" in schema:
        return fitting(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: fitting(one) for name, one in schema["properties"].items()}
    if schema["type"] == "array":
        return [fitting(schema["items"])]
    return _FITS.get(schema["type"])


def held(text: str, schema: dict[str, Any]) -> str:
    """``text`` as an answer that is held to ``schema``: words become its first text."""
    try:
        json.loads(text)
    except ValueError:
        value = fitting(schema)
        texts = [name for name, one in value.items() if isinstance(one, str)]
        place = next((name for name in texts if name != "title"), texts[0])
        return json.dumps({**value, place: text}, ensure_ascii=False)
    return text
