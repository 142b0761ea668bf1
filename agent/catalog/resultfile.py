"""output.schema.json: the form of a result that is data, as JSON Schema 2020-12.

What is taken is the part that model providers hold their answers to: objects closed
and all their keys required, arrays, strings, numbers, booleans, null, enums. Notes for
the rendering to Markdown begin with ``x-``.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.catalog.problem import Problem
from agent.catalog.sidecars import Questions

_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_KEYS = {
    *("$schema", "title", "description", "type", "properties", "required", "items"),
    *("additionalProperties", "enum"),
    *("x-rows", "x-render", "x-label", "x-language"),
}


@dataclass(frozen=True, slots=True)
class ResultForm:
    """A JSON Schema that a skill's result is held to."""

    schema: Mapping[str, Any]

    @property
    def rows(self) -> str:
        """The property whose array makes the CSV; empty: none does."""
        return str(self.schema.get("x-rows", ""))


def parse(text: str, file: str) -> tuple[ResultForm | None, list[Problem]]:
    """The form written in ``text``, and what is wrong with it."""
    try:
        schema = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as bad:
        line = getattr(bad, "lineno", 1)
        return None, [Problem(file, line, "This is no JSON.", "Mend this line.")]
    if not isinstance(schema, dict) or schema.get("type") != "object":
        mend = 'Begin with `"type": "object"`.'
        return None, [Problem(file, 1, "The result is no object.", mend)]
    faults = [Problem(file, 0, fault, mend) for fault, mend in _faults(schema, "")]
    rows = schema.get("x-rows", "")
    if rows and schema.get("properties", {}).get(rows, {}).get("type") != "array":
        mend = "Name a property that is an array."
        faults.append(Problem(file, 0, f"`x-rows` is {rows!r}.", mend))
    return (None if faults else ResultForm(schema)), faults


def input_schema(questions: Questions) -> dict[str, Any]:
    """JSON Schema of the answers to ``questions``, by key."""
    return {
        "type": "object",
        "properties": {
            step.key: {
                "type": "string",
                "title": step.question,
                "default": step.default,
            }
            for step in questions.steps
        },
        "required": [step.key for step in questions.steps if not step.can_skip],
        "additionalProperties": False,
    }


Path = tuple[str | int, ...]
"""Where in a value: keys and places in lists."""


def misfits(
    schema: Mapping[str, Any], value: Any, path: Path = ()
) -> Iterator[tuple[Path, str]]:
    """Where ``value`` is not as a ``schema`` of the part we take says, and how."""
    said = schema.get("type", ())
    types = {said} if isinstance(said, str) else set(said)
    if not any(_PYTHON[one](value) for one in types):
        yield path, f"It is no {' or '.join(sorted(types))}."
        return
    if value not in schema.get("enum", (value,)):
        yield path, f"{value!r} is none of {', '.join(map(str, schema['enum']))}."
    if isinstance(value, dict):
        yield from _object_misfits(schema["properties"], value, path)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from misfits(schema["items"], inner, (*path, index))


def _object_misfits(
    known: Mapping[str, Any], value: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, str]]:
    for name in sorted(known.keys() - value.keys()):
        yield path, f"{name!r} is missing."
    for name, inner in value.items():
        if name in known:
            yield from misfits(known[name], inner, (*path, name))
        else:
            yield (*path, name), "It is not known."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PYTHON: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _faults(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    """What is wrong below ``path``, and how to mend it."""
    if not isinstance(schema, dict):
        yield f"{path or '/'} is no schema.", "Write an object."
        return
    for key in sorted(schema.keys() - _KEYS):
        yield f"{path}/{key} is not taken.", "Leave it out; RULES.md can check it."
    said = schema.get("type")
    types = said if isinstance(said, list) else [said]
    if not all(isinstance(one, str) and one in _TYPES for one in types):
        yield f"{path}/type is {said!r}.", f"Use {', '.join(sorted(_TYPES))}."
        return
    if "object" in types:
        yield from _object_faults(schema, path)
    if "array" in types:
        yield from _faults(schema.get("items"), f"{path}/items")


def _object_faults(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        yield f"{path}/properties is missing.", "Name what the object holds."
        return
    if schema.get("additionalProperties") is not False:
        mend = 'Write `"additionalProperties": false`.'
        yield f"{path or '/'} is open to other keys.", mend
    if set(schema.get("required", ())) != set(properties):
        mend = "List every property; one that may be empty is nullable."
        yield f"{path}/required does not list every property.", mend
    for name, inner in properties.items():
        yield from _faults(inner, f"{path}/{name}")
