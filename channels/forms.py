"""What a door may ask a person to fill in, whatever the form looks like there."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from channels.contract import Outgoing

SECRET = "secret:"  # noqa: S105 - a name's beginning
"""Begins the name under which a form's secret answer travels."""


class FieldKind(StrEnum):
    """How a form's field is filled in."""

    TEXT = "text"
    LONG = "long"
    """Several lines."""
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"
    """``yes`` or ``no``."""
    DATE = "date"
    """``2026-11-21``."""
    SECRET = "secret"  # noqa: S105 - a kind of field


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks for. All values are texts."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    default: str = ""
    """Stands there already: what was given before, or what holds unless changed."""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """``(value, label)``."""
    at_least: float | None = None
    """Characters of a text, or the number itself."""
    at_most: float | None = None
    fault: str = ""
    """What was wrong with the answer that is asked for again."""
    after: str = ""
    """Asked only where the field of this name was answered."""

    @property
    def wire(self) -> str:
        """The name its answer travels under."""
        return f"{SECRET}{self.name}" if self.kind is FieldKind.SECRET else self.name


@dataclass(frozen=True, slots=True)
class Form:
    """Something to fill in, for one operation."""

    name: str
    """Comes back as ``Inbound.pressed``, with the answers."""
    title: str
    fields: tuple[Field, ...]
    given: str = ""
    """JSON that comes back as ``Inbound.extra["given"]``; never a secret."""
    submit: str = "Send"
    shown: str = ""
    """Somebody's words that it is about, as they stand; shown above the fields."""

    def to_json(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            **asdict(self),
            "fields": [asdict(one) | {"wire": one.wire} for one in self.fields],
        }


@runtime_checkable
class OpensForms(Protocol):
    """A door that can show a form in a window of its own, for a moment after a press.

    Where it cannot, the fields are asked for one by one.
    """

    async def open_form(self, form: Form, at: Outgoing) -> bool:
        """Show the form to whoever did what ``at.extra`` is of; False when too late.

        It never raises: the questions are always there to fall back on.
        """
        ...
