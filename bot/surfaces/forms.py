"""An operation's parameters as a form, and a filled form as parameters. Pure."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from agent.registry import BY_NAME, AnyOperation
from channels.contract import SECRET, Field, FieldKind, Form, Inbound

LONG = 300
"""Characters beyond which an answer is given several lines."""
LABEL, TITLE = 60, 24
PREFIX = "form:"
MACHINES_OWN = frozenset({"cursor", "limit"})
"""Parameters that people never fill in."""

_KINDS: tuple[tuple[type, FieldKind], ...] = (
    (SecretStr, FieldKind.SECRET),
    (bool, FieldKind.YES_NO),
    (int, FieldKind.NUMBER),
    (float, FieldKind.NUMBER),
    (Decimal, FieldKind.NUMBER),
    (date, FieldKind.DATE),
    (str, FieldKind.TEXT),
)
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
        if (made := _field(name, info, raw.get(name))) is not None
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
    return tuple(
        n for n, one in fields if _kind(_bare(one.annotation)) == FieldKind.SECRET
    )


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


def _field(name: str, info: FieldInfo, given: object) -> Field | None:
    bare = _bare(info.annotation)
    kind, choices = _kind(bare), _choices(bare, _labels(info))
    if kind is None or name in MACHINES_OWN:
        return None
    least, most = _limits(info)
    if kind is FieldKind.TEXT and (most or 0) > LONG:
        kind = FieldKind.LONG
    label, hint = _label(name, info)
    return Field(
        name=name,
        label=label,
        kind=kind,
        required=info.is_required(),
        default=_default(kind, info, given),
        hint=hint,
        choices=choices,
        at_least=least,
        at_most=most,
    )


def _is_shown(op: AnyOperation, one: Field, faults: Mapping[str, str]) -> bool:
    takes = op.command.takes if op.command else ()
    return one.required or one.name in takes or one.name in faults


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) not in {Union, UnionType}:
        return annotation
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return parts[0] if len(parts) == 1 else None


def _kind(bare: Any) -> FieldKind | None:
    if _choices(bare):
        return FieldKind.CHOICE
    if not isinstance(bare, type):
        return None
    # A datetime is a date to Python, and more than anybody types.
    fits = (kind for of, kind in _KINDS if issubclass(bare, of))
    return None if issubclass(bare, datetime) else next(fits, None)


def _labels(info: FieldInfo) -> Mapping[str, Any]:
    """What the choices are called, where the shape says so."""
    extra = info.json_schema_extra
    labels = extra.get("labels") if isinstance(extra, dict) else None
    return labels if isinstance(labels, dict) else {}


def _choices(
    bare: Any, labels: Mapping[str, Any] | None = None
) -> tuple[tuple[str, str], ...]:
    if get_origin(bare) is Literal:
        values = [str(one) for one in get_args(bare)]
    elif isinstance(bare, type) and issubclass(bare, Enum):
        values = [str(one.value) for one in bare]
    else:
        return ()
    called = labels or {}
    return tuple(
        (one, str(called.get(one) or _capital(one.replace("_", " ")))) for one in values
    )


def _limits(info: FieldInfo) -> tuple[float | None, float | None]:
    least: float | None = None
    most: float | None = None
    for one in _bounds(info):
        if isinstance(one, MinLen):
            least = one.min_length
        elif isinstance(one, MaxLen):
            most = one.max_length
        elif isinstance(one, Ge | Gt):
            least = _number(one.ge if isinstance(one, Ge) else one.gt)
        elif isinstance(one, Le | Lt):
            most = _number(one.le if isinstance(one, Le) else one.lt)
    return least, most


def _bounds(info: FieldInfo) -> Iterator[Any]:
    for one in info.metadata:
        yield from one if isinstance(one, GroupedMetadata) else (one,)


def _number(bound: Any) -> float | None:
    return float(bound) if isinstance(bound, int | float | Decimal) else None


def _label(name: str, info: FieldInfo) -> tuple[str, str]:
    meant = (info.description or "").rstrip(".")
    if info.title:
        return info.title, meant
    if meant and len(meant) <= LABEL:
        return _capital(meant), ""
    return _capital(name.replace("_", " ")), meant


def _default(kind: FieldKind, info: FieldInfo, given: object) -> str:
    if kind is FieldKind.SECRET:
        return ""
    held = info.default if given is None and not info.is_required() else given
    if held is None:
        return ""
    if isinstance(held, bool):
        return "yes" if held else "no"
    return str(held.value if isinstance(held, Enum) else held)


def _meant(name: str, info: FieldInfo, said: str) -> object:
    made = _field(name, info, None)
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
    title = _capital(words.replace("_", " "))
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def _submit(op: AnyOperation) -> str:
    return "Show" if op.effect == "read" else "Save"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
