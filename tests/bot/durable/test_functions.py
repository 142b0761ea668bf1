import json
from datetime import timedelta
from typing import Any

import inngest
import pytest

from bot.durable import expressions
from bot.durable.cron import Cron
from bot.durable.functions import (
    Plan,
    Unsupported,
    configs,
    duration,
    look_up,
    read,
    read_config,
)
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
from tests.bot.durable.world import client

EVENT = inngest.TriggerEvent(event="go")
KEY = expressions.compile("event.data.chat")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def function(**options: Any) -> inngest.Function[Any]:
    given: dict[str, Any] = {"fn_id": "f", "trigger": EVENT} | options

    @client().create_function(**given)
    async def run(_: inngest.Context) -> None: ...

    return run


def plan(**options: Any) -> Plan:
    return read([function(**options)])["t-f"]


def event(name: str = "go", **data: Any) -> dict[str, Any]:
    return {"id": "e", "name": name, "data": data, "user": {}, "ts": 1}


def refusal(**options: Any) -> str:
    with pytest.raises(Unsupported) as found:
        plan(**options)
    assert "t-f" in found.value.message
    assert found.value.hint
    return found.value.message


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        (
            {"concurrency": [inngest.Concurrency(limit=2, key="event.data.chat")]},
            "concurrency",
            Concurrency(2, KEY),
        ),
        (
            {
                "concurrency": [
                    inngest.Concurrency(limit=2, key="event.data.chat", scope="env")
                ]
            },
            "concurrency",
            Concurrency(2, KEY, "env"),
        ),
        (
            {"rate_limit": inngest.RateLimit(limit=3, period=MINUTE, key=KEY.text)},
            "rate_limit",
            RateLimit(3, MINUTE, KEY),
        ),
        (
            {"throttle": inngest.Throttle(limit=3, period=90_000, key=KEY.text)},
            "throttle",
            Throttle(3, 90 * SECOND, 1, KEY),
        ),
        (
            {"throttle": inngest.Throttle(limit=3, period=1000, burst=5)},
            "throttle",
            Throttle(3, SECOND, 5),
        ),
        (
            {"debounce": inngest.Debounce(period=1000, key=KEY.text, timeout=MINUTE)},
            "debounce",
            Debounce(SECOND, KEY, MINUTE),
        ),
        (
            {
                "batch_events": inngest.Batch(
                    max_size=2, timeout=1000, key=KEY.text, if_exp="event.data.bulk"
                )
            },
            "batch",
            Batch(2, SECOND, KEY, expressions.compile("event.data.bulk")),
        ),
        (
            {"singleton": inngest.Singleton(mode="cancel", key=KEY.text)},
            "singleton",
            Singleton("cancel", KEY),
        ),
        (
            {
                "cancel": [
                    inngest.Cancel(
                        event="stop",
                        if_exp="event.data.a == async.data.a",
                        timeout=1000,
                    )
                ]
            },
            "cancel_on",
            (
                CancelOn(
                    "stop",
                    expressions.compile(
                        "event.data.a == async.data.a", names=("event", "async")
                    ),
                    SECOND,
                ),
            ),
        ),
        (
            {"timeouts": inngest.Timeouts(start=timedelta(days=1), finish=1000)},
            "timeouts",
            Timeouts(timedelta(days=1), SECOND),
        ),
        (
            {"priority": inngest.Priority(run="event.data.vip ? 120 : 0")},
            "priority",
            expressions.compile("event.data.vip ? 120 : 0"),
        ),
        ({"idempotency": "event.data.chat"}, "idempotency", KEY),
    ],
)
def test_every_option_is_read(
    options: dict[str, Any], field: str, expected: object
) -> None:
    assert getattr(plan(**options), field) == expected


