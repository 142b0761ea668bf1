import asyncio
import subprocess
import sys
from contextlib import aclosing

import pytest

from agent.errors import BadInput
from agent.llm.claude import Claude
from agent.llm.claude.request import request
from agent.llm.port import (
    Block,
    Completion,
    Delta,
    ModelRejected,
    Prompt,
    Spent,
    Stop,
    Thinking,
    Tier,
    Turn,
    Usage,
)
from tests.agent.llm.asking import ASK, WORDS, answer, completion
from tests.agent.llm.conftest import MODELS, until
from tests.standins.anthropic import KEY, AnthropicStandIn, Reply


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
