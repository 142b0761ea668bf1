"""Expressions over events: a closed subset of CEL, compiled once into closures.

What is not in the subset is refused by name when it is compiled; what is in it never
raises when it is evaluated. Docs: ``docs/decisions/0009-expressions-and-cron.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.durable.expressions.closures import Event, Join, Run
from bot.durable.expressions.grammar import parse
from bot.durable.expressions.values import MISSING


@dataclass(frozen=True, slots=True)
class Expression:
    """What an event has to be, or which of its values is a key."""

    text: str
    run: Run = field(repr=False, compare=False)
    join: Join | None = None
    """The paths in event and async of which one conjunct says that they are equal."""

    def value(self, event: Event, async_: Event | None = None) -> Any:
        """Return what it comes to as JSON; None where names or types do not fit."""
        try:
            found = self.run(event, async_ or {})
        except RecursionError:
            return None
        return None if found is MISSING else found

    def holds(self, event: Event, async_: Event | None = None) -> bool:
        """Tell whether it comes to true itself."""
        return self.value(event, async_) is True


def compile(text: str, *, names: Sequence[str] = ("event",)) -> Expression:  # noqa: A001 - the field's word, used with its module
    """Return the expression that ``text`` writes down, over these names.

    Raises:
        Unsupported: What of it the subset does not have, and where it stands.
    """
    return _compiled(text, tuple(names))


@lru_cache(maxsize=1024)
def _compiled(text: str, names: tuple[str, ...]) -> Expression:
    node = parse(text, names)
    return Expression(text, node.run, node.join)
