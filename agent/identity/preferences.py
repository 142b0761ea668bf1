"""What a person chose for themselves, on whichever messenger: it goes with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import BadInput
from agent.identity import languages
from agent.identity.languages import Language

_READ = text("""
    SELECT interface_mode AS mode, locale, timezone, quiet_from, quiet_until,
           notifications
    FROM users WHERE id = :user_id
""")

_WRITE = text("""
    UPDATE users SET
        interface_mode = coalesce(CAST(:mode AS text), interface_mode),
        locale = coalesce(CAST(:locale AS text), locale),
        timezone = coalesce(CAST(:timezone AS text), timezone)
    WHERE id = :user_id
""")

_QUIET = text("""
    UPDATE users SET quiet_from = :begins, quiet_until = :ends WHERE id = :user_id
""")

_SWITCH = text("""
    UPDATE users SET notifications = notifications
        || jsonb_build_object(CAST(:topic AS text), CAST(:value AS text))
    WHERE id = :user_id
""")

_TIME = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?(?:\s*(?:o'?clock|h|uhr))?"
_HOURS = re.compile(
    rf"{_TIME}\s*(?:-|\u2013|\u2014|to|till|until|and)\s*{_TIME}", re.IGNORECASE
)
_NOON = 12


@dataclass(frozen=True, slots=True)
class Preferences:
    """One person's choices."""

    mode: str
    """simple or advanced."""
    locale: str
    timezone: str
    quiet_from: time | None
    quiet_until: time | None
    notifications: Mapping[str, Any]

    @property
    def language(self) -> Language | None:
        """What pieces are written in; None: in the language of the request."""
        return languages.of(self.locale)


async def of(session: AsyncSession, user_id: UUID) -> Preferences:
    """The person's own; nobody reads another's."""
    row = (await session.execute(_READ, {"user_id": user_id})).mappings().one()
    return Preferences(**row)


async def choose(
    session: AsyncSession,
    user_id: UUID,
    *,
    mode: str | None = None,
    locale: str | None = None,
    timezone: str | None = None,
) -> None:
    """Keep what is given; the rest stays."""
    values = {"mode": mode, "locale": locale, "timezone": timezone}
    await session.execute(_WRITE, values | {"user_id": user_id})


async def be_quiet(
    session: AsyncSession, user_id: UUID, hours: tuple[time, time] | None
) -> None:
    """Keep the quiet hours; None ends them. What is held is looked at anew."""
    begins, ends = hours or (None, None)
    values = {"user_id": user_id, "begins": begins, "ends": ends}
    await session.execute(_QUIET, values)


async def switch(
    session: AsyncSession, user_id: UUID, topic: str, *, is_on: bool
) -> None:
    """Let a topic of ``agent.mailroom.notices`` be told to the person, or not."""
    values = {"topic": topic, "value": "on" if is_on else "off", "user_id": user_id}
    await session.execute(_SWITCH, values)


def hours(said: str) -> tuple[time, time]:
    """``22-8``, ``22:30 to 7:15``, ``10pm-7am`` as two times of day.

    Raises:
        BadInput: It is none, or both are the same.
    """
    found = _HOURS.fullmatch(said.strip(" .!"))
    if found is None:
        raise BadInput(f"I cannot read {said} as hours.", hint=EXAMPLE)
    given = found.groups()
    try:
        begins, ends = _time(*given[:3]), _time(*given[3:])
    except ValueError as error:
        raise BadInput(f"There is no such time in {said}.", hint=EXAMPLE) from error
    if begins == ends:
        raise BadInput("Those hours begin and end together.", hint=EXAMPLE)
    return begins, ends


EXAMPLE = "Write, for example: no pings 22-8"


def _time(hour: str, minute: str | None, half: str | None) -> time:
    at = int(hour)
    if half:
        if not 1 <= at <= _NOON:
            raise ValueError(hour)
        at = at % _NOON + (_NOON if half.casefold() == "pm" else 0)
    return time(0 if at == 2 * _NOON else at, int(minute or 0))
