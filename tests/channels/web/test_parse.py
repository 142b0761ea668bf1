import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import ChatKind, Inbound, Kind, Received
from channels.web.parse import Sender, Unusable, message, press

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Sender("user-1", "Ana")
ID = str(UUID(int=7))


def written(text: str, *, client_id: str = ID, sender: Sender = ANA) -> Received:
    body = json.dumps({"text": text, "client_id": client_id}).encode()
    return message(body, sender=sender, at=NOON)


def inbound(received: Received) -> Inbound:
    assert received.inbound is not None
    return received.inbound


def test_a_message_is_private_and_addressed_to_us() -> None:
    seen = inbound(written(" hello \n"))
    assert (seen.text, seen.kind, seen.message_id) == ("hello", Kind.MESSAGE, ID)
    assert (seen.chat, seen.sender, seen.account) == ("user-1", "user-1", "")
    assert (seen.chat_kind, seen.addressed) == (ChatKind.PRIVATE, True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("/help", Kind.COMMAND), ("  /run 3", Kind.COMMAND), ("a /b", Kind.MESSAGE)],
)
def test_a_slash_in_front_makes_a_command(text: str, kind: Kind) -> None:
    assert inbound(written(text)).kind is kind


def test_two_people_cannot_take_each_others_event_ids() -> None:
    other = Sender("user-2")
    assert written("a").event_id != written("a", sender=other).event_id


def test_an_id_written_differently_is_the_same_event() -> None:
    assert written("a", client_id=ID.upper()).event_id == written("a").event_id


def test_what_was_parsed_survives_the_inbox() -> None:
    seen = inbound(written("hello"))
    assert Inbound.from_payload(json.loads(json.dumps(seen.to_payload()))) == seen


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_body_does_more_than_be_refused(body: bytes) -> None:
    for read in (message, press):
        with pytest.raises(Unusable):
            read(body, sender=ANA, at=NOON)


def test_a_forty_thousandth_character_is_the_last() -> None:
    assert len(inbound(written("x" * 40_000)).text) == 40_000
    with pytest.raises(Unusable, match="40,001"):
        written("x" * 40_001)
