"""The second provider: an OpenAI-compatible server behind the same port."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from agent.errors import BadInput
from agent.llm import loop
from agent.llm.choice import ModelRef
from agent.llm.openai import OpenAI
from agent.llm.port import (
    Block,
    Completion,
    Delta,
    ModelFailed,
    ModelRejected,
    Piece,
    Prompt,
    Stop,
    Tier,
    Tool,
    ToolResult,
    Turn,
    Usage,
)
from tests.standins.openai import KEY, Fault, OpenAIStandIn, Reply

MODELS = {Tier.FAST: "gpt-5-nano", Tier.BALANCED: "gpt-5-mini", Tier.DEEP: "gpt-5.4"}
ASK = Prompt(Tier.BALANCED, (Block("Be brief."),), (Turn("user", "Say something."),))
FIND = Tool("find", "Finds things.", {"type": "object", "properties": {}})


@pytest.fixture
async def api() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as standin:
        yield standin


@pytest.fixture
async def model(api: OpenAIStandIn) -> AsyncIterator[OpenAI]:
    made = OpenAI(KEY, api.url, MODELS, timeout_s=5)
    yield made
    await made.aclose()


async def answer(model: OpenAI, prompt: Prompt = ASK) -> list[Piece]:
    return [piece async for piece in model.stream(prompt)]


async def whole(model: OpenAI, prompt: Prompt = ASK) -> Completion:
    last = (await answer(model, prompt))[-1]
    assert isinstance(last, Completion)
    return last


async def test_an_answer_comes_piece_by_piece_with_what_it_took(
    api: OpenAIStandIn, model: OpenAI
) -> None:
    api.script(Reply("Tea is good.", cached_tokens=40))
    *pieces, last = await answer(model)
    assert isinstance(last, Completion)
    words = [piece.text for piece in pieces if isinstance(piece, Delta)]
    assert len(words) > 1
    assert "".join(words) == last.text == "Tea is good."
    assert (last.provider, last.model, last.stop) == ("openai", "gpt-5-mini", Stop.END)
    assert last.usage.cache_read_tokens == 40
    assert last.usage.output_tokens > 0
    assert last.first_token_ms is not None


def test_cached_tokens_are_counted_once() -> None:
    from agent.llm.openai.answer import read_usage  # noqa: PLC0415 - its inside

    said = {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 30},
    }
    assert read_usage(said) == Usage(70, 30, 0, 0, 7)
    assert read_usage({"prompt_tokens": 5, "prompt_tokens_details": None}).input_tokens


async def test_a_pinned_model_is_asked_and_an_unknown_one_named(
    api: OpenAIStandIn, model: OpenAI
) -> None:
    assert (await whole(model, replace(ASK, model="gpt-5.2"))).model == "gpt-5.2"
    with pytest.raises(ModelRejected, match="does not know this model"):
        await whole(model, replace(ASK, model="gpt-9"))


async def test_tools_go_there_and_back(api: OpenAIStandIn, model: OpenAI) -> None:
    api.script(Reply("Let me see.", tools=(("find", {"q": "tea"}), ("find", {}))))
    asked = replace(ASK, tools=(FIND,))
    said = await whole(model, asked)
    assert said.stop is Stop.TOOL_USE
    assert [(use.name, use.input) for use in said.tool_uses] == [
        ("find", {"q": "tea"}),
        ("find", {}),
    ]
    came = tuple(ToolResult(use.id, "green") for use in said.tool_uses)
    turns = (
        *ASK.turns,
        Turn("assistant", said.text, tool_uses=said.tool_uses),
        Turn("user", "Go on.", tool_results=came),
    )
    api.script("Green tea.")
    done = await whole(model, replace(asked, turns=turns, may_use_tools=False))
    assert done.text == "Green tea."
    body = api.bodies[-1]
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "user"]
    assert body["tool_choice"] == "none"


async def test_two_turns_of_one_side_are_one_message(
    api: OpenAIStandIn, model: OpenAI
) -> None:
    turns = (Turn("user", "Today is Monday."), Turn("user", "Write."))
    await whole(model, replace(ASK, turns=turns))
    [system, user] = api.bodies[-1]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user == {"role": "user", "content": "Today is Monday.\n\nWrite."}


@pytest.mark.parametrize(
    ("finish", "stop"),
    [
        ("length", Stop.LENGTH),
        ("content_filter", Stop.REFUSAL),
        ("something_new", Stop.OTHER),
    ],
)
async def test_why_it_stopped_is_told_in_the_port_s_words(
    api: OpenAIStandIn, model: OpenAI, finish: str, stop: Stop
) -> None:
    api.script(Reply("Te", finish=finish))
    assert (await whole(model)).stop is stop


async def test_servers_that_end_otherwise_are_understood(
    api: OpenAIStandIn, model: OpenAI
) -> None:
    api.script(Reply("Tea", null_choices=True), Reply("Tea", has_usage=False))
    assert (await whole(model)).usage.output_tokens == 2
    uncounted = (await whole(model)).usage
    assert uncounted.input_tokens > 20, "estimated, for nothing is free"
    assert uncounted.output_tokens == 1
    api.script(Reply(tools=(("find", {}),), finish="stop"))
    assert (await whole(model, replace(ASK, tools=(FIND,)))).stop is Stop.TOOL_USE


FAILS = [
    (Fault(500, "server_error"), True, None),
    (Fault(503, "overloaded"), True, None),
    (Fault(429, "requests", "rate_limit_exceeded", headers={"retry-after": "7"}), 0, 7),
]


@pytest.mark.parametrize(("fault", "is_outage", "wait_s"), FAILS)
async def test_what_may_pass_is_a_failure(
    api: OpenAIStandIn,
    model: OpenAI,
    fault: Fault,
    is_outage: object,
    wait_s: float | None,
) -> None:
    api.script(fault)
    with pytest.raises(ModelFailed) as failed:
        await whole(model)
    assert failed.value.is_outage == bool(is_outage)
    assert failed.value.retry_after_s == wait_s


ACCOUNT = [
    (Fault(429, "insufficient_quota", "insufficient_quota"), "without credit"),
    (Fault(403, "permission_error"), "may not do this"),
]


@pytest.mark.parametrize(("fault", "said"), ACCOUNT)
async def test_what_the_account_s_owner_must_mend_is_no_failure(
    api: OpenAIStandIn, model: OpenAI, fault: Fault, said: str
) -> None:
    api.script(fault)
    with pytest.raises(ModelRejected, match=said) as refused:
        await whole(model)
    assert refused.value.is_account


async def test_a_wrong_key_is_the_account_s_and_a_check_finds_it(
    api: OpenAIStandIn, model: OpenAI
) -> None:
    await model.check()
    wrong = OpenAI("sk-wrong", api.url, MODELS)
    for call in (wrong.check(), whole(wrong)):
        with pytest.raises(ModelRejected, match="does not accept the API key") as no:
            await call
        assert no.value.is_account
    await wrong.aclose()


BROKEN = [
    Reply("one two three four", cut_after=3),
    Reply("one two three four", end_after=3),
    Reply("one two three four", error_after=3),
]


@pytest.mark.parametrize("reply", BROKEN, ids=["cut", "ended", "error"])
async def test_a_stream_that_breaks_off_has_cost_what_was_seen(
    api: OpenAIStandIn, model: OpenAI, reply: Reply
) -> None:
    api.script(reply)

    async def show(_: str) -> None:
        return

    with pytest.raises(ModelFailed) as failed:
        await loop.collect(model, ASK, show)
    assert failed.value.usage.output_tokens > 0
    assert failed.value.usage.input_tokens > 0


async def test_a_silence_is_not_waited_out(api: OpenAIStandIn) -> None:
    api.script(Reply("one two three", hang_after=2))
    hasty = OpenAI(KEY, api.url, MODELS, timeout_s=0.3)
    with pytest.raises(ModelFailed, match="broke in the middle"):
        await whole(hasty)
    await hasty.aclose()


async def test_an_address_where_nobody_listens_is_a_failure() -> None:
    nobody = OpenAI(KEY, "http://127.0.0.1:9/v1", MODELS, timeout_s=2)
    with pytest.raises(ModelFailed, match="cannot be reached"):
        await whole(nobody)
    await nobody.aclose()


@pytest.mark.parametrize("key", ["", "  ", "klü", "a\nb"])
def test_half_a_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        OpenAI(key, "https://api.openai.com/v1", MODELS)


@pytest.mark.parametrize(
    ("text", "ref", "title"),
    [
        ("claude-sonnet-5-5", "anthropic/claude-sonnet-5-5", "Claude Sonnet 5.5"),
        ("openai/gpt-5.2", "openai/gpt-5.2", "GPT 5.2"),
        ("openai/gpt-5-mini", "openai/gpt-5-mini", "GPT 5 Mini"),
        (
            "openai/mistralai/Mixtral-8x7B",
            "openai/mistralai/Mixtral-8x7B",
            "Mixtral 8x7b",
        ),
    ],
)
def test_a_model_is_named_for_settings_and_for_people(
    text: str, ref: str, title: str
) -> None:
    assert str(ModelRef.parse(text)) == ref
    assert ModelRef.parse(text).title == title
