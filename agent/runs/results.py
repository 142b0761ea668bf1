"""A piece that is data: read from what the model said, held to its form, and kept.

What fits the form is kept as data and laid out to be read. What does not is never
lost: as far as it is JSON at all it is laid out, else its words stand as they are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jiter
from jsonschema import Draft202012Validator

from agent.catalog import layout
from agent.errors import NotFound
from agent.llm.port import Completion, Stop, Turn
from agent.llm.prompt import clean
from agent.llm.rehearsal import LABEL
from agent.ports import Objects

DEEPEST = 30
"""Levels of objects and arrays; what lies deeper is no result of ours."""

FAULTS = 8
"""So many are told when it is asked for again."""

MENDING = "-form"
"""Ends the name of the step that asks for data again which does not fit."""

REHEARSAL = "rehearsal"

_FAULT = 200
_FENCED = re.compile(r"\A\s*```\w*\s*\n(?P<inside>.*?)(?:\n\s*```\s*)?\Z", re.DOTALL)
_MEND = """\
That does not fit the form:
{faults}

Write all of it again, as one JSON object that fits. Change nothing else."""

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What an answer came to."""

    text: str
    """To be read, Markdown."""
    data: Mapping[str, Any] | None = None
    """As its form has it; None: it does not fit."""
    faults: tuple[str, ...] = ()
    """What does not fit, and where."""


def read(form: Form, completion: Completion) -> Result:
    """The whole answer of a model that was asked for data."""
    said = completion.text
    value = _value(said, is_whole=completion.stop is Stop.END)
    if not isinstance(value, dict) or not _is_shallow(value, DEEPEST):
        return Result(said, faults=("It is no JSON object.",))
    faults = _faults(form, value)
    if completion.stop is not Stop.END:
        faults = ("It ends too early.", *faults)
    text = layout.markdown(form, value)
    if completion.provider == REHEARSAL:
        text = labelled(text)
    return Result(text or said, None if faults else value, faults)


def growing(form: Form, said: str, *, is_rehearsal: bool = False) -> str:
    """What can be read of an answer so far; empty where that is nothing yet."""
    if not _begun(said):
        return said  # words after all
    value = _value(said, is_whole=False)
    if not isinstance(value, dict) or not _is_shallow(value, DEEPEST):
        return ""
    text = layout.markdown(form, value)
    return labelled(text) if text and is_rehearsal else text


def labelled(text: str) -> str:
    """A rehearsal's piece, which is never shown without saying so."""
    return f"> {LABEL}\n\n{text}"


def mending(said: str, faults: Sequence[str]) -> Sequence[Turn]:
    """An answer that does not fit, and the request for one that does."""
    listed = "\n".join(f"- {fault}" for fault in faults[:FAULTS])
    return Turn("assistant", said), Turn("user", _MEND.format(faults=listed))


async def draft(
    objects: Objects, key: str, form: Form | None, completion: Completion
) -> tuple[str, ...]:
    """Keep an answer under ``key`` to be read; what of it does not fit its form.

    Beside it the data is kept, or what was said in its place.
    """
    result = read(form, completion) if form is not None else Result(completion.text)
    if form is not None:
        told = {"said": completion.text}
        data = result.data
        await _keep(objects, key, form, told if data is None else {"data": data})
    await objects.put(key, result.text.encode(), media_type="text/markdown")
    return result.faults[:FAULTS]


async def settle(objects: Objects, draft: str, key: str) -> Mapping[str, Any] | None:
    """The data of a draft, kept beside the finished piece as well; None: it has none.

    Raises:
        Unavailable: The store does not answer.
    """
    found = await kept(objects, draft)
    if found is None:
        return None
    form, data = found
    await _keep(objects, key, form, {"data": data})
    return data


async def _keep(
    objects: Objects, key: str, form: Form, told: Mapping[str, Any]
) -> None:
    # With its form, and all in the order that the database does not remember.
    body = json.dumps({"form": form, **told}, ensure_ascii=False).encode()
    await objects.put(beside(key), body, media_type="application/json")


async def kept(objects: Objects, key: str) -> tuple[Form, Mapping[str, Any]] | None:
    """The form and the data beside the text under ``key``; None: it is only text."""
    found = await _file(objects, key)
    return (found["form"], found["data"]) if "data" in found else None


async def said(objects: Objects, key: str) -> str:
    """The piece under ``key`` as its model said it: JSON where it was asked for data.

    Raises:
        NotFound: It is gone.
    """
    found = await _file(objects, key)
    if "data" in found:
        return json.dumps(found["data"], ensure_ascii=False)
    return found.get("said") or (await objects.get(key)).decode()


def beside(key: str) -> str:
    """Where the data lies of a text under ``key``."""
    return f"{key.removesuffix('.md')}.json"


async def _file(objects: Objects, key: str) -> dict[str, Any]:
    try:
        found = json.loads(await objects.get(beside(key)))
    except NotFound:
        return {}
    return found if isinstance(found, dict) else {}


def _value(said: str, *, is_whole: bool) -> Any:
    """The JSON in an answer, and the beginning of it where it is cut; None: none."""
    fenced = _FENCED.match(said)
    body = (fenced["inside"] if fenced else said).strip().encode(errors="replace")
    try:
        found = jiter.from_json(
            body,
            allow_inf_nan=False,
            partial_mode=False if is_whole else "trailing-strings",
        )
    except ValueError:
        return None
    return _clean(found) if _is_shallow(found, DEEPEST) else found


def _begun(said: str) -> bool:
    start = said.lstrip()
    return not start or start.startswith("{") or "```".startswith(start[:3])


def _clean(value: Any) -> Any:
    """The value without letters that no database takes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): _clean(one) for key, one in value.items()}
    return value


def _is_shallow(value: Any, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return True
    return left > 0 and all(_is_shallow(one, left - 1) for one in inner)


def _faults(form: Form, value: Any) -> tuple[str, ...]:
    errors = Draft202012Validator(form).iter_errors(value)
    return tuple(
        f"{'/'.join(map(str, one.absolute_path)) or 'the whole'}: "
        f"{one.message[:_FAULT]}"
        for one in errors
    )
