"""Tool uses and results on the wire: in pairs, in order, refused when they are not."""

from dataclasses import replace
from typing import Any

import pytest

from agent.llm.claude.request import request
from agent.llm.port import Tool, ToolResult, ToolUse, Turn
from agent.llm.prompt import Task, build
from agent.llm.rehearsal import LABEL
from agent.llm.rehearsal.model import draft
from agent.llm.rehearsal.tools import wanted
from tests.agent.llm.test_tools import FINDS
from tests.standins.anthropic.pairing import wrong

USE = ToolUse("toolu_1", "a_search", {"q": "tea"})
TWO = ToolUse("toolu_2", "a_search", {})
CAME = ToolResult("toolu_1", "Brew")
NONE = ToolResult("toolu_2", "", is_error=True)
ROUND = (
    Turn("assistant", "Let me look.", tool_uses=(USE, TWO)),
    Turn("user", "", tool_results=(CAME, NONE)),
)
TASK = Task("which teas?", tools=(FINDS,), exchange=ROUND)


def body(task: Task = TASK) -> dict[str, Any]:
    return request(build(task), "claude-sonnet-5-5")


def test_a_round_is_words_then_uses_and_all_their_results_in_one_message() -> None:
    asked, used, came = body()["messages"]
    assert asked["content"][-1]["text"] == "which teas?"
    assert [block["type"] for block in used["content"]] == [
        *("text", "tool_use", "tool_use")
    ]
    assert used["content"][1] == {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "a_search",
        "input": {"q": "tea"},
    }
    assert came["role"] == "user"
    first, second = came["content"]
    assert (first["tool_use_id"], first["content"], first["is_error"]) == (
        *("toolu_1", "Brew", False),
    )
    assert second["content"], "an empty result is said to be empty"
    assert second["is_error"]


def test_a_use_without_words_has_no_empty_text_before_it() -> None:
    silent = (Turn("assistant", " ", tool_uses=(USE,)), ROUND[1])
    one = (silent[0], Turn("user", "", tool_results=(CAME,)))
    [_, used, _] = body(replace(TASK, exchange=one))["messages"]
    assert [block["type"] for block in used["content"]] == ["tool_use"]


def test_what_we_send_is_what_the_stand_in_takes() -> None:
    assert wrong(body()) is None


def edited(change: Any) -> str:
    """What the stand-in says about a request that was changed."""
    made = body()
    change(made)
    return wrong(made) or ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b["messages"][2]["content"].pop(), "without `tool_result`"),
        (lambda b: b["messages"].pop(), "without `tool_result`"),
        (
            lambda b: b["messages"][2]["content"].insert(
                0, {"type": "text", "text": "so"}
            ),
            "without `tool_result`",
        ),
        (
            lambda b: b["messages"][2]["content"][0].update(tool_use_id="toolu_9"),
            "without `tool_result`",
        ),
        (lambda b: b["messages"][1]["content"].pop(), "unexpected `tool_use_id`"),
        (lambda b: b.pop("tools"), "must define tools"),
        (lambda b: b["messages"][1]["content"][2].update(id="toolu_1"), "unique"),
        (lambda b: b["messages"][1]["content"][1].update(input=[1]), "dictionary"),
        (lambda b: b["messages"][1]["content"][1].update(id="a b"), "pattern"),
        (lambda b: b["messages"][2].update(role="assistant"), "can not be in"),
        (
            lambda b: b["messages"][2]["content"][0].update(name="a"),
            "Extra inputs are not permitted",
        ),
    ],
)
def test_whatever_does_not_pair_is_refused(change: Any, said: str) -> None:
    assert said in edited(change)


def rehearsed(said: str, *names: str, **changes: Any) -> Any:
    """What the rehearsal calls for these words, with these tools at hand."""
    known = tuple(Tool(name, "x", {"type": "object"}) for name in names)
    return wanted(build(replace(Task(said, tools=known), **changes)))


def test_without_a_model_plain_requests_call_the_tool_that_fits() -> None:
    use = rehearsed("Please list my clients", "clients__list", "runs__show")
    assert (use.name, use.input) == ("clients__list", {})
    use = rehearsed("what did #12 cost?", "clients__list", "runs__show")
    assert (use.name, use.input) == ("runs__show", {"number": 12})
    use = rehearsed("start copywriting for Acme", "runs__start")
    assert use.input == {"skill": "copywriting", "brief": "Acme"}


def test_the_rehearsal_calls_nothing_it_is_not_offered_or_asked_for() -> None:
    assert rehearsed("list my clients", "runs__show") is None
    assert rehearsed("how are you?", "clients__list") is None
    assert rehearsed("list my clients", "clients__list", may_use_tools=False) is None
    assert rehearsed("list my clients", "clients__list", skill="ads") is None


def test_what_a_rehearsed_call_came_to_is_shown_and_labelled() -> None:
    shown = draft(build(TASK))
    assert shown.startswith(f"> {LABEL}")
    assert "`a_search`" in shown
    assert "Brew" in shown
