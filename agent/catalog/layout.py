"""A result that is data, laid out to be read: any JSON becomes Markdown. Pure, total.

The form says in what order, under which titles, and what is a table. It only advises:
what fits no form is laid out all the same, so that nothing anybody wrote is lost.
Headings and fences within a text cannot take the structure apart.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.catalog import passages

Form = Mapping[str, Any]
Blocks = Iterator[str]

DEEPEST = 6
"""Levels of headings there are."""
_CELL = 80
"""Characters; an array whose texts are longer is laid out in sections, unasked."""
_NO_FORM: Form = {}


def markdown(form: Form, data: Any) -> str:
    """``data`` to be read, headed as its form says; empty where there is nothing."""
    if not isinstance(data, Mapping):
        return "\n\n".join(_value(form, data, 2))
    title = data.get("title")
    head = [f"# {passages.line(cell(title))}"] if _says(title) else []
    rest = {name: value for name, value in data.items() if name != "title" or not head}
    return "\n\n".join([*head, *_parts(form, rest)])


def cell(value: Any) -> str:
    """A value as one cell says it: lists and what lies deeper in one line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        pairs = ((named(key, _NO_FORM), cell(one)) for key, one in value.items())
        return "; ".join(f"{key}: {said}" for key, said in pairs if said)
    if isinstance(value, Sequence):
        return "; ".join(filter(None, map(cell, value)))
    return json.dumps(value)


def named(name: str, form: Form) -> str:
    """What a property is called for people."""
    title = passages.line(str(form.get("title") or ""))
    plain = passages.line(name.replace("_", " ")) or "Value"
    return title or plain[:1].upper() + plain[1:]


def columns(form: Form, rows: Sequence[Any]) -> dict[str, str]:
    """The titles of an array's columns by property, as the form has them first."""
    known = _properties(form.get("items", _NO_FORM))
    found = {key: _NO_FORM for row in rows if isinstance(row, Mapping) for key in row}
    return {key: named(key, known.get(key, _NO_FORM)) for key in {**known, **found}}


def _parts(form: Form, data: Mapping[str, Any]) -> Blocks:
    """The properties of the whole, each under a heading of its own."""
    for name, value, part in _ordered(form, data):
        if isinstance(value, list) and _shape(part, value) == "sections":
            yield from _sections(part, value, named(name, part), 2)
        else:
            yield from _under(f"## {named(name, part)}", _value(part, value, 3))


def _under(heading: str, below: Blocks) -> Blocks:
    blocks = list(below)
    yield from [heading, *blocks] if blocks else []


def _value(form: Form, value: Any, level: int) -> Blocks:
    """What stands under a heading, or a label; ``level``: of headings below it."""
    if not _says(value):
        return
    if form.get("x-render") == "code":
        yield passages.fenced(_code(value), str(form.get("x-language", "")))
    elif isinstance(value, Mapping):
        yield from _fields(form, value, level)
    elif isinstance(value, list):
        yield from _array(form, value, level)
    else:
        yield passages.text(cell(value), level)


def _array(form: Form, value: list[Any], level: int) -> Blocks:
    match _shape(form, value):
        case "table":
            yield _table(form, value)
        case "sections":
            yield from _sections(form, value, "", level)
        case shape:
            yield passages.listed(
                [cell(one) for one in value if _says(one)],
                is_numbered=shape == "numbered",
            )


def _shape(form: Form, value: Sequence[Any]) -> str:
    """How an array is laid out: table, sections, list, or numbered."""
    said, objects = form.get("x-render"), [isinstance(one, Mapping) for one in value]
    if said in {"code", "numbered"}:
        return str(said)
    if not objects or not all(objects):
        return "sections" if any(objects) else "list"
    if said in {"table", "sections"}:
        return str(said)
    cells = [one for row in value for one in row.values()]
    is_short = all(not isinstance(one, list | Mapping) for one in cells)
    is_short = is_short and all(len(cell(one)) <= _CELL for one in cells)
    return "table" if is_short else "sections"


def _sections(form: Form, value: Sequence[Any], title: str, level: int) -> Blocks:
    """One section an item: ``## Email 1: the welcome``."""
    item_form = form.get("items", _NO_FORM)
    label = passages.line(str(form.get("x-label") or "")) or title or "Part"
    for number, item in enumerate(value, start=1):
        head, rest = f"{label} {number}", item
        if isinstance(item, Mapping):
            key = next((one for one in ("name", "title") if _is_name(item, one)), None)
            rest = {name: one for name, one in item.items() if name != key}
            head += f": {passages.line(item[key])}" if key is not None else ""
        yield _heading(head, level)
        yield from _value(item_form, rest, min(level + 1, DEEPEST))


def _fields(form: Form, value: Mapping[str, Any], level: int) -> Blocks:
    """An object's short values as labelled lines, together; the rest in its place."""
    lines: list[str] = []
    for name, one, part in _ordered(form, value):
        label = named(name, part)
        if _is_line(part, one):
            lines.append(f"**{passages.label(label)}:** {cell(one).strip()}")
            continue
        if lines:
            yield "\n".join(lines)
            lines = []
        yield from _long(part, one, label, level)
    if lines:
        yield "\n".join(lines)


def _long(form: Form, value: Any, label: str, level: int) -> Blocks:
    is_body = isinstance(value, str) and form.get("x-render") == "text"
    blocks = list(_value(form, value, level))
    if isinstance(value, list) and _shape(form, value) == "sections":
        yield from _sections(form, value, label, level)
    elif is_body:
        yield from blocks
    elif blocks:
        yield f"**{passages.label(label)}:**"
        yield from blocks


def _table(form: Form, rows: Sequence[Mapping[str, Any]]) -> str:
    titles = columns(form, rows)
    lines = [list(titles.values()), ["---"] * len(titles)]
    lines += [[cell(row.get(key)) for key in titles] for row in rows]
    cells = ([passages.cell(one) for one in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _heading(said: str, level: int) -> str:
    return f"{'#' * min(level, DEEPEST)} {said}"


def _ordered(form: Form, value: Mapping[str, Any]) -> Iterator[tuple[str, Any, Form]]:
    """The properties that say something: as the form orders them, then the others."""
    known = _properties(form)
    for name in {**known, **value}:
        if name in value and _says(value[name]):
            yield name, value[name], known.get(name, _NO_FORM)


def _properties(form: Any) -> Mapping[str, Form]:
    found = form.get("properties", {}) if isinstance(form, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _is_line(form: Form, value: Any) -> bool:
    if isinstance(value, list | Mapping) or form.get("x-render") in {"text", "code"}:
        return False
    return not isinstance(value, str) or passages.is_line(value)


def _is_name(item: Mapping[str, Any], key: str) -> bool:
    return isinstance(item.get(key), str) and bool(passages.line(item[key]))


def _says(value: Any) -> bool:
    """Whether there is anything in it to read."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list | Mapping):
        inner = value.values() if isinstance(value, Mapping) else value
        return any(map(_says, inner))
    return value is not None


def _code(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)
