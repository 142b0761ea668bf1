"""Time zones by name, or by a city people live in.

Source: the IANA time zone database, through ``zoneinfo``.
"""

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

_PLACES = {
    "Asia/Kolkata": "india ist delhi new_delhi mumbai bombay bangalore bengaluru"
    " chennai hyderabad pune ahmedabad jaipur surat lucknow gurgaon gurugram noida"
    " kochi indore nagpur goa calcutta",
    "Europe/Berlin": "germany munich hamburg cologne frankfurt stuttgart dusseldorf"
    " leipzig",
    "Europe/London": "uk england britain manchester birmingham edinburgh leeds bristol",
    "Europe/Paris": "france lyon marseille toulouse nice",
    "Europe/Madrid": "spain barcelona valencia seville",
    "Europe/Rome": "italy milan naples turin",
    "Europe/Zurich": "switzerland geneva basel bern",
    "Europe/Amsterdam": "netherlands rotterdam utrecht",
    "America/New_York": "boston miami atlanta washington philadelphia nyc",
    "America/Chicago": "houston dallas austin",
    "America/Los_Angeles": "san_francisco seattle san_diego la portland las_vegas",
    "America/Denver": "salt_lake_city",
    "America/Toronto": "ottawa montreal",
    "America/Sao_Paulo": "rio_de_janeiro rio brasilia",
    "Asia/Dubai": "uae abu_dhabi",
    "Asia/Shanghai": "china beijing shenzhen guangzhou",
    "Asia/Tokyo": "japan osaka kyoto",
    "Australia/Sydney": "canberra",
    "Africa/Johannesburg": "south_africa cape_town durban",
    "Asia/Ho_Chi_Minh": "vietnam hanoi",
}
"""Cities and countries of one zone that the database does not name."""

_AREAS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian",
          "Pacific")  # fmt: skip


def find(said: str) -> str | None:
    """The zone of that name or place, in whatever case; None when none is known."""
    wanted = re.sub(r"[\s_]+", "_", said.strip(" .!?")).casefold()
    return _known().get(wanted)


@cache
def places() -> tuple[str, ...]:
    """Cities and countries as people write them, the longest first."""
    names = (name.replace("_", " ") for name in _known() if _is_place(name))
    return tuple(sorted(names, key=len, reverse=True))


@cache
def _known() -> Mapping[str, str]:
    zones = sorted(available_timezones())
    cities = {
        zone.rpartition("/")[2].casefold(): zone
        for zone in zones
        if zone.partition("/")[0] in _AREAS
    }
    more = {place: zone for zone, listed in _PLACES.items() for place in listed.split()}
    return {zone.casefold(): zone for zone in zones} | cities | more


def _is_place(name: str) -> bool:
    return "/" not in name and len(name) > 3 and re.search(r"[\d+-]", name) is None  # noqa: PLR2004 - "gmt", "est": those are zones
