"""The catalogue as a model's tools: few at a time, the fitting ones, within the rights.

Choosing is plain arithmetic over words, so that the same request has the same tools, in
every round and after every restart.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from typing import Any

from pydantic import BaseModel

from agent import gate
from agent.ctx import Caller
from agent.llm.port import Tool
from agent.llm.prompt import clean, wrap_outside
from agent.operation import Surface
from agent.registry import BY_NAME, AnyOperation, on

MOST = 10
"""Tools of one turn."""
ALWAYS = ("runs.start", "catalog.skills")
"""Offered whatever is said: where pieces come from."""
RESULT = 6000
"""Characters of a result that a model is told."""
KEPT_BACK = frozenset({"message_id"})
"""Parameters that the call's own surroundings know, and no model."""
OTHERS_WORDS = frozenset(
    {"runs.status", "runs.list", "runs.show", "runs.search", "runs.approvals"}
    | {"runs.read", "runs.outputs", "runs.search_outputs", "clients.show"}
    | {"runs.feedback", "runs.review", "runs.report_issue"}
    | {"catalog.instructions", "identity.members", "identity.audit"}
    | {"identity.privacy"}
    | {"clients.history", "clients.version", "clients.compare"}
    | {"billing.usage", "billing.budget"}
    | {"runs.why", "runs.labels", "runs.rules"}
    | {"catalog.skill", "catalog.rules", "catalog.show_rule", "catalog.versions"}
    | {"catalog.diff", "catalog.tests", "catalog.quality", "catalog.unhappy"}
    | {"catalog.learnt"}
)
"""What repeats requests, pieces, profiles and names that somebody else wrote.

They are of the team, so that people and programs read them as they are; a model is
told them as material, for whoever writes them must not steer what it does for others.
"""

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "by", "can", "could", "do", "does"}
    | {"for", "from", "give", "has", "have", "how", "i", "in", "is", "it", "me", "my"}
    | {"now", "of", "on", "or", "our", "please", "so", "some", "tell", "that", "the"}
    | {"their", "them", "then", "there", "these", "they", "this", "to", "up", "us"}
    | {"was", "we", "were", "what", "when", "which", "who", "will", "with", "would"}
    | {"you", "your"}
)
_NUMBERED = re.compile(r"#\s?\d")
_WEIGHTS = (3.0, 3.0, 2.0, 1.0)
"""Of a word in the name, in what people type or say, in the summary, elsewhere."""
_EARLIER = 0.3
"""What a word of the turns before counts, beside one of the request."""
_SAME = {
    "client": "brand customer company business",
    "member": "people person colleague teammate team",
    "status": "going working busy happening",
    "usage": "spent spend spending cost money",
    "run": "job work",
    "output": "piece draft text copy",
    "cancel": "stop abort",
    "remove": "delete drop erase kick",
    "list": "show see",
    "new": "add create make",
    "history": "change changed edit",
    "audit": "log",
    "workspace": "account",
    "budget": "limit ceiling",
    "invite": "invitation join",
    "instruction": "rule always never",
    "settings": "preference language timezone",
    "model": "ai llm",
    "retry": "again redo",
    "skill": "write able",
    "rename": "call name",
    "archive": "hide",
    "restore": "bring back",
    "key": "token secret api",
}
"""What people say for what we call something."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What tools are chosen by."""

    request: str
    earlier: Sequence[str] = ()
    """Recent turns of the conversation."""


def offered(caller: Caller, spoken: Spoken, most: int = MOST) -> list[AnyOperation]:
    """The operations that fit what was said, of those the caller may call."""
    allowed = [op for op in on(Surface.TOOL) if gate.may(caller, op)]
    always = [op for op in allowed if op.name in ALWAYS]
    asked = _asked(spoken)
    scored = [(_score(op.name, asked), op) for op in allowed if op not in always]
    # By score, then in the catalogue's order: sorting is stable.
    best = sorted(scored, key=lambda pair: -pair[0])
    return [*always, *(op for score, op in best if score > 0)][:most]


def tool(op: AnyOperation) -> Tool:
    """An operation as a model sees it."""
    described = " ".join(op.summary.partition("\n\nRaises:")[0].split())
    if op.example:
        told = {k: v for k, v in op.example.items() if k not in KEPT_BACK}
        described += (
            f" For example: {json.dumps(told, ensure_ascii=False, default=str)}"
        )
    return Tool(wire_name(op.name), described, schema(op.params))


def wire_name(name: str) -> str:
    """An operation's name as providers allow it: letters, digits, ``_`` and ``-``."""
    return name.replace(".", "__")


def of_wire(name: str, caller: Caller) -> AnyOperation | None:
    """The operation a model names, if it is a tool and the caller may call it."""
    op = BY_NAME.get(name.replace("__", "."))
    if op is None or Surface.TOOL not in op.on or not gate.may(caller, op):
        return None
    return op


