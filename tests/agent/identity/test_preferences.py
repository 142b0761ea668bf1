"""What a person chooses for themselves: read as it is said, theirs on every door."""

from datetime import time

import pytest

from agent.errors import BadInput
from agent.identity import languages, preferences, zones
from agent.identity.preferences_operations import (
    set_language,
    set_mode,
    set_quiet,
    set_timezone,
    show_settings,
)
from bot.surfaces import chat
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.db.asking import one, run


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("22-8", (time(22), time(8))),
        ("22:30 to 7.15", (time(22, 30), time(7, 15))),
        ("10pm-7am", (time(22), time(7))),
        ("12am until 12pm", (time(0), time(12))),
        ("24-6", (time(0), time(6))),
        ("22 \u2013 8 Uhr", (time(22), time(8))),
    ],
)
def test_hours_are_read_as_people_write_them(
    said: str, expected: tuple[time, time]
) -> None:
    assert preferences.hours(said) == expected


@pytest.mark.parametrize(
    "said", ["", "22", "25-8", "22:61-8", "13pm-2am", "8-8", "a-b"]
)
def test_what_is_no_hours_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(BadInput) as refused:
        preferences.hours(said)
    assert "22-8" in refused.value.hint


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Berlin", "Europe/Berlin"),
        ("asia/kolkata", "Asia/Kolkata"),
        ("New York", "America/New_York"),
        ("bengaluru", "Asia/Kolkata"),
        ("IST", "Asia/Kolkata"),
        ("Mordor", None),
        ("", None),
        ("../etc/passwd", None),
    ],
)
def test_a_place_is_a_zone(said: str, zone: str | None) -> None:
    assert zones.find(said) == zone


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("Hindi", "hi"),
        ("hinglish", "hi-Latn"),
        ("HI_LATN", "hi-Latn"),
        ("Deutsch", "de"),
        ("British English", "en-GB"),
        ("english", "en-001"),
        ("Klingon", None),
    ],
)
def test_a_language_is_found_by_name_or_tag(said: str, tag: str | None) -> None:
    found = languages.find(said)
    assert (found.tag if found else None) == tag


def test_every_locale_kept_is_a_language_or_follows_the_request() -> None:
    assert languages.of(languages.FOLLOW) is None
    assert all(languages.of(one.tag) is one for one in languages.ALL)


async def test_settings_are_one_s_own_in_every_chat(world: World) -> None:
    ana = await world.settled(AS_ANA)
    await world.call(set_mode, ana, mode="advanced")
    await world.call(set_language, ana, language="Hinglish")
    await world.call(set_timezone, ana, zone="Berlin")
    await world.call(set_quiet, ana, hours="22-8")
    elsewhere = await world.settled(AS_ANA, "another chat")
    shown = await world.call(show_settings, elsewhere)
    assert (shown.mode, shown.locale, shown.timezone) == (
        "advanced", "hi-Latn", "Europe/Berlin",
    )  # fmt: skip
    assert (shown.quiet_from, shown.quiet_until) == (time(22), time(8))
    bobs = await world.call(show_settings, AS_BOB)
    assert (bobs.mode, bobs.locale, bobs.quiet_from) == ("simple", "en", None)


async def test_each_change_is_in_the_history_once(world: World) -> None:
    for _ in range(2):
        await world.call(set_quiet, AS_ANA, hours="22-8")
    rows = await run(
        world.owner,
        "SELECT before, after FROM events WHERE stream_type = 'settings'",
    )
    assert [(row.before, row.after) for row in rows] == [
        ({"quiet_hours": "off"}, {"quiet_hours": "22:00-08:00"})
    ]


async def test_auto_follows_the_language_of_each_request_again(world: World) -> None:
    await world.call(set_language, AS_ANA, language="German")
    assert (await world.call(set_language, AS_ANA, language="auto")).language == ""
    locale = "SELECT locale FROM users WHERE id = :id"
    assert await one(world.owner, locale, id=AS_ANA.user_id) == "en"


async def test_an_unknown_language_or_place_changes_nothing(world: World) -> None:
    with pytest.raises(BadInput, match="no language called Klingon"):
        await world.call(set_language, AS_ANA, language="Klingon")
    with pytest.raises(BadInput, match="no time zone or city called Mordor"):
        await world.call(set_timezone, AS_ANA, zone="Mordor")
    with pytest.raises(BadInput, match=r"^mode: "):
        await world.call(set_mode, AS_ANA, mode="expert")
    shown = await world.call(show_settings, AS_ANA)
    assert (shown.mode, shown.locale, shown.timezone) == ("simple", "en", "UTC")


@pytest.mark.parametrize(
    ("said", "name", "raw"),
    [
        ("simple mode", "identity.set_mode", {"mode": "simple"}),
        ("Switch to advanced mode.", "identity.set_mode", {"mode": "advanced"}),
        ("answer in Hindi", "identity.set_language", {"language": "Hindi"}),
        ("in Hinglish please", "identity.set_language", {"language": "Hinglish"}),
        ("I am in Berlin", "identity.set_timezone", {"zone": "Berlin"}),
        ("no pings 22-8", "identity.set_quiet", {"hours": "22-8"}),
        ("no quiet hours", "identity.set_quiet", {}),
        ("settings", "identity.settings", {}),
        ("I am in trouble", None, None),
        ("write in short sentences", None, None),
    ],
)
def test_plain_words_are_heard(
    said: str, name: str | None, raw: dict[str, str] | None
) -> None:
    heard = chat.heard(said)
    assert (heard and heard.op.name, heard and heard.raw) == (name, raw)
