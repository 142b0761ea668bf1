import asyncio
import subprocess
import sys
from contextlib import aclosing

import pytest

from agent.errors import AgentError, BadInput
from agent.llm.claude import Claude
from agent.llm.claude.request import request
from agent.llm.port import (
    Block,
    Completion,
    Delta,
    ModelFailed,
    ModelRejected,
    Piece,
    Prompt,
    Spent,
    Stop,
    Thinking,
    Tier,
    Turn,
    Usage,
)
from tests.agent.llm.conftest import MODELS, until
from tests.standins.anthropic import KEY, AnthropicStandIn, Fault, Reply

ASK = Prompt(Tier.BALANCED, (Block("Be brief."),), (Turn("user", "Say something."),))
WORDS = "one two three four five six seven eight nine"


async def answer(model: Claude, prompt: Prompt = ASK) -> list[Piece]:
    return [piece async for piece in model.stream(prompt)]


async def completion(model: Claude, prompt: Prompt = ASK) -> Completion:
    last = (await answer(model, prompt))[-1]
    assert isinstance(last, Completion)
    return last


async def failure(model: Claude, prompt: Prompt = ASK) -> AgentError:
    with pytest.raises(AgentError) as raised:
        await answer(model, prompt)
    return raised.value


async def test_the_answer_arrives_in_pieces_and_ends_whole(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(WORDS)
    pieces = await answer(claude)
    deltas = [piece.text for piece in pieces if isinstance(piece, Delta)]
    assert deltas == ["one two three ", "four five six ", "seven eight nine"]
    whole = pieces[-1]
    assert isinstance(whole, Completion)
    assert (whole.text, whole.stop) == (WORDS, Stop.END)
    assert (whole.provider, whole.model) == ("anthropic", "claude-sonnet-5-5")
    assert whole.first_token_ms is not None
    assert whole.first_token_ms <= whole.latency_ms


async def test_the_real_sdk_reaches_the_stand_in_with_its_own_headers(
    api: AnthropicStandIn, claude: Claude
) -> None:
    await answer(claude)
    (call,) = api.requests
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["anthropic-version"] == "2026-10-21"
    assert call.headers["user-agent"].startswith("AsyncAnthropic/Python 2.")
    assert call.status == 200


async def test_thinking_is_shown_so_that_a_stream_is_not_silent(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply("Done.", thinking="First I weigh the options."))
    pieces = await answer(claude)
    thoughts = [piece.text for piece in pieces if isinstance(piece, Thinking)]
    assert thoughts[0] == ""
    assert "".join(thoughts) == "First I weigh the options."
    last = pieces[-1]
    assert isinstance(last, Completion)
    assert last.text == "Done."


@pytest.mark.parametrize("tier", Tier)
async def test_each_tier_asks_its_model_by_rules_that_model_accepts(
    api: AnthropicStandIn, claude: Claude, tier: Tier
) -> None:
    await answer(claude, Prompt(tier, ASK.system, ASK.turns))
    assert api.requests[0].body["model"] == MODELS[tier]
    assert api.requests[0].status == 200


async def test_a_pinned_model_beats_the_tier(
    api: AnthropicStandIn, claude: Claude
) -> None:
    pinned = Prompt(Tier.FAST, (), ASK.turns, model="claude-opus-5-5")
    assert claude.model_for(pinned) == "claude-opus-5-5"
    assert (await completion(claude, pinned)).model == "claude-opus-5-5"


@pytest.mark.parametrize(
    ("said", "stop"),
    [
        ("end_turn", Stop.END),
        ("stop_sequence", Stop.END),
        ("max_tokens", Stop.LENGTH),
        ("tool_use", Stop.TOOL_USE),
        ("pause_turn", Stop.PAUSE),
        ("refusal", Stop.REFUSAL),
        ("model_context_window_exceeded", Stop.CONTEXT),
        ("a_reason_of_next_year", Stop.OTHER),
    ],
)
async def test_every_stop_reason_has_a_meaning(
    api: AnthropicStandIn, claude: Claude, said: str, stop: Stop
) -> None:
    api.script(Reply(WORDS, stop=said))
    assert (await completion(claude)).stop is stop


async def test_an_answer_without_text_is_still_a_whole_answer(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply("", stop="refusal"))
    whole = await completion(claude)
    assert (whole.text, whole.first_token_ms) == ("", None)
    assert whole.usage.output_tokens == 1


async def test_usage_counts_cache_writes_then_reads_apart(
    api: AnthropicStandIn, claude: Claude
) -> None:
    long = Prompt(Tier.BALANCED, (Block("word " * 1500, cache=True),), ASK.turns)
    first = (await completion(claude, long)).usage
    second = (await completion(claude, long)).usage
    assert first.cache_write_5m_tokens == second.cache_read_tokens > 1024
    assert first.cache_read_tokens == second.cache_write_5m_tokens == 0
    assert first.input_tokens == second.input_tokens > 0
    total = api.requests[0].counts.total
    assert first.input_tokens + first.cache_write_5m_tokens == total


async def test_a_prefix_below_the_minimum_is_not_cached(
    api: AnthropicStandIn, claude: Claude
) -> None:
    short = Prompt(Tier.BALANCED, (Block("word " * 500, cache=True),), ASK.turns)
    usages = [(await completion(claude, short)).usage for _ in range(2)]
    assert {u.cache_write_5m_tokens + u.cache_read_tokens for u in usages} == {0}


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


async def test_closing_early_leaves_the_connection_and_keeps_the_usage(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply(WORDS, piece_words=1, pace_s=0.02), "next")
    spent = Usage()
    async with aclosing(claude.stream(ASK)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Spent):
                spent = piece.usage
            if isinstance(piece, Delta):
                break
    assert spent.input_tokens == api.requests[0].counts.total
    await until(lambda: api.disconnects == 1)
    assert (await completion(claude)).text == "next"


async def test_a_cancelled_call_leaves_the_connection(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply(WORDS, hang_after=3))
    task = asyncio.create_task(answer(claude))
    await until(lambda: api.calls == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: api.disconnects == 1)


async def test_many_calls_share_the_client_and_keep_apart(
    api: AnthropicStandIn, claude: Claude
) -> None:
    asks = [
        Prompt(Tier.FAST, (), (Turn("user", f"number {number}"),))
        for number in range(20)
    ]
    texts = [
        done.text
        for done in await asyncio.gather(*(completion(claude, a) for a in asks))
    ]
    assert all(f"number {n}\n" in text for n, text in enumerate(texts))


async def test_check_accepts_good_settings_and_names_a_bad_model(
    api: AnthropicStandIn, claude: Claude
) -> None:
    await claude.check()
    assert api.calls == 0, "it must not cost anything"
    wrong = Claude(KEY, api.url, MODELS | {Tier.DEEP: "claude-nope"}, timeout_s=2)
    with pytest.raises(ModelRejected) as raised:
        await wrong.check()
    assert "MODEL_DEEP" in raised.value.hint
    assert '"claude-nope"' in raised.value.message
    await wrong.aclose()


@pytest.mark.parametrize(
    "turns",
    [(), (Turn("user", "Hi"), Turn("assistant", "Sure:"))],
    ids=["no turn", "prefill"],
)
def test_a_prompt_must_end_with_the_user(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(BadInput, match="last turn"):
        request(Prompt(Tier.FAST, (), turns), "claude-haiku-5-5")


def test_a_fifth_cache_mark_is_refused() -> None:
    system = tuple(Block(str(n), cache=True) for n in range(4))
    turns = (Turn("user", "a", cache=True), Turn("user", "b"))
    with pytest.raises(BadInput, match="5 cache marks"):
        request(Prompt(Tier.FAST, system, turns), "claude-haiku-5-5")


def test_turns_of_one_side_become_one_message() -> None:
    turns = (Turn("user", "a", cache=True), Turn("user", "b"))
    body = request(Prompt(Tier.FAST, (), turns), "claude-haiku-5-5")
    (message,) = body["messages"]
    assert [block["text"] for block in message["content"]] == ["a", "b"]
    assert message["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in message["content"][1]


def test_nothing_is_sent_that_current_models_refuse() -> None:
    body = request(ASK, "claude-sonnet-5-5")
    assert set(body) == {
        "model",
        "max_tokens",
        "messages",
        "system",
        "thinking",
        "output_config",
    }
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}


def test_importing_claude_does_not_load_the_sdk() -> None:
    code = (
        "import sys, agent.llm.claude, agent.llm.loop, agent.llm.prompt\n"
        "assert not {'anthropic', 'httpx2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