def schema(params: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of parameters: flat, without what only people read."""
    whole = params.model_json_schema()
    known = whole.get("$defs", {})
    fields = {
        name: _plain(field, known)
        for name, field in whole.get("properties", {}).items()
        if name not in KEPT_BACK
    }
    needed = [name for name in whole.get("required", ()) if name in fields]
    shape = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**shape, "required": needed} if needed else shape


def told(op: AnyOperation, result: BaseModel) -> str:
    """A result for the model: JSON, cut to size; a stranger's text is marked."""
    said = clean(json.dumps(_lean(result.model_dump(mode="json")), ensure_ascii=False))
    if len(said) > RESULT:
        more = (
            "cursor and limit get the rest"
            if "cursor" in op.params.model_fields
            else ("ask for less at once, or for one thing by its name or number")
        )
        said = f"{said[:RESULT]}\n[Cut here; {more}.]"
    return wrap_outside(said, f"result of {op.name}") if taints(op) else said


def taints(op: AnyOperation) -> bool:
    """Whether a result carries words that the asker did not write."""
    return op.reads_outside or op.name in OTHERS_WORDS


def _lean(value: Any) -> Any:
    """The value without what is empty, for tokens are money."""
    if isinstance(value, dict):
        lean = {key: _lean(inner) for key, inner in value.items()}
        return {key: inner for key, inner in lean.items() if inner not in (None, "")}
    if isinstance(value, list):
        return [_lean(inner) for inner in value]
    return value


def _plain(field: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in field:
        found = known[field["$ref"].rpartition("/")[2]]
        field = {**found, **{k: v for k, v in field.items() if k != "$ref"}}
    if "anyOf" in field:
        one = [kind for kind in field["anyOf"] if kind.get("type") != "null"]
        rest = {key: value for key, value in field.items() if key != "anyOf"}
        field = {**one[0], **rest} if len(one) == 1 else {**rest, "anyOf": one}
        if "$ref" in field:
            return _plain(field, known)
    kept = {
        k: v for k, v in field.items() if k != "title" and (k, v) != ("default", None)
    }
    for inner in ("items", "additionalProperties"):
        if isinstance(kept.get(inner), dict):
            kept[inner] = _plain(kept[inner], known)
    if "properties" in kept:
        kept["properties"] = {
            k: _plain(v, known) for k, v in kept["properties"].items()
        }
    return kept


def _asked(spoken: Spoken) -> dict[str, float]:
    weights = dict.fromkeys(_stems(" ".join(spoken.earlier)), _EARLIER)
    named = " run number" if _NUMBERED.search(spoken.request) else ""
    return weights | dict.fromkeys(_stems(spoken.request + named), 1.0)


def _score(name: str, asked: Mapping[str, float]) -> float:
    words, rarity = _index()
    mine = words[name]
    return sum(mine.get(stem, 0) * rarity.get(stem, 0) * asked[stem] for stem in asked)


@cache
def _index() -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Tool -> its words and their weights; word -> how rare it is among the tools."""
    words = {op.name: _words(op) for op in on(Surface.TOOL)}
    spread = Counter(stem for mine in words.values() for stem in mine)
    rarity = {stem: log(1 + len(words) / n) for stem, n in spread.items()}
    return words, rarity


def _words(op: AnyOperation) -> dict[str, float]:
    fields = op.params.model_fields
    typed = [op.command.words, *op.command.also, *op.command.says] if op.command else []
    parts = (
        op.name,
        " ".join(typed),
        op.summary.partition("\n\nRaises:")[0],
        " ".join(f"{name} {field.description or ''}" for name, field in fields.items()),
    )
    weights: dict[str, float] = {}
    for weight, part in zip(_WEIGHTS, parts, strict=True):
        for stem in _stems(part):
            weights[stem] = max(weight, weights.get(stem, 0.0))
    for stem in [stem for stem in weights if stem in _OTHER]:
        for other in _OTHER[stem]:
            weights.setdefault(other, weights[stem] * 0.8)
    return weights


def _stems(text: str) -> list[str]:
    """The words that mean something, cut to what their forms have in common."""
    return list(dict.fromkeys(_each(_WORD.findall(text.casefold()))))


def _each(words: Iterable[str]) -> Iterable[str]:
    return (_stem(word) for word in words if word not in _STOP and len(word) > 1)


def _stem(word: str) -> str:
    for end in ("ings", "ing", "ies", "als", "al", "ed", "es", "s", "e"):
        if word.endswith(end) and len(word) - len(end) >= 3:  # noqa: PLR2004 - letters
            return word[: -len(end)] + ("y" if end == "ies" else "")
    return word


_OTHER = {_stem(word): _stems(others) for word, others in _SAME.items()}
