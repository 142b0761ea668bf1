"""Names: their slugs, and the words of a text that may be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clients.names import HEAD, LONGEST_NAME, readings, slug, tidy, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Yaz Automate", "yaz-automate"),
        ("  ACME,  Inc. ", "acme-inc"),
        ("Straße & Söhne", "strasse-sohne"),
        ("Café Noir", "cafe-noir"),
        ("Levi's", "levis"),
        ("Levi\u2019s", "levis"),
        ("\uff26\uff55\uff4c\uff4c width", "full-width"),
        ("中文公司", "中文公司"),
        ("Яндекс Go", "яндекс-go"),
        ("हिन्दी चाय", "हिन्दी-चाय"),
        ("ชาไทย", "ชาไทย"),
        ("نان‌وایی", "نان‌وایی"),
        ("한국", "한국"),
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


@given(st.text())
def test_a_tidy_name_is_one_line_of_what_can_be_seen(name: str) -> None:
    told = tidy(name)
    assert tidy(told) == told
    assert told == told.strip()
    assert not set(told) & set("\n\r\t\x00\u202e\u2066\u200b")


def test_a_tidy_name_cannot_turn_what_is_read_around() -> None:
    assert tidy("Ac\u202eme\u0000  Ltd\n") == "Acme Ltd"
    assert tidy("\u200b\u202e") == ""


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("homepage copy for Yaz Automate", "yaz-automate"),
        ("homepage copy for YAZ  automate, please", "yaz-automate"),
        ("Yaz Automate's new page", "yaz-automate"),
        ("Yaz Automate\u2019s new page", "yaz-automate"),
        ("the Clients' page", "clients"),
        ("an ad for Acme, Inc.", "acme-inc"),
        ("an ad for Acme Inc.", "acme-inc"),
        ("ads for cafe noir!", "cafe-noir"),
        ("ads for Café Noir!", "cafe-noir"),
        ("jeans of Levi's", "levis"),
        ("jeans of levis", "levis"),
        ("copy for Blue-Ace", "blue-ace"),
        ("copy for A.C.M.E. now", "a-c-m-e"),
        ("an ad for 中文公司", "中文公司"),
        ("(Acme)", "acme"),
        ("“Acme”", "acme"),
    ],
)
def test_a_name_in_a_text_reads_as_its_slug(text: str, inside: str) -> None:
    assert inside in readings(words(text))


def test_of_a_long_text_the_ends_are_read() -> None:
    text = "for Acme. " + "word " * HEAD + " yours, Beacon"
    read = readings(words(text))
    assert {"acme", "beacon"} <= read.keys()
    assert len(words(text)) < 1_000


def test_no_reading_is_longer_than_a_name() -> None:
    read = readings(words(" ".join(f"w{number}" for number in range(40))))
    assert max(slug.count("-") for slug in read) == LONGEST_NAME - 1


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    found = words(text)
    for run, places in readings(found).items():
        assert run
        assert all(0 <= first < end <= len(found) for first, end in places)


def test_many_possessives_do_not_multiply() -> None:
    read = readings(words("a's " * 200))
    assert len(read) <= 200 * LONGEST_NAME
