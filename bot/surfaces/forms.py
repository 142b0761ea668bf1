"""An operation's parameters as a form, and a filled form as parameters. Pure."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from agent.registry import BY_NAME, AnyOperation
from bot.surfaces.fields import capital, field_of, is_secret
from channels.contract import Inbound
from channels.forms import SECRET, Field, FieldKind, Form

TITLE = 24
PREFIX = "form:"

_SAID = {"yes": True, "no": False}
_NEEDED = "This is needed."
_NUMBER = "A number, please, such as 12."
_DATE = "A date, please, such as 2026-11-21."
_BAD_SORT = {
    "missing": _NEEDED,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_parsing": _NUMBER,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "bool_parsing": "Yes or no?",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that came back: raw parameters, and what is wrong with which field."""

    raw: Mapping[str, object]
    faults: Mapping[str, str]


def wanted(
    op: AnyOperation, raw: Mapping[str, object], *, ask: bool = False
) -> Form | None:
    """The form for a call that lacks something; None when not, or it cannot be asked.

    ``ask``: show it even so, with all that may be changed.
    """
    faults, fields = faults_of(op, raw), op.params.model_fields
    lacks = any(name in fields and fields[name].is_required() for name in faults)
    if not (lacks or ask):
        return None
    return form_of(
        op, raw, {} if ask else faults, op.params.model_fields if ask else ()
    )


def form_of(
    op: AnyOperation,
    raw: Mapping[str, object],
    faults: Mapping[str, str],
    also: Collection[str] = (),
) -> Form | None:
    """What is asked for a call, filled in as far as ``raw`` goes.

    ``also`` names optional parameters to ask for besides. None when something is
    missing that nobody could type, such as an id.
    """
    fields = {
        name: made
        for name, info in op.params.model_fields.items()
        if (made := field_of(name, info, raw.get(name))) is not None
    }
    if not faults.keys() <= fields.keys():
        return None
    shown = [
        replace(one, fault=_kind_words(raw.get(one.name), faults.get(one.name, "")))
        for one in fields.values()
        if one.name in also or _is_shown(op, one, faults)
    ]
    names = {one.name for one in shown}
    rest = {name: value for name, value in raw.items() if name not in names}
    given = json.dumps(rest, default=str) if rest else ""
    return Form(f"{PREFIX}{op.name}", _title(op), tuple(shown), given, _submit(op))


def op_of(name: str) -> AnyOperation | None:
    """The operation that a form is for."""
    return BY_NAME.get(name.removeprefix(PREFIX))


def read(op: AnyOperation, given: str, answers: Mapping[str, str]) -> Filled:
    """A filled form as raw parameters; answers that are empty are left out."""
    raw: dict[str, object] = json.loads(given) if given else {}
    for wire, said in answers.items():
        name = wire.removeprefix(SECRET)
        info = op.params.model_fields.get(name)
        if info is not None and said.strip():
            raw[name] = _meant(name, info, said)
    return Filled(raw, faults_of(op, raw))


def faults_of(op: AnyOperation, raw: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with which parameter, in words for whoever filled it in."""
    try:
        op.params.model_validate(raw)
    except ValidationError as refused:
        # From the bottom, so that the first complaint about a field is what stays.
        errors = reversed(refused.errors(include_url=False, include_input=False))
        return {_name(error): _words(error) for error in errors}
    return {}


def secrets_of(op: AnyOperation) -> tuple[str, ...]:
    """The parameters that are secrets."""
    fields = op.params.model_fields.items()
    return tuple(n for n, one in fields if is_secret(one))


def faults_in(inbound: Inbound) -> dict[str, str]:
    """What is wrong with a filled form, under the names its fields travel by."""
    op = op_of(inbound.pressed)
    if op is None:
        return {}
    faults = read(op, inbound.extra.get("given", ""), inbound.answers).faults
    return {
        wire: faults[name]
        for wire in inbound.answers
        if (name := _bare_name(wire)) in faults
    }


def _bare_name(wire: str) -> str:
    return wire.removeprefix(SECRET)


def told(form: Form, answers: Mapping[str, str]) -> str:
    """What somebody filled in, as a text to keep; secrets are not in it."""
    return "\n".join(_lines(form, answers)) or form.title


def _lines(form: Form, answers: Mapping[str, str]) -> Iterator[str]:
    for one in form.fields:
        said = answers.get(one.wire, "").strip()
        if one.kind is not FieldKind.SECRET and said:
            yield f"{one.label}: {dict(one.choices).get(said, said)}"


def _is_shown(op: AnyOperation, one: Field, faults: Mapping[str, str]) -> bool:
    takes = op.command.takes if op.command else ()
    return one.required or one.name in takes or one.name in faults


def _meant(name: str, info: FieldInfo, said: str) -> object:
    made = field_of(name, info, None)
    plain = said.strip()
    if made is None:
        return plain
    if made.kind is FieldKind.YES_NO:
        return _SAID.get(plain.casefold(), plain)
    for value, label in made.choices:
        if plain.casefold() in {value.casefold(), label.casefold()}:
            return value
    if made.kind is FieldKind.NUMBER:
        return plain.lstrip("#")
    return said if made.kind is FieldKind.SECRET else plain


def _name(error: Any) -> str:
    return str(error["loc"][0]) if error["loc"] else ""


def _words(error: Any) -> str:
    facts, kind = error.get("ctx", {}), error["type"]
    if kind in _BAD_SORT:
        return _BAD_SORT[kind]
    if kind in {"literal_error", "enum"}:
        return f"One of {facts['expected']}, please."
    if kind in {"string_too_long", "too_long"}:
        return f"At most {facts['max_length']:,} characters, please."
    if kind in {"string_too_short", "too_short"}:
        least = facts["min_length"]
        return _NEEDED if least == 1 else f"At least {least} characters, please."
    return f"{error['msg']}."


def _kind_words(given: object, fault: str) -> str:
    # Nobody did anything wrong by not having been asked yet.
    return fault if given is not None else ""


def _title(op: AnyOperation) -> str:
    words = op.command.words if op.command else op.name.partition(".")[2]
    title = capital(words.replace("_", " "))
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def _submit(op: AnyOperation) -> str:
    return "Show" if op.effect == "read" else "Save"
