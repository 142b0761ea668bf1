import json
import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.catalog import layout

READER = MarkdownIt("commonmark", {"html": False}).enable("table")

MAIL = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Job"},
        "subject": {"type": "string", "title": "Subject"},
        "body": {"type": "string", "title": "Body", "x-render": "text"},
        "action": {"type": "string", "title": "Action"},
    },
}
FORM = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "title": "Title"},
        "plan": {"type": "string", "title": "Plan"},
        "mails": {
            "type": "array",
            "title": "Emails",
            "x-render": "sections",
            "x-label": "Email",
            "items": MAIL,
        },
        "days": {
            "type": "array",
            "title": "Days",
            "x-render": "table",
            "items": {
                "type": "object",
                "properties": {
                    "day": {"type": "integer", "title": "Day"},
                    "what": {"type": ["string", "null"], "title": "What"},
                },
            },
        },
        "sample": {
            "type": "object",
            "title": "Sample",
            "properties": {"rate": {"type": "string", "title": "Base rate"}},
        },
        "markup": {
            "type": "string",
            "title": "Markup",
            "x-render": "code",
            "x-language": "json",
        },
        "checks": {"type": "array", "title": "Checks", "items": {"type": "string"}},
    },
}
DATA = {
    "checks": ["One", "Two\nlines"],
    "title": "Welcome\nsequence",
    "plan": "# Goal\nReply.\n\n```\nnot closed",
    "mails": [
        {
            "name": "hello",
            "subject": "Hi",
            "body": "Dear you,\n\nhello.",
            "action": "Go",
        },
    ],
    "days": [{"day": 1, "what": "a | b"}, {"day": 2, "what": None}],
    "sample": {"rate": "2 %"},
    "markup": '{"a": "```"}',
}
READ = """\
# Welcome sequence

## Plan

### Goal
Reply.

```
not closed
```

## Email 1: hello

**Subject:** Hi

Dear you,

hello.

**Action:** Go

## Days

| Day | What |
| --- | --- |
| 1 | a \\| b |
| 2 |  |

## Sample

**Base rate:** 2 %

## Markup

````json
{"a": "```"}
````

## Checks

- One
- Two
  lines"""


def test_data_is_laid_out_in_the_order_and_under_the_titles_of_its_form() -> None:
    assert layout.markdown(FORM, DATA) == READ


def test_what_the_form_does_not_know_stands_at_the_end() -> None:
    said = layout.markdown(FORM, {"extra_note": "Ask Ana", "title": "T"})
    assert said == "# T\n\n## Extra note\n\nAsk Ana"


def test_what_says_nothing_has_no_heading() -> None:
    empty = {"title": "T", "plan": " ", "mails": [], "sample": {"rate": ""}}
    assert layout.markdown(FORM, empty) == "# T"


def test_a_line_under_words_makes_no_heading_of_them() -> None:
    said = layout.markdown(FORM, {"plan": "Calm\n===\nand\n---\nclear"})
    assert _headings(said) == [("h2", "Plan")]


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=40)
notes = st.sampled_from(["", "table", "sections", "text", "code", "numbered", "odd"])


def _inner(any_json: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.text("abc_ |#`*\n", max_size=6)
    return st.lists(any_json, max_size=3) | st.dictionaries(keys, any_json, max_size=3)


anything = st.recursive(leaves, _inner, max_leaves=12)
markish = st.text("ab #`~|-=>*_\\\n[](){}:1.\r\t", max_size=60)


@st.composite
def noted(draw: st.DrawFn) -> dict[str, Any]:
    """A form whose notes fit nothing in particular."""
    form = json.loads(json.dumps(FORM))
    for part in form["properties"].values():
        part["x-render"] = draw(notes)
    return dict(form)


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return re.findall(r"[^\W_]+", value)
    if isinstance(value, dict):
        return [word for one in value.values() for word in _words(one)]
    if isinstance(value, list):
        return [word for one in value for word in _words(one)]
    return []


def _headings(text: str) -> list[tuple[str, str]]:
    tokens = READER.parse(text)
    return [
        (one.tag, tokens[at + 1].content)
        for at, one in enumerate(tokens)
        if one.type == "heading_open" and one.level == 0
    ]


@example(form=FORM, data=[None, {"": "0"}])
@given(form=noted(), data=anything | st.fixed_dictionaries({"mails": anything}))
@settings(max_examples=60)
def test_whatever_is_given_is_laid_out_and_no_word_is_lost(
    form: dict[str, Any], data: Any
) -> None:
    said = layout.markdown(form, data)
    for word in _words(data):
        assert word in said


@given(plan=markish, body=markish, what=markish, check=markish)
@settings(max_examples=120)
def test_no_text_changes_the_headings_or_the_tables(
    plan: str, body: str, what: str, check: str
) -> None:
    mail = {"name": "x", "subject": "S", "body": body, "action": "Go"}
    data = {
        "title": "T",
        "plan": f"p\n{plan}",
        "mails": [mail],
        "days": [{"day": 1, "what": what}],
        "checks": ["c", f"c {check}"],
    }
    said = layout.markdown(FORM, data)
    top = [one for one in _headings(said) if one[0] in {"h1", "h2"}]
    assert top == [
        ("h1", "T"),
        *[("h2", one) for one in ("Plan", "Email 1: x", "Days", "Checks")],
    ]
    cells = [one for one in READER.parse(said) if one.type == "td_open"]
    assert len(cells) >= 2
    days = said.partition("## Days")[2].partition("## Checks")[0]
    assert sum(one.type == "td_open" for one in READER.parse(days)) == 2
