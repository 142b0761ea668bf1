"""Days as people name them: ``yesterday``, ``3 days ago``, ``2026-11-20``."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.errors import BadInput

_AGO = re.compile(r"(?:last )?(\d{1,4}) (day|week|month)s?(?: ago)?")
_LENGTHS = {"day": 1, "week": 7, "month": 30}
_NAMED = {"today": 0, "yesterday": 1, "last week": 7, "last month": 30}
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905 - shorter to read


class NoSuchDay(BadInput):
    """Words that name no day."""

    code = "no_such_day"

    def __init__(self, words: str) -> None:
        """Repeat them, and show what is understood."""
        super().__init__(
            f"{words[:40]!r} is no day I know.",
            hint="Say yesterday, 3 days ago, monday, or a date such as 2026-11-20.",
        )


def day(words: str, now: datetime, timezone: str) -> date:
    """The day that is meant, where the person is.

    Raises:
        NoSuchDay: None is, or it lies outside of all calendars.
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    plain = " ".join(words.casefold().split())
    back = _days_back(plain, today)
    try:
        return (
            today - timedelta(back) if back is not None else date.fromisoformat(plain)
        )
    except (ValueError, OverflowError) as error:
        raise NoSuchDay(words) from error


def begins(words: str, now: datetime, timezone: str) -> datetime:
    """The first moment of that day, aware."""
    return _midnight(day(words, now, timezone), timezone, words)


def ends(words: str, now: datetime, timezone: str) -> datetime:
    """The first moment after that day, aware."""
    meant = day(words, now, timezone)
    if meant == date.max:
        raise NoSuchDay(words)
    return _midnight(meant + timedelta(1), timezone, words)


def _midnight(meant: date, timezone: str, words: str) -> datetime:
    first_year, last_year = 2000, 9000
    if not first_year <= meant.year <= last_year:
        raise NoSuchDay(words)  # a database in another zone could not hold it
    return datetime.combine(meant, time(), ZoneInfo(timezone))


def _days_back(plain: str, today: date) -> int | None:
    if plain in _NAMED:
        return _NAMED[plain]
    if plain in _WEEKDAYS:
        return (today.weekday() - _WEEKDAYS.index(plain)) % 7 or 7
    ago = _AGO.fullmatch(plain)
    return int(ago[1]) * _LENGTHS[ago[2]] if ago else None
