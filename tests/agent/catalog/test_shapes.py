import pytest

from agent.catalog.checks import BadCheck, Verdict, parse

TABLE = """\
# Plan

| Day | Channel |
|---|---|
| Mon | Mail |
| Tue | Post |

| Risk |
|:--|
| Late |
"""


@pytest.mark.parametrize(
    ("line", "text", "found"),
    [
        ("table-rows 3", TABLE, Verdict.MET),
        ("table-rows 4-9", TABLE, Verdict.BROKEN),
        ("table-columns Channel; day", TABLE, Verdict.MET),
        ("table-columns Owner", TABLE, Verdict.BROKEN),
        ("table-columns Day", "no table", Verdict.BROKEN),
        ("item-max-words 3", "- one two three\n1. one", Verdict.MET),
        ("item-max-words 2", "- one two three", Verdict.BROKEN),
        ("paragraph-max-words 3", "one two three\n\n- a b c d e", Verdict.MET),
        ("paragraph-max-words 3", "# T\n\none two\nthree four", Verdict.BROKEN),
        ("paragraph-max-words 1", "```\na b c\n```", Verdict.MET),
        ("max-questions 1", "Who? Me.", Verdict.MET),
        ("max-questions 1", "Who? You?", Verdict.BROKEN),
        ("max-hashtags 1", "# Heading\n#tea and run #12", Verdict.MET),
        ("max-hashtags 1", "#tea #cha", Verdict.BROKEN),
        ("max-hashtags 0", "see acme.example/a#part", Verdict.MET),
        ("max-emoji 1", "Hello \U0001f44b", Verdict.MET),
        ("max-emoji 1", "\U0001f44b\U0001f680", Verdict.BROKEN),
        ("max-links 1", "[a](https://a.example)", Verdict.MET),
        ("max-links 1", "[a](https://a.example) https://b.example", Verdict.BROKEN),
        ("order Problem; Fix", "## Problem\n## Cause\n## Fix", Verdict.MET),
        ("order Fix; Problem", "## Problem\n## Fix", Verdict.BROKEN),
        ("order Fix; Missing; End", "## Fix\n## End", Verdict.MET),
        ("code-block json", '```json\n{"a": 1}\n```', Verdict.MET),
        ("code-block json", '```json\n{"a": 1,}\n```', Verdict.BROKEN),
        ("code-block json", "{}", Verdict.BROKEN),
    ],
)
def test_a_shape_is_counted_as_a_reader_would(
    line: str, text: str, found: Verdict
) -> None:
    assert parse(line).run(text) is found


@pytest.mark.parametrize("line", ["table-rows", "max-emoji few", "code-block a b"])
def test_a_shape_without_its_number_is_refused(line: str) -> None:
    with pytest.raises(BadCheck, match="is written"):
        parse(line)
