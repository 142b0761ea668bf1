from hashlib import sha256

import pytest

from bot.durable.face.keys import Keys

KEY, OLD = "signkey-prod-" + "ab" * 32, "signkey-prod-" + "cd" * 32
SHOWN = sha256(bytes.fromhex("ab" * 32)).hexdigest()
OLD_SHOWN = sha256(bytes.fromhex("cd" * 32)).hexdigest()
KEYS = Keys("event-key", (KEY, OLD))


def test_only_the_event_key_may_send() -> None:
    assert KEYS.may_send("event-key")
    assert not any(map(KEYS.may_send, ("", "event-ke", "event-key2", "schlüssel")))


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {SHOWN}",
        f"bearer {SHOWN}",
        f"Bearer signkey-prod-{SHOWN}",
        f"Bearer {OLD_SHOWN}",
    ],
)
def test_a_hashed_signing_key_may_ask(header: str) -> None:
    assert KEYS.may_ask(header)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Bearer {KEY}", SHOWN, f"Basic {SHOWN}"]
)
def test_nothing_else_may_ask_not_even_the_key_itself(header: str) -> None:
    assert not KEYS.may_ask(header)


def test_without_keys_all_may() -> None:
    assert Keys().may_send("any")
    assert Keys().may_ask("")
    assert (Keys().kind, KEYS.kind) == ("dev", "cloud")
