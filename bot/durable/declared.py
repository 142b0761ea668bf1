"""One option of a function as it is declared: its values, or a refusal by name."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.durable import expressions
from bot.durable.errors import Unsupported
from bot.durable.expressions import Expression

UNITS_S = {
    "w": 604_800.0,
    "d": 86_400.0,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
}
PART = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(ms|us|ns|[wdhms])", re.ASCII)
DURATION = re.compile(rf"(?:{PART.pattern})+", re.ASCII)
SECOND = timedelta(seconds=1)
LONGEST_NAME = 255
LONGEST = timedelta(days=36_500)
HINT = "Change it, or set INNGEST_BASE_URL to use an Inngest server."


def duration(given: Any) -> timedelta:
    """Return the time that a text such as ``90s`` or ``1h30m`` stands for.

    Raises:
        Unsupported: It is none, or longer than a century.
    """
    if isinstance(given, str) and DURATION.fullmatch(given):
        parts = PART.findall(given)
        seconds = sum(float(count) * UNITS_S[unit] for count, unit in parts)
        if seconds <= LONGEST.total_seconds():
            return timedelta(seconds=seconds)
    raise Unsupported(f"{given!r} is no duration.", hint="Write it as in '1h30m'.")


class Declared:
    """The values of one option of one function."""

    def __init__(self, function: str, option: str, given: Any, *known: str) -> None:
        """Read ``given``, a JSON object with no other keys than ``known``.

        Raises:
            Unsupported: It is no object, or says more than is known.
        """
        self._function = function
        self._option = option
        if not isinstance(given, Mapping):
            raise self.refuse(f"{given!r} is no object")
        self.given: Mapping[str, Any] = given
        for key in sorted(key for key, value in given.items() if value):
            if key not in known:
                raise self.refuse(f"{key!r} is not supported")

    def part(self, option: str, given: Any, *known: str) -> "Declared":
        """Return the values of a part of this option.

        Raises:
            Unsupported: It is no object, or says more than is known.
        """
        return Declared(self._function, option, given, *known)

    def option(self, option: str, *known: str) -> "Declared | None":
        """Return the values of the part at a key of the same name; None for none.

        Raises:
            Unsupported: It is no object, or says more than is known.
        """
        given = self.given.get(option)
        return self.part(option, given, *known) if given else None

    def refuse(self, why: str, hint: str = HINT) -> Unsupported:
        """Return the refusal of this option."""
        said = f"Function {self._function!r}: {self._option}: {why}."
        return Unsupported(said, hint=hint)

    def list(self, option: str) -> list[Any]:
        """Return the list at a key; an empty one for none.

        Raises:
            Unsupported: It is something else.
        """
        given = self.given.get(option) or []
        if not isinstance(given, list):
            raise self.refuse(f"{option} {given!r} is no list")
        return given

    def event_name(self) -> str:
        """Return the name at ``event``.

        Raises:
            Unsupported: There is none, or it is too long.
        """
        event = self.given.get("event")
        if not isinstance(event, str) or not 0 < len(event) <= LONGEST_NAME:
            raise self.refuse("there is no event name", "Give one of 255 letters.")
        return event

    def number(self, key: str, least: int, most: int, default: Any = None) -> int:
        """Return the whole number at ``key``, within these bounds.

        Raises:
            Unsupported: It is none, or beyond them.
        """
        value = self.given.get(key)
        value = default if value is None else value
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not least <= value <= most:
            raise self.refuse(f"{key} {value!r} is not from {least} to {most}")
        return int(value)

    def time(self, key: str, most: timedelta = LONGEST) -> timedelta | None:
        """Return the duration at ``key``, a second at least; None for none.

        Raises:
            Unsupported: It cannot be read, or is out of bounds.
        """
        if not self.given.get(key):
            return None
        try:
            found = duration(self.given[key])
        except Unsupported as error:
            raise self.refuse(f"{key} {error.message[:-1]}", error.hint) from error
        if not SECOND <= found <= most:
            raise self.refuse(f"{key} {self.given[key]!r} is not from 1s to {most}")
        return found

    def needed_time(self, key: str, most: timedelta = LONGEST) -> timedelta:
        """Return the duration at ``key``.

        Raises:
            Unsupported: There is none, it cannot be read, or is out of bounds.
        """
        found = self.time(key, most)
        if found is None:
            raise self.refuse(f"{key} is missing", "Give one, as in '10s'.")
        return found

    def expression(
        self, key: str, names: tuple[str, ...] = ("event",)
    ) -> Expression | None:
        """Return the expression at ``key`` over these names; None for none.

        Raises:
            Unsupported: It is outside the subset.
        """
        text = self.given.get(key)
        if not text:
            return None
        if not isinstance(text, str):
            raise self.refuse(f"{key} {text!r} is no expression")
        try:
            return expressions.compile(text, names=names)
        except Unsupported as error:
            raise self.refuse(f"{key}: {error.message[:-1]}", error.hint) from error
