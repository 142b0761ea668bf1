"""Days in words."""

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity.days import NoSuchDay, begins, day, ends

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("words", "timezone", "expected"),
    [
        ("today", "UTC", date(2026, 11, 21)),
        ("Yesterday", "UTC", date(2026, 11, 20)),
        ("yesterday", "Asia/Tokyo", date(2026, 11, 21)),
        ("3 days ago", "UTC", date(2026, 11, 18)),
        ("last 2 weeks", "UTC", date(2026, 11, 7)),
        ("friday", "UTC", date(2026, 11, 20)),
        ("saturday", "UTC", date(2026, 11, 14)),
        ("2026-02-28", "UTC", date(2026, 2, 28)),
    ],
)
def test_words_name_a_day(words: str, timezone: str, expected: date) -> None:
    assert day(words, NOW, timezone) == expected


def test_a_day_begins_and_ends_where_the_person_is() -> None:
    assert begins("today", NOW, "Asia/Kolkata") == datetime(
        2026, 11, 21, 18, 30, tzinfo=UTC
    )
    assert ends("yesterday", NOW, "UTC") == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "words", ["", "soon", "2026-13-01", "9999 months ago", "9999-12-31", "0001-01-01"]
)
def test_what_names_no_day_is_refused_with_examples(words: str) -> None:
    with pytest.raises(NoSuchDay) as refused:
        ends(words, NOW, "UTC")
    assert "2026-11-20" in refused.value.hint


@given(st.text(max_size=40))
def test_any_words_name_a_day_or_are_refused(words: str) -> None:
    with contextlib.suppress(NoSuchDay):
        assert begins(words, NOW, "Pacific/Kiritimati").tzinfo
