"""Cron: when a function runs by the clock, also where the clock is put back.

Source: https://manpages.debian.org/bookworm/cron/crontab.5 (fields, and what happens
when clocks are changed), https://www.inngest.com/docs/guides/scheduled-functions (TZ=).
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.durable.errors import Unsupported

ZONED = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.*)", re.DOTALL)
WORD = r"(?:\d{1,2}|[A-Za-z]{3})"
# What one library adds to the five fields (L, W, #) Inngest's server would not take.
FIELD = re.compile(
    rf"(?:(?:[*?]|{WORD}(?:-{WORD})?)(?:/\d{{1,2}})?(?:,(?!$)|$))+", re.ASCII
)
FIELDS = 5
LONGEST = 255
SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """The instants that five fields, and perhaps a zone, stand for."""

    expression: str
    """As declared, ``TZ=Europe/Berlin`` before the fields included."""
    jitter: timedelta = timedelta(0)
    """A run may begin up to this much after its instant."""
    _zone: tzinfo = field(init=False, repr=False, compare=False)
    _fields: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the expression.

        Raises:
            Unsupported: The zone or the fields are none, or no day ever fits them.
        """
        zoned = ZONED.fullmatch(self.expression.strip())
        fields = zoned[2] if zoned else self.expression
        object.__setattr__(self, "_fields", self._checked(fields.split()))
        object.__setattr__(self, "_zone", self._found(zoned[1]) if zoned else UTC)
        try:
            self.after(SOME_DAY)
        except (CronSimError, StopIteration) as error:
            raise self._refused(f"no time fits it ({error})") from error

    def after(self, instant: datetime) -> datetime:
        """Return the first of its instants after ``instant`` (aware), in UTC.

        At a fixed time of day it runs once on the day clocks are changed, too: right
        after the hour that is left out, and in the first of the two that are alike.
        """
        ticks = CronSim(self._fields, instant.astimezone(self._zone))
        # In the second of two hours alike, the time of day lies in the first.
        return next(
            found for tick in ticks if (found := tick.astimezone(UTC)) > instant
        )

    def _checked(self, fields: list[str]) -> str:
        if len(fields) != FIELDS or len(self.expression) > LONGEST:
            raise self._refused("five fields are wanted")
        for given in fields:
            if not FIELD.fullmatch(given):
                raise self._refused(f"field {given[:20]!r} is not supported")
        return " ".join(fields).replace("?", "*")

    def _found(self, zone: str) -> tzinfo:
        try:
            return ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise self._refused(f"there is no time zone {zone!r}") from error

    def _refused(self, why: str) -> Unsupported:
        return Unsupported(
            f"Cron {self.expression[:LONGEST]!r}: {why}.",
            hint="Write minute, hour, day, month and weekday, as in '30 9 * * 1-5'.",
        )
