import json
import random

import pytest

from bot.durable.face import graph
from bot.durable.face.graph import Field, Unreadable


def test_fields_arguments_and_variables_are_read() -> None:
    query = """
    # what a suite asks
    query Get($run_id: String!, $n: Int = 3) {
        run(runID: $run_id, depth: -2) { output, status }
        event(query: {eventId: "e\\"1"}) { functionRuns { id } }
    }
    """
    assert graph.read(query, {"run_id": "r1"}) == (
        Field("run", {"runID": "r1", "depth": -2}, (Field("output"), Field("status"))),
        Field(
            "event",
            {"query": {"eventId": 'e"1'}},
            (Field("functionRuns", {}, (Field("id"),)),),
        ),
    )


def test_the_word_query_may_be_left_out() -> None:
    assert graph.read("{ run }", {}) == (Field("run"),)


def test_only_what_was_asked_for_is_told() -> None:
    (wanted,) = graph.read("{ run { a b { c } d { e } } }", {})
    given = {"a": 1, "b": {"c": [2], "x": 3}, "d": [{"e": 4, "y": 5}, None], "z": 6}
    assert wanted.choose(given) == {"a": 1, "b": {"c": [2]}, "d": [{"e": 4}, None]}


def test_a_field_that_there_is_not_is_named() -> None:
    (wanted,) = graph.read("{ run { password } }", {})
    with pytest.raises(Unreadable, match="no field 'password' in 'run'"):
        wanted.choose({"a": 1})


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{",
        "{ }x",
        "mutation { cancel }",
        "{ run { ...all } }",
        "{ other: run }",
        "{ run @include(if: true) }",
        "{ run(id: [1]) }",
        "{ run(id: $) }",
        "{ run(id) }",
        "query ($a { run }",
        '{ run(id: "open) }',
        "{ run(id: 1e999) }",
        "{ ☃ }",
        "{ a" * 13 + " }" * 13,
        "{ run }" + " " * 8000,
    ],
)
def test_what_is_beyond_the_reader_is_refused(query: str) -> None:
    with pytest.raises(Unreadable):
        graph.read(query, {})


def test_no_garbage_gets_further_than_a_refusal() -> None:
    seeded = random.Random(7)  # noqa: S311 - garbage, no secret
    signs = ["{", "}", "(", ")", "$", ":", "run", '"', "...", " ", "1", "\\", "\n", "é"]
    for _ in range(3000):
        text = "".join(seeded.choices(signs, k=seeded.randrange(30)))
        try:
            made = graph.read(text, {"run": 1})
        except Unreadable:
            continue
        json.dumps([field.name for field in made])
        assert made == () or all(field.name == "run" for field in made)
