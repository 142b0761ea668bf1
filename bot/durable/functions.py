"""Reading what functions declare, as the SDK syncs it, into plans.

Source: ``FunctionConfig`` of the installed SDK; what Inngest's server refuses (bounds,
and options that exclude each other) is refused here, too.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import inngest

from bot.durable import options
from bot.durable.cron import Cron
from bot.durable.declared import Declared, duration
from bot.durable.errors import Unsupported
from bot.durable.plan import Plan, Trigger, look_up

__all__ = [
    "DEFAULT_RETRIES",
    "Plan",
    "Trigger",
    "Unsupported",
    "configs",
    "duration",
    "look_up",
    "read",
    "read_config",
]

DEFAULT_RETRIES = 4
"""What Inngest's server does when a function does not say."""
FAILED = "inngest/function.failed"
OPTIONS = (
    *("id", "name", "steps", "triggers", "batchEvents", "cancel", "concurrency"),
    *("debounce", "idempotency", "priority", "rateLimit", "singleton", "throttle"),
    "timeouts",
)
APART = {
    "singleton": ("concurrency",),
    "batchEvents": (
        *("cancel", "debounce", "idempotency", "priority", "rateLimit"),
        "singleton",
    ),
}
"""What Inngest does not let one function have together."""
MOST_RETRIES = 20
MOST_TRIGGERS = 10
LONGEST_JITTER = timedelta(minutes=5)

Config = dict[str, Any]


def configs(functions: Iterable[inngest.Function[Any]]) -> list[Config]:
    """Return what the functions declare, and their failure handlers, as JSON."""
    declared = [function.get_config("http://engine") for function in functions]
    parts = [part for both in declared for part in (both.main, both.on_failure)]
    return [_dumped(part) for part in parts if part is not None]


def read(functions: Iterable[inngest.Function[Any]]) -> dict[str, Plan]:
    """Return the plan of every function, and of its failure handler, by id.

    Raises:
        Unsupported: An option or a trigger this engine does not do.
    """
    plans: dict[str, Plan] = {}
    for config in configs(functions):
        plan = read_config(config)
        if plan.id in plans:
            raise Unsupported(
                f"Two functions are called {plan.id!r}.",
                hint="Give one of them another fn_id.",
            )
        plans[plan.id] = plan
    return plans


def read_config(config: Config) -> Plan:
    """Return the plan of one function from the JSON it is synced as.

    Raises:
        Unsupported: An option or a trigger this engine does not do.
    """
    name = config.get("id")
    if not isinstance(name, str) or not name:
        raise Unsupported("A function has no id.", hint="Sync it with one.")
    given = Declared(name, "options", config, *OPTIONS)
    _check_combinations(given)
    failing = _on_failure_of(name, config)
    return Plan(
        id=name,
        triggers=_triggers(given),
        # The SDK declares no retries for a failure handler; but who tells the person
        # must not die with one worker, so it is repeated like any other function.
        max_attempts=1 + (DEFAULT_RETRIES if failing else _retries(given)),
        concurrency=options.concurrency(given),
        priority=options.priority(given),
        rate_limit=options.rate_limit(given),
        throttle=options.throttle(given),
        debounce=options.debounce(given),
        batch=options.batch(given),
        singleton=options.singleton(given),
        cancel_on=options.cancel_on(given),
        timeouts=options.timeouts(given),
        idempotency=given.expression("idempotency"),
        on_failure_of=failing,
    )


def _dumped(declared: Any) -> Config:
    config = declared.to_dict()
    if isinstance(config, Exception):
        # The SDK hands back what it could not write, a duration of half a second say.
        raise Unsupported(
            f"Function {declared.id!r}: {config}.", hint="Write whole seconds."
        ) from config
    return dict(config)


def _check_combinations(given: Declared) -> None:
    for option, others in APART.items():
        for other in others:
            if given.given.get(option) and given.given.get(other):
                why = f"{option!r} and {other!r} do not go together"
                raise given.refuse(why, "Take one of them out.")


def _on_failure_of(name: str, config: Config) -> str:
    main = name.removesuffix("-failure")
    expression = f"event.data.function_id == '{main}'"
    made = [{"event": FAILED, "expression": expression}]
    return main if main != name and config.get("triggers") == made else ""


def _retries(given: Declared) -> int:
    steps = given.option("steps", *(given.given.get("steps") or ()))
    first = next(iter(steps.given.values()), None) if steps else None
    retries = first.get("retries") if isinstance(first, dict) else None
    if retries is None:
        return DEFAULT_RETRIES
    found = given.part("retries", retries, "attempts")
    return found.number("attempts", 0, MOST_RETRIES, DEFAULT_RETRIES)


def _triggers(given: Declared) -> tuple[Trigger, ...]:
    found = given.list("triggers")
    if len(found) > MOST_TRIGGERS:
        raise given.refuse(f"there are more than {MOST_TRIGGERS} triggers")
    known = ("event", "expression", "cron", "jitter")
    made = tuple(_trigger(given.part("trigger", one, *known)) for one in found)
    same = [(one.event, one.when, one.cron and one.cron.expression) for one in made]
    if any(one in same[:place] for place, one in enumerate(same)):
        raise given.refuse("the same trigger stands twice", "Take one of them out.")
    return made


def _trigger(given: Declared) -> Trigger:
    if given.given.get("cron"):
        return Trigger(cron=_cron(given))
    event = given.event_name()
    if "*" in event.removesuffix("*") or (
        event.endswith("*") and not event.endswith(("/*", ".*"))
    ):
        raise given.refuse(
            f"event {event!r}: a * stands only at the end, after / or .",
            "Write it as in 'app/*' or 'app/user.*'.",
        )
    return Trigger(event, given.expression("expression"))


def _cron(given: Declared) -> Cron:
    jitter = given.time("jitter", LONGEST_JITTER)
    try:
        return Cron(str(given.given["cron"]), jitter or timedelta(0))
    except Unsupported as error:
        raise given.refuse(error.message[:-1], error.hint) from error
