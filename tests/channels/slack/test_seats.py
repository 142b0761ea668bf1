"""Which installation a payload came through, and who we are there."""

import json
from typing import Any
from urllib.parse import urlencode

from channels.slack.parse import parse

POST = {"type": "message", "user": "U1", "channel": "C1", "ts": "1700000000.000100"}


def event(*seats: dict[str, Any], **top: Any) -> bytes:
    said = {**POST, "text": "<@UBOT> hello", "team": "THERE"}
    payload = {"type": "event_callback", "event_id": "Ev1", "team_id": "THERE"}
    return json.dumps(
        {**payload, "event": said, "authorizations": seats, **top}
    ).encode()


def seat(
    team: str | None, organisation: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "team_id": team,
        "enterprise_id": organisation,
        "user_id": "UBOT",
        "is_bot": True,
        "is_enterprise_install": False,
        **more,
    }


def test_a_shared_channel_s_event_is_for_the_team_that_installed_us() -> None:
    got = parse(event(seat("THOME")))

    assert got.account == "THOME"
    assert got.inbound is not None
    assert got.inbound.extra["team"] == "THERE"


def test_what_an_organisation_installed_speaks_for_the_organisation() -> None:
    got = parse(event(seat(None, "EACME", is_enterprise_install=True)))

    assert got.account == "EACME"
    assert got.inbound is not None
    assert got.inbound.addressed
    assert (got.inbound.text, got.inbound.extra["team"]) == ("hello", "THERE")


def test_a_team_of_an_organisation_that_installed_us_by_itself_is_that_team() -> None:
    assert parse(event(seat("THERE", "EACME"))).account == "THERE"


def test_our_own_seat_counts_before_a_person_s() -> None:
    person = seat("TOTHER", user_id="U9", is_bot=False)
    assert parse(event(person, seat("THOME"))).account == "THOME"


def test_an_organisation_s_command_and_press_are_the_organisation_s() -> None:
    command = {
        "command": "/draper",
        "text": "help",
        "team_id": "THERE",
        "enterprise_id": "EACME",
        "is_enterprise_install": "true",
        "channel_id": "C1",
        "user_id": "U1",
        "trigger_id": "1.2",
    }
    press = {
        "type": "block_actions",
        "team": None,
        "enterprise": {"id": "EACME"},
        "is_enterprise_install": True,
        "user": {"id": "U1", "team_id": "THERE"},
        "channel": {"id": "C1"},
        "trigger_id": "1.3",
        "actions": [{"value": "x:0"}],
    }

    assert parse(urlencode(command).encode()).account == "EACME"
    body = urlencode({"payload": json.dumps(press)}).encode()
    assert parse(body).account == "EACME"


def test_nonsense_about_the_seat_is_borne() -> None:
    odd = {"is_enterprise_install": [1], "enterprise_id": 7, "team_id": {}}
    assert parse(event(odd)).account == "THERE"
