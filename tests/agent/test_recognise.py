"""Telling keys from words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import recognise

KEY = "sk-ant-api03-" + "aB3" * 20
OTHER = "sk-ant-api03-" + "zY9" * 20


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (KEY, [("anthropic", KEY)]),
        (f"use {KEY}, please", [("anthropic", KEY)]),
        (f"{KEY[:30]}\n{KEY[30:]}", [("anthropic", KEY)]),
        (f"{KEY[:30]} {KEY[30:50]} {KEY[50:]}", [("anthropic", KEY)]),
        (f"{KEY} {OTHER}", [("anthropic", KEY), ("anthropic", OTHER)]),
        (f"{KEY}\n{OTHER}", [("anthropic", KEY), ("anthropic", OTHER)]),
        ("sk-ant-api03-x", [("anthropic", "sk-ant-api03-x")]),
        ("sk-proj-" + "a1" * 20, [("openai", "sk-proj-" + "a1" * 20)]),
        ("dk_" + "a1B2" * 8, [("draper", "dk_" + "a1B2" * 8)]),
        ("sk_live_" + "a1B2" * 6, [("stripe", "sk_live_" + "a1B2" * 6)]),
        ("write an ad for ask-anything, our sk-line", []),
        ("sk-ant", []),
        ("SG.1 and SG.2 are sizes", []),
    ],
)
def test_keys_are_found_and_words_are_not(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert [(one.provider, one.secret) for one in recognise.find(text)] == found


def test_a_line_after_a_key_that_is_a_sentence_stays() -> None:
    text = f"{KEY}\nthank you, that was it"
    assert recognise.redact(text) == f"{recognise.REMOVED}\nthank you, that was it"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", True),
        (" aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY\n", True),
        ("launch-of-q3-2026-campaign", True),
        ("https://example.com/a1b2c3d4e5f6g7h8", False),
        ("a sentence of words", False),
        ("Donaudampfschifffahrtsgesellschaft", False),
        ("short1", False),
        ("/key-of-something-long-2026", False),
    ],
)
def test_one_long_word_may_be_a_key(text: str, *, is_one: bool) -> None:
    assert (recognise.suspect(text) is not None) is is_one


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_piece_of_a_key_survives(before: str, after: str) -> None:
    kept = recognise.redact(f"{before} {KEY} {after}")
    assert KEY[4:40] not in kept


@given(st.text(max_size=200))
def test_taking_keys_out_twice_is_taking_them_out_once(text: str) -> None:
    once = recognise.redact(text)
    assert recognise.redact(once) == once


@given(st.text(alphabet="sk-antxob 1\n", max_size=400))
def test_any_text_is_read_and_what_is_found_is_there(text: str) -> None:
    for one in recognise.find(text):
        assert 0 <= one.start < one.end <= len(text)
        assert "".join(text[one.start : one.end].split()) == one.secret


def test_a_hint_tells_no_short_secret() -> None:
    assert recognise.hint(KEY) == KEY[-4:]
    assert recognise.hint("hunter-two!") == ""
