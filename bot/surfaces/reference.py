"""The API's reference: the page at ``/v1/`` and ``docs/api.md``, from the catalogue."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup
from pydantic import BaseModel

from agent.errors import AgentError
from agent.identity import repeats
from agent.operation import Surface
from agent.registry import AnyOperation, on
from bot.surfaces import problems
from bot.surfaces.openapi import INTRO, room_of
from bot.surfaces.problems import Answer
from bot.surfaces.rest import PREFIX, methods

KEY = "$DRAPER_KEY"
HERE = "http://127.0.0.1:8000"

MADE = """\
Made from the catalogue by `make catalogue`; a test compares. The page at `/v1/` and
`/v1/openapi.json` of a running Draper say the same."""

MODELS = """\
The same operations are tools of an MCP server at `/mcp` (streamable HTTP, the same
keys). There a model chooses: what spends, sends, publishes or destroys waits for a
person's yes, and so does every change once it has read a stranger's text."""

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or part of a result, in words."""

    name: str
    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One code of a problem document, in words."""

    code: str
    status: int
    says: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation, in words."""

    name: str
    room: str
    first: str
    effect: str
    role: str
    methods: str
    takes: tuple[Field, ...]
    gives: tuple[Field, ...]
    curl: str


def page(public_url: str) -> Answer:
    """The page for people."""
    base = public_url.rstrip("/") or HERE
    html = _pages.get_template("reference.html").render(
        intro=Markup(MarkdownIt("commonmark", {"html": False}).render(INTRO)),  # noqa: S704 - our own words
        base=base,
        operations=[*entries(base)],
        refusals=refusals(),
    )
    return Answer(200, html.encode(), "text/html; charset=utf-8")


def markdown() -> str:
    """The same as a document."""
    parts = [
        "# API",
        MADE,
        INTRO.strip(),
        MODELS,
    ]
    for entry in entries(HERE):
        parts += _entry(entry)
    parts += ["## Refusals", "| code | status | when |\n|---|---|---|\n" + _table()]
    return "\n\n".join(parts) + "\n"


def entries(base: str) -> Iterator[Entry]:
    """Every operation of the surface, in catalogue order."""
    for op in on(Surface.REST):
        first, _, _ = op.summary.partition("\n")
        yield Entry(
            name=op.name,
            room=room_of(op),
            first=first,
            effect=op.effect.value,
            role=op.role.name.lower(),
            methods=" or ".join(methods(op)),
            takes=tuple(_fields(op.params, "validation")),
            gives=tuple(_fields(op.result, "serialization")),
            curl=_curl(op, base),
        )


def refusals() -> list[Refusal]:
    """Every code that an operation or this surface may answer with, by status."""
    known = {error.code: error for error in _errors()}
    return [
        Refusal(code, error.status, (error.__doc__ or "").strip().partition("\n")[0])
        for code, error in sorted(
            known.items(), key=lambda one: (one[1].status, one[0])
        )
    ]


def _errors() -> Iterator[type[AgentError]]:
    """The errors of every module that the operations stand on, and of the surface."""
    seen = {problems.__name__, repeats.__name__}
    left = [*seen, *(op.run.__module__ for op in on(Surface.REST))]
    while left:
        for value in vars(sys.modules[left.pop()]).values():
            # Where a name comes from: what else this process loaded is no matter.
            home = str(getattr(value, "__module__", getattr(value, "__name__", "")))
            if home.startswith("agent.") and home not in seen:
                seen.add(home)
                left.append(home)
            if isinstance(value, type) and issubclass(value, AgentError):
                yield value


def _fields(model: type[BaseModel], mode: Any) -> Iterator[Field]:
    schema = model.model_json_schema(mode=mode)
    required = schema.get("required", ()) if mode == "validation" else ()
    for name, told in schema.get("properties", {}).items():
        must = ", required" if name in required else ""
        yield Field(name, _kind(told) + must, told.get("description", ""))


def _kind(told: dict[str, Any]) -> str:
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if "anyOf" in told:
        kinds = dict.fromkeys(_kind(one) for one in told["anyOf"])
        return " or ".join(kind for kind in kinds if kind != "null") or "null"
    if told.get("type") == "array":
        return f"list of {_kind(told.get('items', {}))}"
    return str(told.get("format") or told.get("type") or "any")


def _curl(op: AnyOperation, base: str) -> str:
    body = json.dumps(dict(op.example), default=str)
    return (
        f"curl {base}{PREFIX}{op.name} \\\n"
        f'  -H "Authorization: Bearer {KEY}" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def _entry(entry: Entry) -> Iterator[str]:
    yield f"## {entry.name}"
    yield entry.first
    yield (
        f"{entry.methods} `{PREFIX}{entry.name}`, effect {entry.effect}, for"
        f" {entry.role}s and above."
    )
    for title, fields in (("Takes", entry.takes), ("Returns", entry.gives)):
        if fields:
            listed = "\n".join(
                f"- `{one.name}` ({one.kind}): {one.says}" for one in fields
            )
            yield f"{title}:\n\n{listed}"
    yield f"```sh\n{entry.curl}\n```"


def _table() -> str:
    return "\n".join(f"| `{r.code}` | {r.status} | {r.says} |" for r in refusals())
