"""Which Inngest server a process talks to, and what it refuses to start with."""

from typing import Any

import pytest

from agent.errors import BadInput
from bot.settings import Inngest, Settings
from bot.wiring.remote import account

KEYS = {"event_key": "an-event-key", "signing_key": "signkey-prod-0aff"}
OURS = "https://draper.example"


def settings(public_url: str = OURS, **inngest: Any) -> Settings:
    given = {"base_url": "https://inngest.example", **KEYS, **inngest}
    group = Inngest(_env_file=None, **given)
    whole: dict[str, Any] = {"public_url": public_url, "inngest": group}
    return Settings(_env_file=None, **whole)


def test_a_server_of_our_own_takes_events_where_it_takes_everything() -> None:
    found = account(settings(base_url="https://inngest.example/"))
    assert found.api == found.events == "https://inngest.example"
    assert found.serve_url == "https://draper.example/api/inngest"
    assert found.event_key == "an-event-key"
    assert found.signing_keys == ("signkey-prod-0aff",)


def test_inngest_cloud_takes_events_elsewhere() -> None:
    found = account(settings(base_url="https://api.inngest.com", env="staging"))
    assert (found.api, found.events) == ("https://api.inngest.com", "https://inn.gs")
    assert found.env == "staging"


def test_events_go_where_they_are_told_to_go() -> None:
    found = account(settings(event_api_base_url="https://events.example/"))
    assert found.events == "https://events.example"


def test_the_second_key_comes_after_the_first() -> None:
    found = account(settings(signing_key_fallback="signkey-prod-0bff"))
    assert found.signing_keys == ("signkey-prod-0aff", "signkey-prod-0bff")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"public_url": ""}, ["PUBLIC_URL is not"]),
        ({"event_key": None}, ["INNGEST_EVENT_KEY is not"]),
        ({"signing_key": None}, ["INNGEST_SIGNING_KEY is not"]),
        (
            {"public_url": "", "event_key": None, "signing_key": None},
            ["PUBLIC_URL and INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY are not"],
        ),
        ({"signing_key": "signkey-prod-xyz"}, ["INNGEST_SIGNING_KEY", "hexadecimal"]),
        ({"signing_key_fallback": "?"}, ["INNGEST_SIGNING_KEY_FALLBACK", "hexadec"]),
        ({"base_url": "inngest.example"}, ["INNGEST_BASE_URL"]),
        ({"event_api_base_url": "ftp://x"}, ["INNGEST_EVENT_API_BASE_URL"]),
        ({"public_url": "draper.example"}, ["PUBLIC_URL"]),
        ({"dev": True}, ["INNGEST_DEV", "not of this machine"]),
        (
            {"dev": True, "base_url": "http://127.0.0.1:8288", "public_url": ""},
            ["PUBLIC_URL is not"],
        ),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        account(settings(**given))
    assert all(name in refused.value.message for name in names)
    assert refused.value.hint


def test_a_secret_is_never_said() -> None:
    with pytest.raises(BadInput) as refused:
        account(settings(signing_key="signkey-prod-secretsecret"))
    assert "secretsecret" not in refused.value.said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_on_this_machine_a_server_may_have_no_keys(host: str) -> None:
    base = f"http://{host}:8288"
    found = account(settings(base_url=base, dev=True, event_key=None, signing_key=None))
    assert not found.is_signed
    assert found.api == base


def test_keys_are_not_shown_to_a_server_without_keys() -> None:
    found = account(settings(base_url="http://127.0.0.1:8288", dev=True))
    assert found.signing_keys == ()
