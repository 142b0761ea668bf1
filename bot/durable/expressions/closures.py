"""What an expression is compiled to: functions of two events."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.durable.expressions.values import MISSING, Binary, step, truthy

Event = Mapping[str, Any]
Run = Callable[[Event, Event], Any]
Path = tuple[str | int, ...]
"""The name of an event, then members and elements."""
Join = tuple[tuple[str, ...], tuple[str, ...]]


def constant(value: Any) -> Run:
    """Return what a literal is compiled to."""
    return lambda _e, _a: value


def follow(path: Path) -> Run:
    """Return what a path is compiled to."""
    root, *parts = path
    steps = tuple(parts)

    def follow(event: Event, other: Event) -> Any:
        value: Any = event if root == "event" else other
        for part in steps:
            value = step(value, part)
        return value

    return follow


def applied(operator: Binary, left: Run, right: Run) -> Run:
    """Return what an operator between two parts is compiled to."""
    return lambda e, a: operator(left(e, a), right(e, a))


def called(function: Callable[[Any], Any], given: Run) -> Run:
    """Return what a call is compiled to."""
    return lambda e, a: function(given(e, a))


def present(path: Run) -> Run:
    """Return what ``has`` is compiled to."""
    return lambda e, a: path(e, a) is not MISSING


def chosen(test: Run, yes: Run, no: Run) -> Run:
    """Return what a choice between two parts is compiled to."""
    return lambda e, a: yes(e, a) if truthy(test(e, a)) else no(e, a)


def gathered(runs: Sequence[Run]) -> Run:
    """Return what a list is compiled to."""

    def gather(event: Event, other: Event) -> list[Any]:
        found = [run(event, other) for run in runs]
        return [None if value is MISSING else value for value in found]

    return gather


def either(runs: Sequence[Run]) -> Run:
    """Return what parts with || between them are compiled to."""
    *others, last = runs

    def first_truthy(event: Event, other: Event) -> Any:
        for run in others:
            value = run(event, other)
            if truthy(value):
                return value
        return last(event, other)

    return first_truthy


def every(runs: Sequence[Run]) -> Run:
    """Return what parts with && between them are compiled to."""
    *others, last = runs

    def first_falsy(event: Event, other: Event) -> Any:
        for run in others:
            value = run(event, other)
            if not truthy(value):
                return value
        return last(event, other)

    return first_falsy


def joined(left: Path, right: Path) -> Join | None:
    """Return the paths in event and async, if there is one in each."""
    sides = {path[0]: path[1:] for path in (left, right) if path}
    if sides.keys() != {"event", "async"}:
        return None
    event, other = (
        tuple(part for part in sides[name] if isinstance(part, str))
        for name in ("event", "async")
    )
    whole = len(event) == len(sides["event"]) and len(other) == len(sides["async"])
    return (event, other) if whole and event and other else None