def test_without_options_nothing_is_limited() -> None:
    assert plan() == Plan("t-f", plan().triggers, 5)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"concurrency": [inngest.Concurrency(limit=1)] * 2}, "more than one"),
        ({"concurrency": [inngest.Concurrency(limit=0)]}, "concurrency: limit 0"),
        ({"concurrency": [inngest.Concurrency(limit=-1)]}, "limit -1"),
        ({"concurrency": [inngest.Concurrency(limit=1, scope="env")]}, "needs a key"),
        ({"concurrency": [inngest.Concurrency(limit=1, key="x.y")]}, "name 'x'"),
        ({"rate_limit": inngest.RateLimit(limit=0, period=1000)}, "rateLimit: limit 0"),
        (
            {"rate_limit": inngest.RateLimit(limit=1, period=timedelta(days=2))},
            "rateLimit: period '2d'",
        ),
        ({"rate_limit": inngest.RateLimit(limit=1, period=500)}, "at least 1 second"),
        ({"throttle": inngest.Throttle(limit=0, period=1000)}, "throttle: limit 0"),
        (
            {"throttle": inngest.Throttle(limit=1, period=1000, burst=0)},
            "throttle: burst 0",
        ),
        (
            {"debounce": inngest.Debounce(period=timedelta(days=8))},
            "debounce: period '8d'",
        ),
        ({"batch_events": inngest.Batch(max_size=1, timeout=1000)}, "maxSize 1"),
        ({"batch_events": inngest.Batch(max_size=101, timeout=1000)}, "maxSize 101"),
        ({"batch_events": inngest.Batch(max_size=2)}, "batchEvents: timeout"),
        ({"priority": inngest.Priority(run="now()")}, "priority: run: "),
        ({"idempotency": "event.body"}, "field 'body' of event"),
        ({"cancel": [inngest.Cancel(event=f"e{n}") for n in range(6)]}, "more than 5"),
        ({"cancel": [inngest.Cancel(event="a/*")]}, "cancel: event 'a/*'"),
        ({"cancel": [inngest.Cancel(event="")]}, "no event name"),
        ({"cancel": [inngest.Cancel(event="e", if_exp="x == 1")]}, "name 'x'"),
        ({"retries": 21}, "retries: attempts 21"),
        ({"trigger": inngest.TriggerEvent(event="")}, "no event name"),
        ({"trigger": inngest.TriggerEvent(event="x" * 256)}, "no event name"),
        ({"trigger": inngest.TriggerEvent(event="a*")}, "'a*'"),
        ({"trigger": inngest.TriggerEvent(event="*")}, "'*'"),
        ({"trigger": inngest.TriggerEvent(event="a/*/b")}, "'a/*/b'"),
        ({"trigger": inngest.TriggerEvent(event="a/**")}, "'a/**'"),
        (
            {"trigger": inngest.TriggerEvent(event="a", expression="ts > 1")},
            "trigger: expression: Expression 'ts > 1': name 'ts'",
        ),
        ({"trigger": [EVENT, EVENT]}, "stands twice"),
        (
            {"trigger": [inngest.TriggerEvent(event=f"e{n}") for n in range(11)]},
            "more than 10",
        ),
        ({"trigger": inngest.TriggerCron(cron="0 0 31 2 *")}, "'0 0 31 2 *'"),
        ({"trigger": inngest.TriggerCron(cron="TZ=No/Where 0 0 * * *")}, "'No/Where'"),
        (
            {
                "trigger": [
                    inngest.TriggerCron(cron="0 0 * * *"),
                    inngest.TriggerCron(cron="0 0 * * *", jitter="1m"),
                ]
            },
            "stands twice",
        ),
        (
            {"trigger": inngest.TriggerCron(cron="0 0 * * *", jitter="6m")},
            "jitter '6m'",
        ),
        ({"trigger": inngest.TriggerCron(cron="0 0 * * *", jitter="soon")}, "'soon'"),
    ],
)
def test_what_the_engine_does_not_do_refuses_the_boot_by_name(
    options: dict[str, Any], named: str
) -> None:
    assert named in refusal(**options)


@pytest.mark.parametrize(
    "other",
    [
        {"cancel": [inngest.Cancel(event="stop")]},
        {"debounce": inngest.Debounce(period=1000)},
        {"idempotency": "event.id"},
        {"priority": inngest.Priority(run="1")},
        {"rate_limit": inngest.RateLimit(limit=1, period=1000)},
        {"singleton": inngest.Singleton(mode="skip")},
    ],
)
def test_a_batch_goes_with_no_option_about_single_events(other: dict[str, Any]) -> None:
    batch = inngest.Batch(max_size=2, timeout=1000)
    assert "do not go together" in refusal(batch_events=batch, **other)


def test_a_singleton_has_no_other_concurrency() -> None:
    said = refusal(
        singleton=inngest.Singleton(mode="skip"),
        concurrency=[inngest.Concurrency(limit=1)],
    )
    assert "'singleton' and 'concurrency'" in said


def test_two_functions_of_one_name_refuse_the_boot() -> None:
    with pytest.raises(Unsupported, match="t-f"):
        read([function(), function()])


def test_retries_count_on_top_of_the_first_attempt() -> None:
    assert plan(retries=0).max_attempts == 1
    assert plan(retries=2).max_attempts == 3
    assert plan().max_attempts == 5


def test_a_failure_handler_is_tried_as_often_as_any_function() -> None:
    async def tell(_: inngest.Context) -> None: ...

    plans = read([function(on_failure=tell, retries=0)])
    handler = plans["t-f-failure"]
    assert handler.on_failure_of == "t-f"
    assert handler.max_attempts == 5
    assert plans["t-f"].on_failure_of == ""
    failed = "inngest/function.failed"
    (trigger,) = handler.triggers
    assert trigger.matches(event(failed, function_id="t-f"))
    assert not trigger.matches(event(failed, function_id="t-g"))


