import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.contract import Button
from channels.telegram.render import caption, keyboard, pages, render
from channels.text import utf16_units
from tests.standins.telegram import checks

token = st.one_of(
    st.sampled_from(
        [
            *"*_`~|>#-+.!()[]{}<>$\\&=:/@ \n\t1",
            "**",
            "```",
            "\n\n",
            "| a || b |\n",
            "- [ ] ",
        ]
    ),
    st.sampled_from(
        ["word", "Ünï", "🎉", "👩‍🚀", "कि", "<b>", "</b>", "<name>", "$5", "&amp;"]
    ),
    st.sampled_from(
        ["[a](http://b.c)", "[a](tg://user?id=5)", "![i](x)", "<!-- c -->"]
    ),
    st.text(max_size=5),
)
noise = st.lists(token, max_size=60).map("".join)


@given(noise)
@settings(max_examples=150, deadline=None)
def test_whatever_the_model_writes_telegram_can_read(markdown: str) -> None:
    shown = render(markdown)

    marks = [entity.to_dict() for entity in shown.entities]
    assert checks.entities(marks, shown.text, None) == marks


@given(noise)
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_in_showing(markdown: str) -> None:
    # Addresses, a fence's language and list numbers are shown in other ways.
    words = re.findall(r"word|Ünï|name|🎉|कि", markdown)
    shown = render(markdown)

    languages = " ".join(entity.language or "" for entity in shown.entities)
    for word in set(words):
        there = shown.text.count(word) + languages.count(word)
        assert there >= words.count(word)


@given(st.lists(noise, max_size=8).map("\n\n".join), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_every_page_fits_as_shown_and_as_written(markdown: str, times: int) -> None:
    for page in pages(markdown * times):
        shown = render(page)

        assert utf16_units(shown.text) <= 4096
        assert utf16_units(page) <= 4096
        assert len(shown.entities) <= 100
        assert shown.text.strip()


@given(noise, st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_a_caption_fits(markdown: str, times: int) -> None:
    assert utf16_units(render(caption(markdown * times)).text) <= 1024


@pytest.mark.parametrize(
    "text",
    [
        "Dear <first name>, welcome to <Company>",
        "a < b && c > d",
        "It costs $5 and $6, not $x$",
        "a || b || c",
        "<!-- note --> <script>alert(1)</script>",
        "snake_case_name and 2 * 3 * 4",
        "@channel and <!channel>",
        "As said[^1]\n\n[^1]: elsewhere",
        "[Headline]: Calm\n[1]: https://a.example",
    ],
)
def test_copy_is_shown_as_it_was_written(text: str) -> None:
    assert render(text).text == text
    assert render(text).entities == ()


def test_an_empty_cell_is_no_spoiler() -> None:
    shown = render("| a | b | c |\n|---|---|---|\n| 1 || 3 |\n| 4 || 6 |")

    assert [entity.type for entity in shown.entities] == ["pre"]
    assert all(number in shown.text for number in "1346")


def test_headings_are_bold_and_lists_have_dots() -> None:
    shown = render("# Title\n\n- one\n- two\n\n1. first\n2. second")

    assert shown.text == "Title\n\n• one\n• two\n\n1. first\n2. second"
    assert "bold" in {entity.type for entity in shown.entities}


def test_a_link_that_would_notify_a_person_is_only_text() -> None:
    shown = render("[Ana](tg://user?id=42) [x](javascript:alert(1)) [y](/z)")

    assert (shown.text, shown.entities) == ("Ana x y", ())


def test_a_web_link_keeps_its_address() -> None:
    [link] = render("[x](https://a.example/?q=$5&r=<y>)").entities

    assert link.url == "https://a.example/?q=$5&r=<y>"


def test_text_that_shows_as_nothing_is_shown_as_written() -> None:
    assert render("[](/z)").text == "[](/z)"


def test_a_link_without_a_label_shows_its_address() -> None:
    assert render("see [](http://a.b) ![](http://c.d)").text == (
        "see http://a.b http://c.d"
    )


def test_pages_cut_at_an_emoji_keep_it_whole() -> None:
    for shift in range(4):
        found = pages("x" * (4090 + shift) + "👩🏽‍🚀" * 10)

        assert "".join(found) == "x" * (4090 + shift) + "👩🏽‍🚀" * 10
        assert all(page.startswith(("x", "👩🏽‍🚀")) for page in found)


def test_a_message_of_forty_thousand_characters_is_ten_pages() -> None:
    markdown = "One sentence of marketing copy, **bold** at times. " * 800

    found = pages(markdown)

    assert len(found) <= 11
    assert " ".join(found).split() == markdown.split()


def test_blank_text_has_no_page() -> None:
    assert pages(" \n\0") == []


def test_a_row_of_more_than_eight_buttons_goes_on_below() -> None:
    made = keyboard(tuple(Button(str(n), f"p:{n}") for n in range(10)))

    assert made is not None
    assert [len(row) for row in made.inline_keyboard] == [8, 2]
    assert keyboard(()) is None
