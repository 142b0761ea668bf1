"""Whether our clock goes with somebody else's: signatures and tokens depend on it."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from channels.contract import Health

LATE = "Set this machine's clock: turn on NTP (timedatectl set-ntp true)."
TIMEOUT_S = 10.0


async def clock(url: str, now: datetime, most: timedelta) -> Health:
    """Compare with the ``Date`` of whoever serves ``url``, to the second.

    ``most``: by how much we may be off before they turn us away or we them.
    """
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        # Its own words may quote the address, and with it a token.
        detail = f"no answer: {type(error).__name__}"
        return Health(ok=False, detail=detail, hint="Check the network.")
    theirs = moment(answer.headers.get("date", ""))
    if theirs is None:
        return Health(ok=True, detail="they do not say what time it is")
    off = now - theirs
    seconds = round(off.total_seconds())
    which = "ahead" if seconds > 0 else "behind"
    detail = f"{abs(seconds)} s {which}" if abs(seconds) > 1 else "the same"
    return Health(ok=abs(off) < most, detail=detail, hint=LATE)


def moment(date: str) -> datetime | None:
    """What an HTTP date says; None for anything else."""
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