def test_what_was_synced_as_json_reads_the_same() -> None:
    async def tell(_: inngest.Context) -> None: ...

    made = function(
        on_failure=tell,
        retries=1,
        timeouts=inngest.Timeouts(finish=1000),
        trigger=[EVENT, inngest.TriggerCron(cron="0 0 * * *", jitter="90s")],
    )
    synced = json.loads(json.dumps(configs([made])))
    assert {config["id"]: read_config(config) for config in synced} == read([made])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": None}, "no id"),
        ({"id": ""}, "no id"),
        ({"checkpoint": {"steps": 1}}, "'checkpoint' is not supported"),
        ({"throttle": 3}, "throttle: 3 is no object"),
        ({"throttle": {"limit": True, "period": "1s"}}, "limit True"),
        ({"throttle": {"limit": 1, "period": "1 s"}}, "period '1 s' is no duration"),
        ({"throttle": {"limit": 1, "period": "1s", "x": 1}}, "'x' is not supported"),
        ({"singleton": {"mode": "queue"}}, "mode 'queue'"),
        ({"concurrency": [{"limit": 1, "scope": "app"}]}, "scope 'app'"),
        ({"priority": {"run": 5}}, "run 5 is no expression"),
        ({"triggers": ["go"]}, "'go' is no object"),
        ({"triggers": "go"}, "triggers 'go' is no list"),
        ({"cancel": {"event": "x"}}, "is no list"),
        ({"concurrency": "many"}, "is no list"),
        ({"steps": ["step"]}, "steps: ['step'] is no object"),
    ],
)
def test_json_of_another_shape_is_refused_by_name(
    change: dict[str, Any], named: str
) -> None:
    (config,) = configs([function()])
    with pytest.raises(Unsupported) as found:
        read_config(config | change)
    assert named in found.value.message


def test_other_sdks_may_send_one_limit_bare() -> None:
    (config,) = configs([function()])
    assert read_config(config | {"concurrency": 3}).limit == 3
    assert read_config(config | {"concurrency": {"limit": 4}}).limit == 4


def test_a_trigger_wants_its_event_and_its_expression() -> None:
    given = inngest.TriggerEvent(event="go", expression="event.data.a.b == 'yes'")
    (trigger,) = plan(trigger=given).triggers
    assert trigger.matches(event(a={"b": "yes"}))
    assert not trigger.matches(event(a={"b": "no"}))
    assert not trigger.matches(event(a="yes"))
    assert not trigger.matches(event("went", a={"b": "yes"}))


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("app/*", "app/user.created", True),
        ("app/user.*", "app/user.created", True),
        ("app/user.*", "app/username", False),
        ("app/*", "app", False),
        ("app/*", "other/app/x", False),
        ("app/*", "application", False),
    ],
)
def test_a_trigger_may_name_all_events_that_begin_alike(
    pattern: str, name: str, *, matches: bool
) -> None:
    (trigger,) = plan(trigger=inngest.TriggerEvent(event=pattern)).triggers
    assert trigger.matches(event(name)) is matches


def test_any_of_the_triggers_will_do() -> None:
    either = plan(trigger=[EVENT, inngest.TriggerEvent(event="come")])
    assert either.starts_on(event("go"))
    assert either.starts_on(event("come"))
    assert not either.starts_on(event("stay"))


def test_a_cron_is_no_events_business() -> None:
    cron = inngest.TriggerCron(cron="TZ=Europe/Berlin 0 9 * * *", jitter="90s")
    (trigger,) = plan(trigger=cron).triggers
    assert trigger.cron == Cron("TZ=Europe/Berlin 0 9 * * *", 90 * SECOND)
    assert not trigger.matches(event(""))


def test_a_lane_is_the_function_and_the_keys_value() -> None:
    keyed = plan(concurrency=[inngest.Concurrency(limit=2, key="event.data.chat")])
    assert keyed.limit == 2
    assert keyed.lane(event(chat="1")) == 't-f:"1"'
    assert keyed.lane(event(chat=1)) == "t-f:1"
    assert keyed.lane(event(chat="1", more=2)) == keyed.lane(event(chat="1"))
    assert keyed.lane(event()) == "t-f:null"
    assert plan(concurrency=[inngest.Concurrency(limit=2)]).lane(event()) == "t-f:null"
    assert plan().lane(event(chat="1")) is None
    assert plan().limit is None


def test_a_lane_fits_into_an_index_however_long_its_key() -> None:
    keyed = plan(concurrency=[inngest.Concurrency(limit=2, key="event.data.chat")])
    one, other = (
        keyed.lane(event(chat="x" * 9_000)),
        keyed.lane(event(chat="y" * 9_000)),
    )
    assert one != other
    assert len(str(one)) < 600


def test_functions_share_the_lanes_of_a_wider_scope() -> None:
    shared = [inngest.Concurrency(limit=2, key="'openai'", scope="account")]
    one, other = plan(concurrency=shared), plan(fn_id="f", concurrency=shared)
    assert one.lane(event()) == other.lane(event()) == "account:'openai':\"openai\""
    assert "t-f" not in str(one.lane(event()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10s", 10 * SECOND),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("2w", timedelta(weeks=2)),
        ("1.5h", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
    ],
)
def test_a_duration_is_read(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "10", "s", "-1s", "1 s", "9999999w", "1y", None])
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(Unsupported, match="duration"):
        duration(text)


def test_a_path_leads_to_a_value_or_to_none() -> None:
    assert look_up({"a": {"b": 1}}, ("a", "b")) == 1
    assert look_up({"a": 1}, ("a", "b")) is None
