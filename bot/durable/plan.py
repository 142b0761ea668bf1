"""What the engine knows of a function: its triggers, limits and patience."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from bot.durable.cron import Cron
from bot.durable.expressions import Expression
from bot.durable.keys import key_of

Event = Mapping[str, Any]
"""What expressions see of an event: id, name, data, user and ts."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a function: events of a name, or the clock."""

    event: str = ""
    """``app/*`` and ``app/user.*`` stand for all that go on after the last sign."""
    when: Expression | None = None
    cron: Cron | None = None

    def matches(self, event: Event) -> bool:
        """Tell whether an event starts the function."""
        if not self._names(event["name"]):
            return False
        return self.when is None or self.when.holds(event)

    def _names(self, name: str) -> bool:
        if self.event.endswith("*"):
            return name.startswith(self.event[:-1])
        return bool(self.event) and name == self.event


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many runs may be active at once, per value of the key."""

    limit: int
    key: Expression | None = None
    scope: Literal["fn", "env", "account"] = "fn"
    """Other than ``fn``: functions with the same key text share the limit."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many runs may start in a period; further events start none."""

    limit: int
    period: timedelta
    key: Expression | None = None


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many runs may start in a period; further ones start later."""

    limit: int
    period: timedelta
    burst: int = 1
    key: Expression | None = None


@dataclass(frozen=True, slots=True)
class Debounce:
    """How long it must be quiet before the last event starts a run."""

    period: timedelta
    key: Expression | None = None
    timeout: timedelta | None = None
    """The longest that events can put a run off."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How many events, or how long a wait, make one run."""

    max_size: int
    timeout: timedelta
    key: Expression | None = None
    when: Expression | None = None
    """Other events start a run of their own at once."""


@dataclass(frozen=True, slots=True)
class Singleton:
    """What an event does while a run with its key is active."""

    mode: Literal["skip", "cancel"]
    key: Expression | None = None


@dataclass(frozen=True, slots=True)
class CancelOn:
    """The events that end a run; ``async`` in the expression is the later one."""

    event: str
    when: Expression | None = None
    timeout: timedelta | None = None
    """How long after its start a run can be ended so."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a run may wait for its start, and take from there."""

    start: timedelta | None = None
    finish: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One function as the engine runs it."""

    id: str
    triggers: tuple[Trigger, ...]
    max_attempts: int
    concurrency: Concurrency | None = None
    priority: Expression | None = None
    """Seconds by which a run goes before others; negative: after."""
    rate_limit: RateLimit | None = None
    throttle: Throttle | None = None
    debounce: Debounce | None = None
    batch: Batch | None = None
    singleton: Singleton | None = None
    cancel_on: tuple[CancelOn, ...] = ()
    timeouts: Timeouts | None = None
    idempotency: Expression | None = None
    on_failure_of: str = ""
    """The function whose failures this one handles; empty for an ordinary one."""

    @property
    def limit(self) -> int | None:
        """How many runs of one lane may be active at once."""
        return self.concurrency.limit if self.concurrency else None

    def starts_on(self, event: Event) -> bool:
        """Tell whether an event starts the function."""
        return any(trigger.matches(event) for trigger in self.triggers)

    def bucket(self, key: Expression | None, event: Event) -> str:
        """Return what runs of this function share that have the same key."""
        return f"{self.id}:{_written(key, event)}"

    def lane(self, event: Event) -> str | None:
        """Return the concurrency lane of a run that ``event`` starts."""
        wanted = self.concurrency
        if wanted is None:
            return None
        if wanted.scope == "fn" or wanted.key is None:
            return self.bucket(wanted.key, event)
        return f"{wanted.scope}:{wanted.key.text}:{_written(wanted.key, event)}"


def look_up(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the value at ``path``, None where there is none."""
    value: Any = data
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _written(key: Expression | None, event: Event) -> str:
    return key_of(key.value(event) if key else None)
