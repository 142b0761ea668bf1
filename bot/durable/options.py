"""The options of a function that say when and whether its runs begin, and end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from bot.durable.declared import Declared
from bot.durable.expressions import Expression
from bot.durable.plan import (
    Batch,
    CancelOn,
    Concurrency,
    Debounce,
    RateLimit,
    Singleton,
    Throttle,
    Timeouts,
)

SIDES = ("event", "async")
MOST = 1_000_000
MOST_CANCELS = 5
MOST_EVENTS = 100
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def concurrency(given: Declared) -> Concurrency | None:
    """Return how many runs may be active at once; None for any number."""
    limits = _limits(given)
    if not limits:
        return None
    if len(limits) > 1:
        raise given.refuse(
            "more than one concurrency limit is not supported by the embedded engine"
        )
    found = given.part("concurrency", limits[0], "key", "limit", "scope")
    scope = _scope(found)
    key = found.expression("key")
    if scope != "fn" and key is None:
        raise found.refuse(f"scope {scope!r} needs a key", "Give it a key.")
    return Concurrency(found.number("limit", 1, MOST), key, scope)


def _limits(given: Declared) -> list[Any]:
    limits = given.given.get("concurrency")
    # SDKs of other languages send one limit bare.
    if limits and isinstance(limits, int):
        return [{"limit": limits}]
    return [limits] if isinstance(limits, Mapping) else given.list("concurrency")


def _scope(found: Declared) -> Literal["fn", "env", "account"]:
    scope: Any = found.given.get("scope") or "fn"
    if scope not in ("fn", "env", "account"):
        raise found.refuse(f"scope {scope!r} is not supported")
    return scope  # type: ignore[no-any-return]  # just checked


def priority(given: Declared) -> Expression | None:
    """Return which runs go before others; None for no such order."""
    found = given.option("priority", "run")
    return found.expression("run") if found else None


def rate_limit(given: Declared) -> RateLimit | None:
    """Return how many events may start a run; None for all."""
    found = given.option("rateLimit", "key", "limit", "period")
    if not found:
        return None
    period = found.needed_time("period", DAY)
    return RateLimit(found.number("limit", 1, MOST), period, found.expression("key"))


def throttle(given: Declared) -> Throttle | None:
    """Return how fast runs may start; None for at once."""
    found = given.option("throttle", "key", "limit", "period", "burst")
    if not found:
        return None
    return Throttle(
        found.number("limit", 1, MOST),
        found.needed_time("period", WEEK),
        found.number("burst", 1, MOST, default=1),
        found.expression("key"),
    )


def debounce(given: Declared) -> Debounce | None:
    """Return how long events have to be quiet; None for not at all."""
    found = given.option("debounce", "key", "period", "timeout")
    if not found:
        return None
    period = found.needed_time("period", WEEK)
    return Debounce(period, found.expression("key"), found.time("timeout"))


def batch(given: Declared) -> Batch | None:
    """Return how events are gathered for one run; None for one a run."""
    found = given.option("batchEvents", "maxSize", "timeout", "key", "if")
    if not found:
        return None
    return Batch(
        found.number("maxSize", 2, MOST_EVENTS),
        found.needed_time("timeout"),
        found.expression("key"),
        found.expression("if"),
    )


def singleton(given: Declared) -> Singleton | None:
    """Return what happens to a second run; None for nothing."""
    found = given.option("singleton", "key", "mode")
    if not found:
        return None
    mode: Any = found.given.get("mode")
    if mode not in ("skip", "cancel"):
        raise found.refuse(f"mode {mode!r} is not supported", "Say skip or cancel.")
    return Singleton(mode, found.expression("key"))


def cancel_on(given: Declared) -> tuple[CancelOn, ...]:
    """Return the events that end a run."""
    found = given.list("cancel")
    if len(found) > MOST_CANCELS:
        raise given.refuse(f"there are more than {MOST_CANCELS} events that cancel")
    parts = (given.part("cancel", one, "event", "if", "timeout") for one in found)
    return tuple(_cancel(part) for part in parts)


def _cancel(found: Declared) -> CancelOn:
    event = found.event_name()
    if "*" in event:
        raise found.refuse(f"event {event!r} is not one event", "Name one event.")
    return CancelOn(event, found.expression("if", SIDES), found.time("timeout"))


def timeouts(given: Declared) -> Timeouts | None:
    """Return how long a run may wait and take; None for any time."""
    found = given.option("timeouts", "start", "finish")
    return Timeouts(found.time("start"), found.time("finish")) if found else None
