"""Tools: asked for on the wire, read back whole, counted, and rehearsed."""

from dataclasses import replace

import pytest

from agent.llm.claude import Claude
from agent.llm.claude.request import request
from agent.llm.loop import collect
from agent.llm.port import Calling, Completion, ModelRejected, Stop, Tool, ToolUse, Turn
from agent.llm.prices import most_tokens
from agent.llm.prompt import Task, build
from agent.llm.rehearsal import LABEL, Rehearsal
from agent.llm.tally import Tally
from tests.agent.llm.asking import ASK, answer
from tests.standins.anthropic import AnthropicStandIn, Reply

ASKS = Tool("ask_person", "Ask.", {"type": "object", "properties": {}})
FINDS = Tool("a_search", "Find.", {"type": "object", "properties": {}})
WITH = replace(ASK, tools=(ASKS, FINDS))
INPUT = {"question": "Which tone?", "choices": ["warm", "plain"], "default": "plain"}
MARKED = Task(
    "write a page for Acme [ask: Which tone? | warm | plain]",
    skill="copywriting",
    tools=(ASKS,),
)


async def shown(_: str) -> None:
    """Nobody looks."""


def test_tools_stand_sorted_so_that_the_prefix_is_one() -> None:
    there = request(WITH, "claude-sonnet-5-5")
    back = request(replace(WITH, tools=(FINDS, ASKS)), "claude-sonnet-5-5")
    assert there == back
    assert [tool["name"] for tool in there["tools"]] == ["a_search", "ask_person"]
    assert "tool_choice" not in there


def test_who_may_not_use_tools_keeps_them_in_the_prefix() -> None:
    body = request(replace(WITH, may_use_tools=False), "claude-sonnet-5-5")
    assert body["tool_choice"] == {"type": "none"}
    assert body["tools"] == request(WITH, "claude-sonnet-5-5")["tools"]


def test_a_prompt_without_tools_says_nothing_of_them() -> None:
    assert not {"tools", "tool_choice"} & set(request(ASK, "claude-sonnet-5-5"))


def test_the_ceiling_counts_what_declaring_tools_costs() -> None:
    declared = len(ASKS.name + ASKS.description + FINDS.name + FINDS.description)
    assert most_tokens(WITH) > most_tokens(ASK) + declared


async def test_a_tool_s_input_comes_in_pieces_and_is_read_whole(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply("Let me ask.", tool=("ask_person", INPUT)))
    pieces = await answer(claude, WITH)
    done = pieces[-1]
    assert isinstance(done, Completion)
    assert done.stop is Stop.TOOL_USE
    [use] = done.tool_uses
    assert (use.name, use.input) == ("ask_person", INPUT)
    assert use.id.startswith("toolu_")
    assert sum(isinstance(piece, Calling) for piece in pieces) > 1


async def test_a_use_without_words_is_an_answer(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply(tool=("ask_person", {})))
    tally = Tally()
    done = await collect(claude, WITH, shown, tally=tally)
    assert [use.input for use in done.tool_uses] == [{}]
    assert done.usage == tally.usage


async def test_an_input_cut_in_the_middle_is_no_use(
    api: AnthropicStandIn, claude: Claude
) -> None:
    cut = Reply(tool=("ask_person", INPUT), tool_bytes=9, stop="max_tokens")
    api.script(cut)
    with pytest.raises(ModelRejected, match="ran out of room"):
        await collect(claude, WITH, shown)


def test_what_a_tool_s_input_took_is_counted_while_it_comes() -> None:
    tally = Tally()
    tally.see(Calling('{"question": "Which tone?"}'))
    assert tally.usage.output_tokens >= 9


async def rehearsed(task: Task) -> Completion:
    return await collect(Rehearsal(0), build(task), shown)


async def test_a_rehearsal_asks_where_the_brief_marks_a_gap() -> None:
    done = await rehearsed(MARKED)
    question = "Rehearsal question: Which tone?"
    given = {"question": question, "choices": ["warm", "plain"], "default": "warm"}
    assert done.tool_uses == (ToolUse("rehearsal_1", "ask_person", given),)
    assert done.stop is Stop.TOOL_USE


async def test_a_rehearsal_asks_each_gap_once_and_then_writes() -> None:
    two = replace(MARKED, brief=f"{MARKED.brief} [ask: How long?]")
    asked = Turn("assistant", "Rehearsal question: Which tone?"), Turn("user", "warm")
    second = await rehearsed(replace(two, exchange=asked))
    assert second.tool_uses[0].input["question"] == "Rehearsal question: How long?"
    done = await rehearsed(replace(MARKED, exchange=asked))
    assert done.text.startswith(f"> {LABEL}")
    assert "warm" in done.text
    assert "[ask:" not in done.text


@pytest.mark.parametrize("change", [{"tools": ()}, {"may_use_tools": False}])
async def test_a_rehearsal_that_may_not_ask_writes(change: dict[str, object]) -> None:
    done = await rehearsed(replace(MARKED, **change))  # type: ignore[arg-type]
    assert done.tool_uses == ()
    assert done.text.startswith(f"> {LABEL}")
