"""What the operators and functions of an expression do with JSON values.

All of them are total: values that do not fit give None (or False, where a truth is
asked for), and none works longer, or makes more, than a small multiple of its input.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

Binary = Callable[[Any, Any], Any]


class Missing:
    """What a path leads to where there is nothing; equal to null only."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = Missing()
MOST_TEXT = 65_536
"""Characters; a longer text is not made."""
INT64 = range(-(2**63), 2**63)
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
DIGITS = 20
"""More than a 64-bit integer has."""


def step(value: Any, part: str | int) -> Any:
    """Return the member or element ``part`` of a value, else ``MISSING``."""
    if isinstance(part, str):
        return value.get(part, MISSING) if isinstance(value, Mapping) else MISSING
    if isinstance(value, list) and 0 <= part < len(value):
        return value[part]
    return MISSING


def truthy(value: Any) -> bool:
    """Tell what && || ?: make of a value: empty text, 0, null and missing are false."""
    if isinstance(value, Mapping | list):
        return True
    return value is not MISSING and bool(value)


def equal(left: Any, right: Any) -> bool:
    """Compare as JSON: 1 equals 1.0 but not true; missing equals null only."""
    if left is MISSING or right is MISSING:
        return left is None or right is None
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            equal(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return type(left) is type(right) and bool(left == right)


def unequal(left: Any, right: Any) -> bool:
    """Tell whether two values differ."""
    return not equal(left, right)


def less(left: Any, right: Any) -> bool:
    """Order numbers, and texts; nothing else is less than anything."""
    return _ordered(left, right) and bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    """Order numbers, and texts, as ``less`` does."""
    return _ordered(left, right) and bool(left <= right)


def more(left: Any, right: Any) -> bool:
    """Order numbers, and texts, as ``less`` does."""
    return less(right, left)


def at_least(left: Any, right: Any) -> bool:
    """Order numbers, and texts, as ``less`` does."""
    return at_most(right, left)


def within(left: Any, right: Any) -> bool:
    """Tell whether a list has an element, or an object a key."""
    if isinstance(right, Mapping):
        return isinstance(left, str) and left in right
    return isinstance(right, list) and any(equal(left, one) for one in right)


def add(left: Any, right: Any) -> Any:
    """Add numbers, or join texts; a number beside a text is written out."""
    if isinstance(left, str) or isinstance(right, str):
        return _joined(text(left), text(right))
    return _number(left, right, lambda a, b: a + b)


def subtract(left: Any, right: Any) -> Any:
    """Subtract numbers."""
    return _number(left, right, lambda a, b: a - b)


def multiply(left: Any, right: Any) -> Any:
    """Multiply numbers."""
    return _number(left, right, lambda a, b: a * b)


def divide(left: Any, right: Any) -> Any:
    """Divide numbers; integers towards zero."""
    return _number(left, right, _quotient) if right else None


def remainder(left: Any, right: Any) -> Any:
    """Return what is left of an integer after dividing it towards zero."""
    if not isinstance(left, int) or not isinstance(right, int) or not right:
        return None
    return _number(left, right, lambda a, b: a - b * _quotient(a, b))


def negative(value: Any) -> Any:
    """Return the number with the other sign."""
    return subtract(0, value)


def opposite(value: Any) -> bool | None:
    """Return the other truth; None for what is no truth."""
    return not value if isinstance(value, bool) else None


def size(value: Any) -> int | None:
    """Count characters, elements or members; nothing has none."""
    if value is MISSING:
        return 0
    return len(value) if isinstance(value, str | list | Mapping) else None


def text(value: Any) -> str | None:
    """Write a number or a truth out; whole numbers without a fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(value)
    if isinstance(value, int):
        return str(value) if value in INT64 else None
    return value if isinstance(value, str) else None


def integer(value: Any) -> int | None:
    """Read a text of digits, or cut a number's fraction off."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        plain = digits.isascii() and digits.isdigit() and len(digits) <= DIGITS
        value = int(value) if plain else None
    if not _is_number(value) or not _is_finite(value):
        return None
    return int(value) if int(value) in INT64 else None


def double(value: Any) -> float | None:
    """Read a number, or a text that holds one."""
    if isinstance(value, str) and len(value) > 2 * DIGITS:
        return None
    if not isinstance(value, str) and not _is_number(value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def lower(value: Any) -> str | None:
    """Return a text in small letters."""
    return value.lower() if isinstance(value, str) else None


def upper(value: Any) -> str | None:
    """Return a text in capitals."""
    return value.upper() if isinstance(value, str) else None


def lower_ascii(value: Any) -> str | None:
    """Return a text with A to Z in small letters."""
    return value.translate(LOWER) if isinstance(value, str) else None


def upper_ascii(value: Any) -> str | None:
    """Return a text with a to z in capitals."""
    return value.translate(UPPER) if isinstance(value, str) else None


def contains(value: Any, part: Any) -> bool:
    """Tell whether a text holds another."""
    return isinstance(value, str) and isinstance(part, str) and part in value


def starts_with(value: Any, part: Any) -> bool:
    """Tell whether a text begins with another."""
    return isinstance(value, str) and isinstance(part, str) and value.startswith(part)


def ends_with(value: Any, part: Any) -> bool:
    """Tell whether a text ends with another."""
    return isinstance(value, str) and isinstance(part, str) and value.endswith(part)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or isfinite(value)


def _ordered(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str)
    return _is_number(left) and _is_number(right)


def _joined(left: str | None, right: str | None) -> str | None:
    if left is None or right is None or len(left) + len(right) > MOST_TEXT:
        return None
    return left + right


def _number(left: Any, right: Any, made: Binary) -> Any:
    for value in (left, right):
        if not _is_number(value) or (isinstance(value, int) and value not in INT64):
            return None
    return _limited(made(left, right))


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def _limited(value: Any) -> Any:
    fits = value in INT64 if isinstance(value, int) else isfinite(value)
    return value if fits else None
