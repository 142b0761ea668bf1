"""The catalogue as tools: few, fitting, the same each time, in a shape models take."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import Field

from agent.ctx import Caller, Role
from agent.operation import Surface
from agent.registry import BY_NAME, CATALOGUE, AnyOperation, on
from agent.shapes import Frozen
from bot.surfaces import tools
from bot.surfaces.tools import MOST, OTHERS_WORDS, Spoken, offered
from tests.standins.anthropic.rules import _tool

HERE = Path(__file__).parent
OWNER = Caller(UUID(int=1), UUID(int=2), Role.OWNER)
VIEWER = Caller(UUID(int=1), UUID(int=3), Role.VIEWER)
by_tool = pytest.mark.parametrize("op", [*on(Surface.TOOL)], ids=lambda op: op.name)


def recalled(file: str) -> tuple[int, int]:
    """How many sentences are offered the tool they need, and of how many."""
    cases = [line.split("\t") for line in (HERE / file).read_text().splitlines()]
    assert {name for _, name in cases} <= set(BY_NAME)
    hits = sum(
        name in [op.name for op in offered(OWNER, Spoken(said))] for said, name in cases
    )
    return hits, len(cases)


def test_the_tool_that_is_needed_is_among_the_few() -> None:
    hits, of = recalled("tool_cases.tsv")
    assert of >= 60
    assert hits / of >= 0.92


def test_so_it_is_for_sentences_that_nothing_was_tuned_on() -> None:
    hits, of = recalled("tool_cases_heldout.tsv")
    assert hits / of >= 0.85


def test_they_are_few_and_the_same_each_time() -> None:
    said = Spoken("show the client, the runs, the team and what it cost", ("hello",))
    first = offered(OWNER, said)
    assert first == offered(OWNER, said)
    assert len(first) == MOST
    assert {op.name for op in first} >= set(tools.ALWAYS)


def test_small_talk_needs_hardly_any() -> None:
    names = {op.name for op in offered(OWNER, Spoken("hmm, thanks!"))}
    assert names == set(tools.ALWAYS)


def test_what_was_said_before_counts_where_nothing_is_said_now() -> None:
    before = Spoken("and that one?", ("what did #12 cost?",))
    assert "runs.show" in [op.name for op in offered(OWNER, before)]


def test_nobody_is_offered_what_is_above_their_role() -> None:
    everything = Spoken(" ".join(op.name for op in CATALOGUE))
    for op in offered(VIEWER, everything, most=99):
        assert op.role is Role.VIEWER
    assert tools.of_wire("runs__start", VIEWER) is None
    assert tools.of_wire("runs__list", VIEWER) is BY_NAME["runs.list"]


def test_what_is_no_tool_is_not_found_by_its_name() -> None:
    hidden = [op for op in CATALOGUE if Surface.TOOL not in op.on]
    assert hidden
    assert all(tools.of_wire(tools.wire_name(op.name), OWNER) is None for op in hidden)


@by_tool
def test_a_tool_is_declared_as_providers_take_it(op: AnyOperation) -> None:
    made = tools.tool(op)
    shown = {"name": made.name, "description": made.description}
    assert _tool(shown | {"input_schema": dict(made.schema)}) is None
    assert made.name.replace("__", ".") == op.name
    written = json.dumps(made.schema)
    assert "$ref" not in written
    assert "$defs" not in written
    assert '"message_id"' not in written
    assert "Raises" not in made.description
    assert op.example or not op.params.model_fields, "a typical call helps a model"


@by_tool
def test_no_secret_comes_into_a_model_s_hands(op: AnyOperation) -> None:
    for model in (op.params, op.result):
        for name in model.model_fields:
            assert not re.search(r"secret|password|token$|^code$", name), name


def test_whatever_repeats_others_words_is_named_and_there() -> None:
    # A name that no operation bears would guard nothing.
    assert set(BY_NAME) >= OTHERS_WORDS
    assert {"runs.read", "runs.list", "clients.show"} <= OTHERS_WORDS


@pytest.mark.parametrize(
    "name", ["clients.show", "clients.version", "clients.compare", "clients.history"]
)
def test_what_others_wrote_in_a_profile_marks_the_run(name: str) -> None:
    assert tools.taints(BY_NAME[name])


class Inner(Frozen):
    """A part."""

    size: int = Field(ge=1, description="How big")


class Given(Frozen):
    """Parameters of all kinds."""

    role: Role | None = Field(default=None, description="Which role")
    parts: list[Inner] = Field(default=[], description="The parts")
    name: str = Field(description="The name")
    message_id: UUID | None = None


def test_a_schema_is_flat_and_says_what_a_field_is() -> None:
    made = tools.schema(Given)
    assert made["required"] == ["name"]
    assert made["properties"]["name"] == {
        "type": "string",
        "description": "The name",
    }
    role = made["properties"]["role"]
    assert role["enum"] == [0, 10, 20, 30]
    assert role["description"] == "Which role"
    items = made["properties"]["parts"]["items"]["properties"]
    assert items["size"]["minimum"] == 1
    assert "message_id" not in made["properties"]


class Long(Frozen):
    """A long result."""

    text: str = Field(description="Its text")
    note: str = Field(default="", description="Empty")


def long_one(**changes: Any) -> str:
    """What a model is told of a long result."""
    return tools.told(BY_NAME["runs.outputs"], Long(text="tea " * 5000, **changes))


def test_a_long_result_is_cut_with_a_way_to_the_rest() -> None:
    said = long_one()
    assert len(said) < tools.RESULT + 400
    assert "cursor and limit get the rest" in said
    assert '"note"' not in said, "what is empty is not told"


def test_a_result_with_others_words_is_marked() -> None:
    assert long_one().startswith("<outside id=")
    short = tools.told(BY_NAME["clients.list"], Long(text="Brew"))
    assert short == '{"text": "Brew"}'
