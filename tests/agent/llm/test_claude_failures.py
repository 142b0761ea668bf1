import asyncio

import pytest

from agent.errors import BadInput
from agent.llm.claude import Claude
from agent.llm.port import (
    ModelFailed,
    ModelRejected,
    Prompt,
    Stop,
    Tier,
    Turn,
    Usage,
)
from tests.agent.llm.asking import WORDS, completion, failure
from tests.agent.llm.conftest import MODELS
from tests.standins.anthropic import KEY, AnthropicStandIn, Fault, Reply


@pytest.mark.parametrize(
    ("fault", "says", "hint"),
    [
        (Fault(400, "invalid_request_error", "max_tokens: no"), "max_tokens", "report"),
        (Fault(401, "authentication_error", "no"), "API key", "ANTHROPIC_API_KEY"),
        (Fault(402, "billing_error", "no"), "billing", "billing page"),
        (Fault(403, "permission_error", "no"), "may not", "ANTHROPIC_API_KEY"),
        (Fault(404, "not_found_error", "no"), "this model", "MODEL_BALANCED"),
        (Fault(413, "request_too_large", "no"), "too large", "Shorten"),
        (
            Fault(400, "invalid_request_error", "prompt is too long: 2 > 1"),
            "too large",
            "Shorten",
        ),
        (
            Fault(400, "invalid_request_error", "Your credit balance is too low"),
            "billing",
            "billing page",
        ),
        (Fault.tier_cap(), "spending limit", "Raise the limit"),
        (Fault.own_limit(), "spending limit", "Raise the limit"),
        (
            Fault(500, "api_error", headers={"x-should-retry": "false"}),
            "refused the request",
            "report",
        ),
    ],
)
async def test_a_refused_call_says_what_to_do_and_is_not_retried(
    api: AnthropicStandIn, claude: Claude, fault: Fault, says: str, hint: str
) -> None:
    api.script(fault)
    error = await failure(claude)
    assert isinstance(error, ModelRejected)
    assert not error.retryable
    assert says in error.message
    assert hint in error.hint
    assert api.calls == 1


@pytest.mark.parametrize(
    ("fault", "says", "wait_s"),
    [
        (Fault.rate_limited("7"), "rate limit", 7.0),
        (Fault.rate_limited("0.5"), "rate limit", 0.5),
        (Fault.rate_limited(None), "rate limit", None),
        (Fault.rate_limited("soon"), "rate limit", None),
        (Fault.rate_limited("inf"), "rate limit", None),
        (Fault.overloaded(), "overloaded", None),
        (Fault.broken(), "problem", None),
        (Fault(503, "api_error"), "problem", None),
        (Fault(408, "timeout_error"), "problem", None),
    ],
)
async def test_a_failure_is_reported_once_with_the_asked_wait(
    api: AnthropicStandIn, claude: Claude, fault: Fault, says: str, wait_s: float | None
) -> None:
    api.script(fault)
    error = await failure(claude)
    assert isinstance(error, ModelFailed)
    assert error.retryable
    assert says in error.message
    assert error.hint
    assert error.retry_after_s == wait_s
    assert error.usage == Usage()
    assert api.calls == 1, "the durable step retries, never the SDK"


EVENTS = 8
"""message_start, block start, three deltas, block stop, message_delta, message_stop."""


@pytest.mark.parametrize("sent", range(1, EVENTS))
@pytest.mark.parametrize("how", ["cut_after", "end_after", "error_after"])
async def test_a_stream_broken_after_any_event_fails_with_what_it_cost(
    api: AnthropicStandIn, claude: Claude, how: str, sent: int
) -> None:
    api.script(Reply(WORDS, **{how: sent}))  # type: ignore[arg-type]
    error = await failure(claude)
    assert isinstance(error, ModelFailed)
    shown_bytes = min(max(sent - 2, 0), 3) * len("one two three")
    assert error.usage.input_tokens == api.requests[0].counts.total
    assert error.usage.output_tokens >= max(shown_bytes // 4, 1)
    assert "overloaded" in error.message or how != "error_after"


async def test_a_stream_cut_before_its_first_event_cost_nothing_known(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply(WORDS, cut_after=0))
    error = await failure(claude)
    assert isinstance(error, ModelFailed)
    assert error.usage == Usage()


@pytest.mark.parametrize("ping_s", [None, 0.1])
@pytest.mark.parametrize("sent", [0, 3])
async def test_a_silent_stream_is_given_up_even_when_it_pings(
    api: AnthropicStandIn, sent: int, ping_s: float | None
) -> None:
    api.script(Reply(WORDS, hang_after=sent, ping_s=ping_s))
    hasty = Claude(KEY, api.url, MODELS, timeout_s=0.4)
    async with asyncio.timeout(5):
        error = await failure(hasty)
    await hasty.aclose()
    assert isinstance(error, ModelFailed)
    assert "did not answer" in error.message


async def test_an_unreachable_service_is_a_failure_that_names_the_address() -> None:
    nobody = Claude(KEY, "http://127.0.0.1:9", MODELS, timeout_s=2)
    error = await failure(nobody)
    assert isinstance(error, ModelFailed)
    assert "ANTHROPIC_BASE_URL" in error.hint
    await nobody.aclose()


async def test_text_that_is_no_text_is_refused_without_a_call(
    api: AnthropicStandIn, claude: Claude
) -> None:
    broken = Prompt(Tier.FAST, (), (Turn("user", "half a pair: \ud83d"),))
    assert isinstance(await failure(claude, broken), ModelRejected)
    assert api.calls == 0


async def test_a_wrong_key_is_told_apart_from_a_failure(api: AnthropicStandIn) -> None:
    stranger = Claude("sk-ant-wrong", api.url, MODELS, timeout_s=2)
    error = await failure(stranger)
    assert isinstance(error, ModelRejected)
    assert "ANTHROPIC_API_KEY" in error.hint
    await stranger.aclose()


@pytest.mark.parametrize("key", ["", "  ", "sk-ant-\u20ac", "sk\nant"])
def test_what_cannot_be_a_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(BadInput, match="ANTHROPIC_API_KEY"):
        Claude(key, "http://127.0.0.1:9", MODELS)


async def test_a_key_copied_with_its_line_end_works(api: AnthropicStandIn) -> None:
    model = Claude(f" {KEY}\n", api.url, MODELS, timeout_s=2)
    assert (await completion(model)).stop is Stop.END
    await model.aclose()
