import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from channels.text import split, utf16_units

MARKDOWN = MarkdownIt("commonmark").enable("table")
FENCE = re.compile(r"^[ >]*(?:`{3,}|~{3,}).*$", re.MULTILINE)

word = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
    min_size=1,
    max_size=12,
).filter(lambda w: not FENCE.search(w) and w.strip() == w)
sentence = st.lists(word, min_size=1, max_size=25).map(lambda ws: " ".join(ws) + ".")
paragraph = st.lists(sentence, min_size=1, max_size=4).map("\n".join)
plain = st.text("abc d", min_size=1, max_size=30).map(lambda t: "x" + t.strip() + "y")
item = plain.map(lambda text: f"- {text}")
code = st.lists(plain, min_size=1, max_size=30).map(
    lambda lines: "\n".join(["```py", *lines, "```"])
)
quoted = plain.map(lambda text: f"> {text}")
indented_code = st.lists(plain, min_size=1, max_size=30).map(
    lambda lines: "\n".join(
        ["1. Do this:", "   ```sh", *(f"   {line}" for line in lines), "   ```"]
    )
)
heading = plain.map(lambda text: f"## {text}")
table = st.lists(plain, min_size=1, max_size=20).map(
    lambda rows: "\n".join(["| a | b |", "|---|---|", *(f"| {r} | 1 |" for r in rows)])
)
block = st.one_of(
    paragraph, plain, item, code, quoted, indented_code, heading, table, sentence
)
document = st.lists(block, min_size=1, max_size=12).map("\n\n".join)
noise = st.lists(
    st.sampled_from(
        [*"ab.\n `~*_[](){}|->#\t1\r", "é", "🇮🇳", "👩‍🚀", "e\u0301", "```"]
    ),
    max_size=400,
).map("".join)


def letters(text: str) -> str:
    """What must survive: every character but space and the marks of fences."""
    return "".join(FENCE.sub("", text).split())


def code_of(text: str) -> str:
    fences = [t for t in MARKDOWN.parse(text) if t.type == "fence"]
    return "".join("".join(fence.content.split()) for fence in fences)


@given(document, st.integers(80, 400))
@settings(max_examples=150, deadline=None)
def test_no_character_is_lost_and_none_comes_twice(text: str, limit: int) -> None:
    text = re.sub(r"^\| a \| b \|\n\|---\|---\|\n", "", text, flags=re.MULTILINE)

    assert letters("\n".join(split(text, limit))) == letters(text)


@given(noise, st.integers(24, 120))
@settings(max_examples=200, deadline=None)
def test_hostile_markdown_is_kept_whole_too(text: str, limit: int) -> None:
    shown = iter("".join(split(text, limit)))

    # Fences and heads may be repeated; nothing written is missing or out of order.
    assert all(char in shown for char in "".join(text.split()))


@given(st.one_of(document, noise), st.integers(24, 400))
@settings(max_examples=200, deadline=None)
def test_every_page_is_within_the_limit_in_the_given_units(
    text: str, limit: int
) -> None:
    pages = split(text, limit, utf16_units)

    assert all(0 < utf16_units(page) <= limit for page in pages)


@given(document, st.integers(80, 400))
@settings(max_examples=150, deadline=None)
def test_every_page_stands_alone(text: str, limit: int) -> None:
    for page in split(text, limit):
        last = MARKDOWN.parse(f"{page}\n\nThe end.")[-2]

        assert (last.type, last.content) == ("inline", "The end.")


@given(document, st.integers(80, 400))
@settings(max_examples=150, deadline=None)
def test_what_was_code_is_code_on_every_page(text: str, limit: int) -> None:
    pages = split(text, limit)

    assert "".join(map(code_of, pages)) == code_of(text)


@given(st.lists(st.sampled_from(["a", "e\u0301", "👍🏽", "👩‍🚀", "🇮🇳", "क्षि", "각"])))
@settings(max_examples=150, deadline=None)
def test_a_character_as_seen_is_never_cut(seen: list[str]) -> None:
    seen = [char for char in seen * 5 for _ in range(3)]
    pages = split("".join(seen), 24, utf16_units)

    rest = iter(seen)
    for page in pages:
        built = ""
        while len(built) < len(page):
            built += next(rest)
        assert built == page


@given(document)
@settings(max_examples=100, deadline=None)
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert split(text, 100_000) == [text.strip("\n").rstrip()]


def test_blank_text_has_no_pages() -> None:
    assert split("", 10) == []
    assert split(" \n\t\n", 10) == []


def test_a_paragraph_that_fits_is_not_cut() -> None:
    first, second = "One. " * 12 + "Two.", "Three. " * 9 + "Four."

    assert split(f"{first}\n\n{second}", 100) == [first, second]


def test_a_long_paragraph_is_cut_after_a_sentence() -> None:
    text = "It has nine words in it, as one sees. " * 5

    pages = split(text.strip(), 100)

    assert all(page.endswith("sees.") for page in pages)


def test_a_line_end_goes_before_a_sentence_end() -> None:
    text = "A line. Of two sentences\nand a second. With two more"

    assert split(text, 40) == ["A line. Of two sentences", text[25:]]


