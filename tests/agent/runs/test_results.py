"""What a model that was asked for data said: data, text to read, or its words."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.llm.port import Completion, Stop, Usage
from agent.llm.rehearsal import LABEL
from agent.runs import results
from tests.fakes.ports import Files

FORM: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "steps"],
    "properties": {
        "title": {"type": "string", "title": "Title"},
        "steps": {
            "type": "array",
            "title": "Steps",
            "x-render": "table",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["day", "what"],
                "properties": {
                    "day": {"type": "integer", "title": "Day"},
                    "what": {"type": "string", "title": "What"},
                },
            },
        },
    },
}
DATA = {"title": "Plan", "steps": [{"day": 1, "what": "Ask"}]}
READ = "# Plan\n\n## Steps\n\n| Day | What |\n| --- | --- |\n| 1 | Ask |"


def said(text: str, stop: Stop = Stop.END, provider: str = "claude") -> Completion:
    return Completion(text, Usage(), stop, provider, "m", 1)


@pytest.mark.parametrize(
    "text", [json.dumps(DATA), f"```json\n{json.dumps(DATA, indent=2)}\n```\n"]
)
def test_what_fits_is_data_and_is_laid_out(text: str) -> None:
    assert results.read(FORM, said(text)) == results.Result(READ, DATA)


def test_what_does_not_fit_is_laid_out_all_the_same_and_says_where() -> None:
    wrong = {"title": "Plan", "steps": [{"day": "one", "what": "Ask"}], "more": "Tea"}
    found = results.read(FORM, said(json.dumps(wrong)))
    assert found.data is None
    assert "| one | Ask |" in found.text
    assert "## More\n\nTea" in found.text
    assert any(one.startswith("steps/0/day: 'one'") for one in found.faults)
    assert any("'more' was unexpected" in one for one in found.faults)


def test_words_stand_as_they_are() -> None:
    found = results.read(FORM, said("I cannot, {sadly}."))
    assert (found.text, found.data) == ("I cannot, {sadly}.", None)
    assert found.faults


def test_what_was_cut_shows_how_far_it_came_and_is_no_data() -> None:
    cut = json.dumps(DATA)[:-8]
    found = results.read(FORM, said(cut, Stop.LENGTH))
    assert found.data is None
    assert found.text.startswith("# Plan\n\n## Steps")


def test_a_rehearsal_says_that_it_is_one() -> None:
    text = results.read(FORM, said(json.dumps(DATA), provider="rehearsal")).text
    assert text == f"> {LABEL}\n\n{READ}"


def test_letters_that_no_database_takes_are_taken_out() -> None:
    data = {"title": "Pl\x00an", "steps": []}
    found = results.read(FORM, said(json.dumps(data)))
    assert found.data == {"title": "Plan", "steps": []}


def test_what_lies_too_deep_is_no_data() -> None:
    deep = "[" * 150 + "]" * 150
    assert results.read(FORM, said(f'{{"title": {deep}}}')).data is None


@given(at=st.integers(0, 400))
@settings(max_examples=60)
def test_nobody_ever_sees_json_grow(at: int) -> None:
    whole = json.dumps({**DATA, "title": 'A "plan" | \\ of {three}'}, indent=1)
    shown = results.growing(FORM, whole[:at])
    assert not shown.startswith(("{", "`"))
    assert '"title"' not in shown
    assert '"steps"' not in shown


def test_what_grows_only_grows() -> None:
    whole = json.dumps(DATA)
    seen = [results.growing(FORM, whole[:at]) for at in range(len(whole) + 1)]
    assert seen[-1] == READ
    assert "# Pla" in seen
    # A table's last cell closes behind what grows in it.
    bare = [one.rstrip("| ") for one in seen]
    assert all(later.startswith(one) for one, later in pairwise(bare))


def test_words_that_are_no_data_grow_as_they_come() -> None:
    assert results.growing(FORM, "Sorry, I ") == "Sorry, I "


async def test_a_draft_and_its_data_lie_side_by_side() -> None:
    files = Files()
    faults = await results.draft(files, "drafts/a.md", FORM, said(json.dumps(DATA)))
    assert faults == ()
    assert await files.get("drafts/a.md") == READ.encode()
    assert json.loads(await results.said(files, "drafts/a.md")) == DATA
    assert await results.settle(files, "drafts/a.md", "outputs/a.md") == DATA
    assert await results.kept(files, "outputs/a.md") == (FORM, DATA)


async def test_what_is_asked_for_again_is_told_as_it_was_said() -> None:
    files = Files()
    text = '{"title": "Plan"}'
    faults = await results.draft(files, "drafts/a.md", FORM, said(text))
    assert await results.said(files, "drafts/a.md") == text
    assert await results.settle(files, "drafts/a.md", "outputs/a.md") is None
    earlier, wish = results.mending(text, faults)
    assert earlier.text == text
    assert "'steps' is a required property" in wish.text


async def test_a_piece_that_is_words_has_no_data() -> None:
    files = Files()
    await results.draft(files, "drafts/a.md", None, said("Tea."))
    assert await results.kept(files, "drafts/a.md") is None
    assert await results.said(files, "drafts/a.md") == "Tea."
