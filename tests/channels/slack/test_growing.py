"""What is shown of an unfinished text is never taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.slack.growing import HELD, settled
from channels.slack.markup import JOINER, unpinged
from tests.standins.slack.blocks import pings

SIGNS = ("**", "*", "_", "~~", "`", "```", "[", "](", ")", "|", "<", "@", "<!here>")
TEXTS = st.lists(
    st.sampled_from([*SIGNS, " ", "\n", "\n\n", "word", "- ", "1. ", "https://a.io"])
).map("".join)


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("", ""),
        ("Hello", ""),
        ("Hello wor", "Hello "),
        ("Hello world. ", "Hello world. "),
        ("Hello world.\n", "Hello "),
        ("One.\n\n", ""),
        ("One. \n", ""),
        ("One.\n\nTwo", "One.\n\n"),
        ("It is **very goo", "It is "),
        ("It is **very good** in", "It is **very good** "),
        ("Call `make ch", "Call "),
        ("Use `**` here an", "Use `**` here "),
        ("See [our pa", "See "),
        ("See [our page](https://a", "See "),
        ("See [our page](https://a.io) no", "See [our page](https://a.io) "),
        ("A *short wo", "A "),
        ("2 * 3 is si", "2 * 3 is "),
        ("* one\n* two thr", "* one\n* two "),
        ("snake_case is on", "snake_case is "),
        ("Head\n\n| a | b", "Head\n\n"),
        ("| a | b |\n|---|---|\n| 1", "| a | b |\n|---|---|\n"),
        ("```\nx = [1,\ny = 2 ", "```\nx = [1,\ny = 2 "),
    ],
)
def test_what_the_next_words_could_change_waits(so_far: str, shown: str) -> None:
    assert settled(so_far) == shown


def test_a_mark_that_is_never_closed_holds_the_text_up_for_a_while_only() -> None:
    text = "5 **stars for " + "a word and " * 30

    assert len(text) - len(settled(text)) < 20


@given(TEXTS)
def test_what_is_shown_is_a_beginning_and_little_is_held_back(text: str) -> None:
    shown = settled(text)

    assert text.startswith(shown)
    assert not text[len(shown) :][:1].isspace() or not shown
    last = len(text) - len(text.rstrip()) + max(map(len, text.split() or [""]))
    assert len(text) - len(shown) <= HELD + last


@given(TEXTS, TEXTS)
def test_a_broken_text_begins_as_its_beginning_and_pings_nobody(
    begun: str, more: str
) -> None:
    whole = unpinged(begun + more)

    assert whole.startswith(unpinged(begun))
    assert whole.replace(JOINER, "") == begun + more
    assert pings(whole, [{"type": "markdown", "text": whole}], links_names=True) == []
