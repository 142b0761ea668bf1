"""YAML from outside is data, whatever somebody makes of it."""

import pytest

from agent.catalog.yamlfile import DEEPEST, BadYaml, parse


def test_data_comes_with_the_line_of_each_key() -> None:
    data, lines = parse("a: 1\nb:\n  - c: tea\n  - x\n", first_line=10)
    assert data == {"a": 1, "b": [{"c": "tea"}, "x"]}
    assert lines == {
        ("a",): 10,
        ("b",): 11,
        ("b", 0): 12,
        ("b", 0, "c"): 12,
        ("b", 1): 13,
    }


@pytest.mark.parametrize("begins", ["[", "{a: ", "- ", "? ", "[{a: ", "- ? "])
def test_depth_is_refused_before_it_can_kill_the_process(begins: str) -> None:
    with pytest.raises(BadYaml):
        parse(begins * 100_000)


def test_what_is_nested_as_deep_as_anybody_needs_is_read() -> None:
    data, _ = parse("- " * DEEPEST + "tea")
    assert str(data).count("[") == DEEPEST
    with pytest.raises(BadYaml, match="nested more than"):
        parse("- " * (DEEPEST + 1) + "tea")


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("a: &x [1]\nb: *x\n", "Aliases", 2),
        ("a: 1\nb: 2\na: 3\n", "'a' stands here twice", 3),
        ("? [a]\n: 1\n", "A key must be a plain word", 1),
        ("a: 1\n b: 2\n", "not plain YAML", 2),
        ("name: [\n", "not plain YAML", 2),
        ("a: !!python/object:os.system x\n", "could not determine a constructor", 1),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, fault: str, line: int) -> None:
    with pytest.raises(BadYaml) as refused:
        parse(text)
    assert fault in refused.value.fault
    assert refused.value.line == line
