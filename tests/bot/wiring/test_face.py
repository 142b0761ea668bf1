import socket
from typing import Any

import pytest

from agent.errors import BadInput
from bot.durable.face.keys import Keys
from bot.settings import Inngest, Settings
from bot.wiring.face import Place, keys_of, listen

HEX = "ab" * 32


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, inngest=Inngest(_env_file=None, **given))


def test_both_keys_are_taken_and_the_old_one() -> None:
    given = settings(
        event_key="e", signing_key=f"signkey-a-{HEX}", signing_key_fallback=HEX
    )
    assert keys_of(given, dev=False) == Keys("e", (f"signkey-a-{HEX}", HEX))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY"),
        ({"event_key": "e"}, "set INNGEST_SIGNING_KEY"),
        ({"signing_key": HEX}, "set INNGEST_EVENT_KEY"),
        ({"event_key": "e", "signing_key": "words"}, "INNGEST_SIGNING_KEY is no"),
        (
            {"event_key": "e", "signing_key": HEX, "signing_key_fallback": "x"},
            "INNGEST_SIGNING_KEY_FALLBACK is no",
        ),
    ],
)
def test_without_good_keys_it_is_not_served(given: dict[str, str], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        keys_of(settings(**given), dev=False)


def test_dev_is_without_keys_and_not_beside_them() -> None:
    assert keys_of(settings(), dev=True) == Keys()
    with pytest.raises(BadInput, match="--dev serves without keys"):
        keys_of(settings(signing_key=HEX), dev=True)


OPEN = "0.0.0.0"  # noqa: S104 - to see it refused


@pytest.mark.parametrize("host", [OPEN, "::", "192.168.1.1", "example.com", ""])
@pytest.mark.parametrize("dev", [False, True])
def test_it_listens_to_this_machine_only(host: str, *, dev: bool) -> None:
    with pytest.raises(BadInput, match="on this machine only"):
        listen(Place(host, 0, dev))


def test_a_number_that_is_no_port_is_named() -> None:
    with pytest.raises(BadInput, match="There is no port 99999"):
        listen(Place("127.0.0.1", 99_999, dev=True))


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"127.0.0.1:{port} cannot be used"):
            listen(Place("127.0.0.1", port))
