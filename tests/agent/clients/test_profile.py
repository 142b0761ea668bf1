"""Slugs, the interview and the summary: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clients.profile import LABELS, QUESTIONS, next_question, slug, summary


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Yaz Automate", "yaz-automate"),
        ("  ACME,  Inc. ", "acme-inc"),
        ("Straße & Söhne", "strasse-söhne"),
        ("\uff26\uff55\uff4c\uff4c width", "full-width"),
        ("中文公司", "中文公司"),
        ("Яндекс Go", "яндекс-go"),
        ("हिन्दी चाय", "हिन्दी-चाय"),
        ("ชาไทย", "ชาไทย"),
        ("نان‌وایی", "نان‌وایی"),
    ],
)
def test_a_slug_keeps_the_letters_of_every_script(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_words_that_differ_in_a_vowel_sign_are_two_names() -> None:
    assert slug("हिन्दी") != slug("हन्द")


def test_names_of_signs_alone_are_told_apart() -> None:
    assert slug("🚀") != slug("⭐")
    assert slug("🚀") == slug(" 🚀 ")


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_every_name_has_a_slug_and_keeps_it(name: str) -> None:
    first = slug(name)
    assert first
    assert slug(f"  {name} ") == first
    assert "/" not in first
    assert ".." not in first


def test_the_summary_has_what_is_known_in_the_order_it_is_asked() -> None:
    answers = {"voice": "dry", "offer": "payroll", "avoid": ""}
    assert summary("Acme", answers) == (
        "Brand: Acme\nWhat it sells: payroll\nHow it sounds: dry"
    )


def test_the_interview_asks_each_question_once_and_ends() -> None:
    answers: dict[str, str] = {}
    asked = []
    while question := next_question(answers):
        asked.append(question.field)
        answers[question.field] = ""  # skipped: not asked again
    assert asked == [question.field for question in QUESTIONS] == list(LABELS)


def test_every_question_can_name_the_brand_whatever_it_is_called() -> None:
    for question in QUESTIONS:
        assert "{" not in question.ask.format(name="Acme")
