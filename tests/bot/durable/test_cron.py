from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durable.cron import Cron
from bot.durable.errors import Unsupported

BERLIN = ZoneInfo("Europe/Berlin")


def ticks(expression: str, start: datetime, end: datetime) -> list[datetime]:
    cron = Cron(expression)
    found = []
    while (start := cron.after(start)) < end:
        found.append(start)
    return found


def test_it_runs_at_the_minute_in_utc_unless_a_zone_is_named() -> None:
    start = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
    assert Cron("30 9 * * *").after(start) == datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
    zoned = Cron("TZ=Europe/Berlin 30 9 * * *").after(start)
    assert zoned == datetime(2026, 7, 2, 7, 30, tzinfo=UTC)
    assert zoned.tzinfo is UTC
    assert Cron("CRON_TZ=Europe/Berlin 30 9 * * *").after(start) == zoned


def test_the_instant_itself_is_not_after_itself() -> None:
    tick = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert Cron("30 9 * * *").after(tick) == tick + timedelta(days=1)
    assert Cron("30 9 * * *").after(tick - timedelta(microseconds=1)) == tick


def test_any_aware_instant_will_do() -> None:
    tokyo = datetime(2026, 7, 1, 18, 0, tzinfo=timezone(timedelta(hours=9)))
    assert Cron("30 9 * * *").after(tokyo) == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def test_on_the_day_the_clock_goes_forward_it_runs_once() -> None:
    found = ticks(
        "TZ=Europe/Berlin 30 2 * * *",
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 30, 12, tzinfo=UTC),
    )
    assert found == [
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]


def test_on_the_day_the_clock_goes_back_it_runs_once() -> None:
    found = ticks(
        "TZ=Europe/Berlin 30 2 * * *",
        datetime(2026, 10, 24, 12, tzinfo=UTC),
        datetime(2026, 10, 26, 12, tzinfo=UTC),
    )
    assert found == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_asked_within_the_second_of_two_hours_alike_it_has_run_already() -> None:
    late = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    found = Cron("TZ=Europe/Berlin 30 2 * * *").after(late)
    assert found == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_every_half_hour_stays_every_half_hour(day: tuple[int, int, int]) -> None:
    start = datetime(*day, tzinfo=UTC)
    found = ticks("TZ=Europe/Berlin */30 * * * *", start, start + timedelta(hours=6))
    assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=30)}
    assert len(found) == 11


def test_a_leap_day_and_a_weekday_are_found() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert Cron("0 0 29 2 *").after(start) == datetime(2028, 2, 29, tzinfo=UTC)
    assert Cron("0 9 * * MON-FRI").after(start) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert Cron("0 9 ? * 1").after(start) == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("0 0 31 2 *", "no time fits it"),
        ("0 0 30,31 2 *", "no time fits it"),
        ("0 0 31 4,6,9,11 *", "no time fits it"),
        ("TZ=Mars/Olympus 0 0 * * *", "no time zone 'Mars/Olympus'"),
        ("TZ=America 0 0 * * *", "no time zone 'America'"),
        ("TZ=../passwd 0 0 * * *", "no time zone '../passwd'"),
        ("TZ=Europe/Berlin", "five fields"),
        ("@daily", "five fields"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("", "five fields"),
        ("* " * 200, "five fields"),
        ("60 * * * *", "Bad minute"),
        ("*/0 * * * *", "Bad minute"),
        ("5-1 * * * *", "Bad minute"),
        ("0 0 * * 8", "Bad day-of-week"),
        ("0 0 0 * *", "Bad day-of-month"),
        ("0 0 L * *", "'L'"),
        ("0 0 * * 5#2", "'5#2'"),
        ("0 0 LW * *", "'LW'"),
        ("1, * * * *", "'1,'"),
        ("٣ * * * *", "'٣'"),
    ],
)
def test_an_impossible_cron_is_refused_by_name(expression: str, named: str) -> None:
    with pytest.raises(Unsupported) as refusal:
        Cron(expression)
    assert named in refusal.value.message
    assert expression[:20] in refusal.value.message
    assert refusal.value.hint


@given(st.text("0123456789*/,-?LWJANMO #=TZ", max_size=25))
def test_any_text_is_a_cron_or_refused(text: str) -> None:
    cron = None
    with suppress(Unsupported):
        cron = Cron(text)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert cron is None or cron.after(start) > start


@given(
    st.sampled_from(
        ["30 2 * * *", "*/20 * * * *", "0 1-4 * * *", "15,45 2,3 * * *", "0 3 * * 0"]
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 365 * 24 * 3600).map(
        lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
)
def test_the_next_is_the_same_until_it_has_come(
    fields: str, zone: str, instant: datetime
) -> None:
    cron = Cron(f"TZ={zone} {fields}")
    found = cron.after(instant)
    assert found > instant
    assert cron.after(found - timedelta(seconds=1)) == found
    assert cron.after(instant + (found - instant) / 2) == found