def test_a_word_goes_before_a_character() -> None:
    assert split("alpha beta gamma delta", 14) == ["alpha beta", "gamma delta"]


def test_a_fence_is_closed_and_opened_again_with_its_language() -> None:
    lines = [f"line {n:02}" for n in range(12)]
    text = "\n".join(["```python", *lines, "```"])

    pages = split(text, 60)

    assert len(pages) > 1
    for page in pages:
        assert page.startswith("```python\nline")
        assert page.endswith("\n```")
    assert [x for p in pages for x in p.split("\n") if x.startswith("line")] == lines


def test_a_fence_in_a_list_keeps_its_code_shape_on_the_next_page() -> None:
    body = ["def f():", *("    return 1" for _ in range(12))]
    text = "\n".join(
        ["10. So:", "    ```py", *(f"    {line}" for line in body), "    ```"]
    )

    pages = split(text, 100)

    fences = [t for p in pages for t in MARKDOWN.parse(p) if t.type == "fence"]
    assert len(pages) > 1
    assert "".join(f.content for f in fences) == "\n".join(body) + "\n"
    assert {fence.info for fence in fences} == {"py"}


def test_blank_lines_and_indentation_in_code_survive_the_cut() -> None:
    body = "".join(f"    deep {n}\n\n\n" for n in range(20))

    pages = split(f"```\n{body}```", 50)

    found = [t.content for p in pages for t in MARKDOWN.parse(p) if t.type == "fence"]
    assert "".join(found) == body


def test_a_table_that_fits_moves_whole_to_the_next_page() -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 4
    text = f"{'Words before it. ' * 4}\n\n{table}\nAfter."

    pages = split(text, 80)

    assert pages[1].startswith(table.strip())


def test_a_longer_table_is_cut_between_rows_and_headed_again() -> None:
    rows = [f"| {n:02} | row |" for n in range(20)]
    text = "\n".join(["| n | what |", "|---|---|", *rows])

    pages = split(text, 90)

    assert len(pages) > 1
    assert all(page.startswith("| n | what |\n|---|---|\n") for page in pages)
    assert [r for p in pages for r in p.split("\n")[2:]] == rows


def test_a_link_is_not_cut() -> None:
    link = "[our page of prices](https://example.org/a_(b)/prices?x=1)"

    pages = split(f"{'word ' * 10}{link} {'word ' * 10}", 80)

    assert any(link in page for page in pages)


def test_a_link_longer_than_a_page_is_cut_rather_than_lost() -> None:
    link = f"https://example.org/{'x' * 100}"

    assert "".join(split(link, 50)) == link


def test_a_heading_goes_with_what_it_heads() -> None:
    text = f"{'Words. ' * 8}\n\n## Next\n\n{'More words. ' * 5}"

    pages = split(text, 75)

    assert pages[0].endswith("Words.")
    assert pages[1].startswith("## Next")


def test_a_nested_list_left_behind_does_not_become_code() -> None:
    items = "".join(f"    - nested item {n}\n" for n in range(10))

    pages = split(f"- top\n{items}", 90)

    assert len(pages) > 1
    assert not [t for p in pages for t in MARKDOWN.parse(p) if t.type == "code_block"]


def test_line_ends_of_every_kind_are_one() -> None:
    assert split("a\r\nb\rc", 10) == ["a\nb\nc"]


def test_the_measure_may_be_about_what_is_shown_and_not_grow_evenly() -> None:
    def shown(text: str) -> int:
        return len(text) + (50 if text.count("*") % 2 else 0)

    pages = split("word *w* " * 40, 80, shown)

    assert all(shown(page) <= 80 for page in pages)


def test_a_limit_below_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        split("🎉", 1, utf16_units)


@pytest.mark.parametrize(
    "piece", ["`", "[", "*a ", ">", "- ", "|", "🇮🇳", "\u0301", "<"]
)
def test_forty_thousand_hostile_characters_are_split(piece: str) -> None:
    text = "x" + piece * (40_000 // len(piece))

    pages = split(text, 4096, utf16_units)

    assert "".join("".join(pages).split()) == "".join(text.split())
    assert all(unicodedata.category(page[-1]) != "Cs" for page in pages)


@pytest.mark.parametrize(
    "cluster",
    [
        "👩‍👩‍👧‍👦",
        "👍🏽",
        "🇮🇳",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "1\ufe0f\u20e3",
        "क्ष्म्य",
        "क्\u200dष",
        "\u1100\u1100\u1161\u11a8",
        "\ua960\u1161",
        "각\u11a8",
        "e\u0301\u0323\u0308",
        "ก\u0e33",
        "ｶ\uff9e",
        "\u06001",
        "ക്ഷ",
    ],
)
def test_what_a_person_sees_as_one_is_never_cut(cluster: str) -> None:
    for shift in range(len(cluster)):
        text = "x" * (40 + shift) + cluster * 12
        pages = split(text, 48)

        assert "".join(pages) == text
        assert all(page.strip("x") in cluster * 12 for page in pages)
        assert all(len(page.strip("x")) % len(cluster) == 0 for page in pages)
