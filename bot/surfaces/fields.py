"""One parameter as a field of a form. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from channels.forms import Field, FieldKind

LONG = 300
"""Characters beyond which an answer is given several lines."""
LABEL = 60
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


def is_secret(info: FieldInfo) -> bool:
    """Whether a parameter is a secret."""
    return _kind(_bare(info.annotation)) is FieldKind.SECRET


def field_of(name: str, info: FieldInfo, given: object) -> Field | None:
    """The field, filled in with ``given``; None for what nobody types."""
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
        after=_after(info),
    )


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


def _after(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    return str(extra.get("after", "")) if isinstance(extra, dict) else ""


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
        (one, str(called.get(one) or capital(one.replace("_", " ")))) for one in values
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
        return capital(meant), ""
    return capital(name.replace("_", " ")), meant


def _default(kind: FieldKind, info: FieldInfo, given: object) -> str:
    if kind is FieldKind.SECRET:
        return ""
    held = info.default if given is None and not info.is_required() else given
    if held is None:
        return ""
    if isinstance(held, bool):
        return "yes" if held else "no"
    return str(held.value if isinstance(held, Enum) else held)


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
