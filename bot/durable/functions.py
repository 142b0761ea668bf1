"""What the engine has to know of each function, read from the SDK's declaration."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import inngest

from agent.errors import BadInput

DEFAULT_RETRIES = 4
"""What Inngest's server does when a function does not say."""
PATH = re.compile(r"event\.data((?:\.[A-Za-z_]\w*)+)")
EQUALITY = re.compile(PATH.pattern + r"\s*==\s*(?:'([^'\\]*)'|\"([^\"\\]*)\")")
SUPPORTED = {"id", "name", "steps", "triggers", "concurrency", "idempotency"}

Config = dict[str, Any]
Data = Mapping[str, Any]


class Unsupported(BadInput):
    """A function asks for what the embedded engine does not do."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The events that start a function."""

    event: str
    path: tuple[str, ...] = ()
    value: str = ""

    def matches(self, name: str, data: Data) -> bool:
        """Tell whether an event starts the function."""
        if name != self.event:
            return False
        return not self.path or look_up(data, self.path) == self.value


@dataclass(frozen=True, slots=True)
class Plan:
    """One function as the engine runs it."""

    id: str
    triggers: tuple[Trigger, ...]
    max_attempts: int
    limit: int | None = None
    """How many of its runs may be active at once, per value of ``key``."""
    key: tuple[str, ...] = ()
    on_failure_of: str = ""
    """The function whose failures this one handles; empty for an ordinary one."""

    def lane(self, data: Data) -> str | None:
        """Return the concurrency lane of a run started with ``data``."""
        if self.limit is None:
            return None
        value = look_up(data, self.key) if self.key else None
        return f"{self.id}:{json.dumps(value, sort_keys=True)}"


def read(functions: Iterable[inngest.Function[Any]]) -> dict[str, Plan]:
    """Return the plan of every function, and of its failure handler, by id.

    Raises:
        Unsupported: An option or a trigger this engine does not do.
    """
    plans: dict[str, Plan] = {}
    for function in functions:
        declared = function.get_config("http://engine")
        main = _read(declared.main)
        if main.id in plans:
            raise Unsupported(f"Two functions are called {main.id!r}.")
        plans[main.id] = main
        if declared.on_failure:
            # The SDK declares no retries; but who tells the person must not die with
            # one worker, so it is repeated like any other function.
            handler = _read(declared.on_failure, main.id)
            plans[handler.id] = replace(handler, max_attempts=1 + DEFAULT_RETRIES)
    return plans


def look_up(data: Data, path: tuple[str, ...]) -> Any:
    """Return the value at ``path``, None where there is none."""
    value: Any = data
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _read(declared: Any, on_failure_of: str = "") -> Plan:
    config: Config = declared.to_dict()
    name = config["id"]
    for option in sorted(key for key, value in config.items() if value):
        if option not in SUPPORTED:
            raise _unsupported(name, f"option {option!r}")
    if config["idempotency"] not in (None, "event.id"):
        raise _unsupported(name, f"idempotency {config['idempotency']!r}")
    limit, key = _concurrency(name, config["concurrency"] or [])
    return Plan(
        id=name,
        triggers=tuple(_trigger(name, trigger) for trigger in config["triggers"]),
        max_attempts=1 + _retries(config["steps"]["step"]),
        limit=limit,
        key=key,
        on_failure_of=on_failure_of,
    )


def _retries(step: Config) -> int:
    retries = step["retries"]
    return DEFAULT_RETRIES if retries is None else int(retries["attempts"])


def _concurrency(name: str, given: list[Config]) -> tuple[int | None, tuple[str, ...]]:
    if not given:
        return None, ()
    if len(given) > 1:
        raise _unsupported(name, "more than one concurrency limit")
    limit, key, scope = given[0]["limit"], given[0]["key"], given[0]["scope"]
    if scope not in (None, "fn"):
        raise _unsupported(name, f"concurrency scope {scope!r}")
    if limit < 1:
        raise _unsupported(name, f"concurrency limit {limit}")
    return limit, _path(name, key) if key else ()


def _trigger(name: str, given: Config) -> Trigger:
    if "cron" in given:
        raise _unsupported(name, f"cron trigger {given['cron']!r}")
    if "*" in given["event"]:
        raise _unsupported(name, f"wildcard trigger {given['event']!r}")
    expression = given["expression"]
    if not expression:
        return Trigger(given["event"])
    found = EQUALITY.fullmatch(expression.strip())
    if not found:
        raise _unsupported(name, f"trigger expression {expression!r}")
    path, single, double = found.groups()
    value = single if single is not None else double
    return Trigger(given["event"], tuple(path[1:].split(".")), value)


def _path(name: str, expression: str) -> tuple[str, ...]:
    found = PATH.fullmatch(expression.strip())
    if not found:
        raise _unsupported(name, f"concurrency key {expression!r}")
    return tuple(found[1][1:].split("."))


def _unsupported(name: str, what: str) -> Unsupported:
    return Unsupported(
        f"Function {name!r}: {what} is not supported by the embedded engine.",
        hint="Take it out, or set INNGEST_BASE_URL to use an Inngest server.",
    )
