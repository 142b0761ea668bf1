from typing import Any

import inngest
import pytest

from bot.durable.functions import Unsupported, read
from tests.bot.durable.world import client

EVENT = inngest.TriggerEvent(event="go")


def function(**options: Any) -> inngest.Function[Any]:
    given: dict[str, Any] = {"fn_id": "f", "trigger": EVENT} | options

    @client().create_function(**given)
    async def run(_: inngest.Context) -> None: ...

    return run


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"priority": inngest.Priority(run="1")}, "priority"),
        ({"rate_limit": inngest.RateLimit(limit=1, period=1000)}, "rateLimit"),
        ({"debounce": inngest.Debounce(period=1000)}, "debounce"),
        ({"throttle": inngest.Throttle(limit=1, period=1000)}, "throttle"),
        ({"batch_events": inngest.Batch(max_size=2)}, "batchEvents"),
        ({"singleton": inngest.Singleton(mode="skip")}, "singleton"),
        ({"timeouts": inngest.Timeouts(finish=1000)}, "timeouts"),
        ({"cancel": [inngest.Cancel(event="stop")]}, "cancel"),
        ({"idempotency": "event.data.x"}, "event.data.x"),
        ({"trigger": inngest.TriggerCron(cron="* * * * *")}, "cron"),
        ({"trigger": inngest.TriggerEvent(event="a/*")}, "a/*"),
        (
            {"trigger": inngest.TriggerEvent(event="a", expression="event.ts > 1")},
            "event.ts > 1",
        ),
        (
            {"concurrency": [inngest.Concurrency(limit=1, key="event.user.id")]},
            "event.user.id",
        ),
        ({"concurrency": [inngest.Concurrency(limit=1, scope="env")]}, "env"),
        ({"concurrency": [inngest.Concurrency(limit=1)] * 2}, "more than one"),
    ],
)
def test_an_unsupported_option_refuses_the_boot_by_name(
    options: dict[str, Any], named: str
) -> None:
    with pytest.raises(Unsupported) as refusal:
        read([function(**options)])
    assert named in refusal.value.message
    assert "t-f" in refusal.value.message


def test_two_functions_of_one_name_refuse_the_boot() -> None:
    with pytest.raises(Unsupported, match="t-f"):
        read([function(), function()])


def test_retries_count_on_top_of_the_first_attempt() -> None:
    assert read([function(retries=0)])["t-f"].max_attempts == 1
    assert read([function(retries=2)])["t-f"].max_attempts == 3
    assert read([function()])["t-f"].max_attempts == 5


def test_a_trigger_compares_one_value_of_the_event() -> None:
    given = inngest.TriggerEvent(event="go", expression="event.data.a.b == 'yes'")
    (trigger,) = read([function(trigger=given)])["t-f"].triggers
    assert trigger.matches("go", {"a": {"b": "yes"}})
    assert not trigger.matches("go", {"a": {"b": "no"}})
    assert not trigger.matches("go", {"a": "yes"})
    assert not trigger.matches("went", {"a": {"b": "yes"}})


def test_a_lane_is_the_function_and_the_keys_value() -> None:
    keyed = [inngest.Concurrency(limit=2, key="event.data.chat")]
    plan = read([function(concurrency=keyed)])["t-f"]
    assert plan.limit == 2
    assert plan.lane({"chat": "1"}) != plan.lane({"chat": 1})
    assert plan.lane({"chat": "1"}) == plan.lane({"chat": "1", "more": 2})
    assert read([function()])["t-f"].lane({"chat": "1"}) is None
