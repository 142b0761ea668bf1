"""The stand-in must be as strict as the service, else the other tests prove little."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anthropic import APIStatusError, AsyncAnthropic

from tests.standins.anthropic import KEY, AnthropicStandIn, Fault
from tests.standins.anthropic.accounting import Cache

BODY: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}


@pytest.fixture
async def sdk(api: AnthropicStandIn) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(api_key=KEY, base_url=api.url, max_retries=0) as client:
        yield client


def marked(text: str, **mark: str) -> dict[str, Any]:
    control = {"type": "ephemeral"} | mark
    return {"type": "text", "text": text, "cache_control": control}


async def refused(sdk: AsyncAnthropic, **changed: Any) -> APIStatusError:
    with pytest.raises(APIStatusError) as raised:
        await sdk.messages.create(**BODY, extra_body=changed)
    return raised.value


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"top_p": 1}, "top_p"),
        ({"top_k": 1}, "top_k"),
        ({"surprise": 1}, "surprise"),
        ({"max_tokens": 128_001}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": []}, "at least one"),
        ({"messages": [{"role": "system", "content": "x"}]}, "role"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message"),
        (
            {
                "messages": [
                    {"role": "user", "content": "x"},
                    {"role": "assistant", "content": "Sure"},
                ]
            },
            "prefill",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]},
            "non-empty",
        ),
        ({"messages": [{"role": "user", "content": " \n"}]}, "non-whitespace"),
        ({"system": [{"type": "text", "text": ""}]}, "non-empty"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "enabled"),
        ({"thinking": {"type": "disabled"}}, "disabled"),
        ({"thinking": {"type": "adaptive", "display": "full"}}, "display"),
        (
            {
                "thinking": {"type": "between_tools"},
                "output_config": {"effort": "max"},
            },
            "effort",
        ),
        ({"output_config": {"effort": "huge"}}, "effort"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {"type": "tool", "name": "x"}}, "tool_choice"),
        ({"system": [marked(str(n)) for n in range(5)]}, "maximum of 4"),
        ({"system": [marked("a", ttl="5m"), marked("b", ttl="1h")]}, "ttl"),
        ({"system": [marked("a", ttl="2h")]}, "ttl"),
        ({"system": "word " * 1_100_000}, "too long"),
    ],
)
async def test_what_current_models_refuse_is_a_400(
    sdk: AsyncAnthropic, changed: dict[str, Any], says: str
) -> None:
    error = await refused(sdk, **changed)
    assert (error.status_code, error.type) == (400, "invalid_request_error")
    assert says in str(error.api_message)
    assert error.request_id


async def test_haiku_may_stop_thinking_but_opus_may_not(sdk: AsyncAnthropic) -> None:
    off = {"thinking": {"type": "disabled"}}
    body = BODY | {"model": "claude-haiku-5-5"}
    assert (await sdk.messages.create(**body, extra_body=off)).content
    assert (await refused(sdk, model="claude-opus-5-5", **off)).status_code == 400


async def test_an_unknown_model_is_a_404(sdk: AsyncAnthropic) -> None:
    error = await refused(sdk, model="claude-2")
    assert (error.status_code, error.type) == (404, "not_found_error")


async def test_a_wrong_key_is_a_401(api: AnthropicStandIn) -> None:
    async with AsyncAnthropic(api_key="no", base_url=api.url, max_retries=0) as sdk:
        assert (await refused(sdk)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"x-api-key": KEY, "anthropic-version": "2026-10-21"}, b"{}", 400),
        ({"x-api-key": KEY, "anthropic-version": "2026-10-21"}, b"[1]", 400),
        ({"x-api-key": KEY, "anthropic-version": "2026-10-21"}, b"{", 400),
        ({"x-api-key": KEY, "anthropic-version": "1999-01-01"}, b"{}", 400),
        ({"x-api-key": KEY}, b"{}", 400),
        ({"anthropic-version": "2026-10-21"}, b"{}", 401),
    ],
)
async def test_headers_and_json_are_checked_before_all(
    api: AnthropicStandIn, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with httpx.AsyncClient(base_url=api.url) as http:
        answer = await http.post("/v1/messages", headers=headers, content=body)
    assert answer.status_code == status
    assert answer.json()["type"] == "error"
    assert answer.headers["request-id"] == answer.json()["request_id"]


async def test_a_body_over_32_mb_is_a_413(api: AnthropicStandIn) -> None:
    headers = {"x-api-key": KEY, "anthropic-version": "2026-10-21"}
    body = json.dumps(BODY | {"system": "x" * (33 * 2**20)}).encode()
    async with httpx.AsyncClient(base_url=api.url) as http:
        answer = await http.post("/v1/messages", headers=headers, content=body)
    assert answer.status_code == 413


async def test_counting_agrees_with_the_bill(
    api: AnthropicStandIn, sdk: AsyncAnthropic
) -> None:
    counted = await sdk.messages.count_tokens(
        model=BODY["model"], messages=BODY["messages"], system="Be brief."
    )
    billed = await sdk.messages.create(**BODY, system="Be brief.")
    assert counted.input_tokens == billed.usage.input_tokens
    assert api.calls == 1


def asked(*system: dict[str, Any], model: str = "claude-sonnet-5-5") -> dict[str, Any]:
    return BODY | {"system": list(system), "model": model}


LONG = "word " * 1200


def test_the_cache_lives_five_minutes_and_longer_when_read() -> None:
    now = 0.0
    cache = Cache(lambda: now)
    first = cache.account(KEY, asked(marked(LONG)))
    assert (first.write_5m, first.read) == (1203, 0)
    now = 299.0
    assert cache.account(KEY, asked(marked(LONG))).read == 1203
    now = 598.0
    assert cache.account(KEY, asked(marked(LONG))).read == 1203
    now = 898.1
    assert cache.account(KEY, asked(marked(LONG))).read == 0


def test_one_hour_writes_are_counted_apart_and_live_an_hour() -> None:
    now = 0.0
    cache = Cache(lambda: now)
    body = asked(marked(LONG, ttl="1h"), marked("tail " * 10))
    counts = cache.account(KEY, body)
    assert (counts.write_1h, counts.write_5m) == (1203, 13)
    now = 3599.0
    later = cache.account(KEY, body)
    assert (later.read, later.write_5m) == (1203, 13)


def test_a_changed_byte_before_the_mark_misses() -> None:
    cache = Cache(lambda: 0.0)
    cache.account(KEY, asked(marked(LONG)))
    assert cache.account(KEY, asked(marked(f"{LONG}!"))).read == 0
    assert cache.account("other key", asked(marked(LONG))).read == 0
    assert cache.account(KEY, asked(marked(LONG), model="claude-opus-5-5")).read == 0


def test_haiku_needs_a_longer_prefix_than_sonnet() -> None:
    cache = Cache(lambda: 0.0)
    counts = cache.account(KEY, asked(marked(LONG), model="claude-haiku-5-5"))
    assert (counts.write_5m, counts.read) == (0, 0)
    long = asked(marked(LONG * 4), model="claude-haiku-5-5")
    assert cache.account(KEY, long).write_5m > 4096


def test_a_mark_looks_back_twenty_blocks_and_no_further() -> None:
    cache = Cache(lambda: 0.0)
    cache.account(KEY, asked(marked(LONG)))
    near = [{"type": "text", "text": str(n)} for n in range(18)]
    far = [*near, {"type": "text", "text": "x"}]
    head = {"type": "text", "text": LONG}
    assert cache.account(KEY, asked(head, *near, marked("end"))).read == 1203
    cache.clear()
    cache.account(KEY, asked(marked(LONG)))
    assert cache.account(KEY, asked(head, *far, marked("end"))).read == 0


async def test_it_can_be_run_and_scripted_from_another_process() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.standins.anthropic",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        where = json.loads(await process.stdout.readline())
        async with (
            httpx.AsyncClient(base_url=where["url"]) as http,
            AsyncAnthropic(
                api_key=where["key"], base_url=where["url"], max_retries=0
            ) as sdk,
        ):
            fault = {"status": 529, "type": "overloaded_error"}
            script = [{"text": "scripted"}, fault]
            await http.post("/control/script", json=script)
            answer = await sdk.messages.create(**BODY)
            assert answer.content[0].text == "scripted"
            with pytest.raises(APIStatusError) as raised:
                await sdk.messages.create(**BODY)
            assert raised.value.status_code == 529
            seen = (await http.get("/control/requests")).json()
            assert seen["calls"] == 2
            await http.post("/control/reset")
            assert (await http.get("/control/requests")).json()["calls"] == 0
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_faults_come_in_the_scripted_order_then_the_default(
    api: AnthropicStandIn, sdk: AsyncAnthropic
) -> None:
    api.script(Fault.overloaded(), "second")
    assert (await refused(sdk)).status_code == 529
    second = await sdk.messages.create(**BODY)
    assert second.content[0].text == "second"
    third = await sdk.messages.create(**BODY)
    assert "You asked for: Hi" in third.content[0].text
