"""What an event may be kept as: keys sealed, and opened for the work alone."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from agent.recognise import REMOVED
from agent.vault.keys import InstallationKey
from bot.secrecy import MAYBE, guarded, opened
from channels.contract import (
    Attachment,
    ChannelName,
    ChatKind,
    Inbound,
    Kind,
    Quoted,
    Received,
)

OURS = InstallationKey(bytes(range(32)))
THEIRS = InstallationKey(bytes(32))
KEY = "sk-ant-api03-" + "aB3" * 20
WORD = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"


def event(text: str = "", **facts: Any) -> Received:
    inbound = Inbound(
        channel=ChannelName.TELEGRAM,
        kind=facts.pop("kind", Kind.MESSAGE),
        event_id="7",
        account="1",
        chat="42",
        sender="42",
        message_id="9",
        text=text,
        **facts,
    )
    body = json.dumps(inbound.to_payload()).encode()
    return Received(ChannelName.TELEGRAM, "1", "7", body, inbound)


def kept(received: Received) -> Inbound:
    """What is written down, read back; with no raw body that tells more."""
    safe = guarded(received, OURS)
    assert safe.inbound is not None
    whole = json.dumps(safe.inbound.to_payload()) + safe.body.decode("latin-1")
    assert KEY[6:-6] not in whole
    return Inbound.from_payload(json.loads(json.dumps(safe.inbound.to_payload())))


def test_a_key_is_sealed_and_opens_again() -> None:
    inbound = kept(event(f"use {KEY} please"))
    assert inbound.text == f"use {REMOVED} please"
    assert opened(inbound, OURS) == {"0:anthropic": KEY}


def test_it_opens_under_our_key_and_in_its_own_event_alone() -> None:
    inbound = kept(event(KEY))
    assert opened(inbound, THEIRS) == {}
    assert opened(replace(inbound, event_id="8"), OURS) == {}


def test_a_long_word_is_sealed_in_private_and_left_alone_elsewhere() -> None:
    inbound = kept(event(WORD))
    assert (inbound.text, opened(inbound, OURS)) == (REMOVED, {MAYBE: WORD})
    there = kept(event(WORD, chat_kind=ChatKind.GROUP))
    assert (there.text, there.sealed) == (WORD, {})


def test_a_secret_answer_is_sealed_whatever_it_looks_like() -> None:
    answers = {"provider": "mistral", "secret:secret": "plain", "note": KEY}
    received = event(kind=Kind.FORM, answers=answers)
    inbound = kept(received)
    assert inbound.answers == {"provider": "mistral", "note": REMOVED}
    assert opened(inbound, OURS) == {"secret:secret": "plain"}
    assert guarded(received, OURS).body == b""


def test_names_and_quoted_words_lose_their_keys() -> None:
    inbound = kept(
        event(
            "look at this",
            attachments=(Attachment("f", name=f"{KEY}.txt"),),
            sender_name=KEY,
            chat_title=KEY,
            quoted=(Quoted(f"he said {KEY}"),),
        )
    )
    assert inbound.attachments[0].name == f"{REMOVED}.txt"
    assert inbound.quoted[0].text == f"he said {REMOVED}"
    assert inbound.sealed == {}


@pytest.mark.parametrize(
    "body",
    [
        KEY.encode(),
        json.dumps({"text": KEY}).encode(),
        urlencode({"payload": json.dumps({"text": f"a {KEY}"})}).encode(),
        urlencode({"text": f"-----BEGIN PRIVATE KEY-----\n{WORD}"}).encode(),
        KEY.replace("s", "\\u0073", 1).encode(),
        b"\xff\xfe" + KEY.encode() + b"\xff",
    ],
)
def test_a_body_nobody_can_parse_is_not_kept_with_a_key(body: bytes) -> None:
    received = Received(ChannelName.SLACK, "T", "1", body, None)
    assert guarded(received, OURS).body == b""


def test_what_holds_no_key_is_kept_as_it_came() -> None:
    received = event("write an ad for ask-anything, our sk-line")
    assert guarded(received, OURS) == received
    odd = Received(ChannelName.SLACK, "T", "1", b"\xff no key", None)
    assert guarded(odd, OURS) is odd


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"/key mistral {WORD}", "/key mistral {}"),
        (
            f"/draper key replace mistral {WORD}",
            f"/draper key replace mistral {REMOVED}",
        ),
        (f"my mistral key: {WORD} thanks", "my mistral key: {} thanks"),
    ],
)
def test_a_key_of_no_known_kind_is_sealed_where_its_message_says_it_is_one(
    said: str, left: str
) -> None:
    inbound = kept(event(said))
    assert (inbound.text, opened(inbound, OURS)) == (left.format(REMOVED), {"0:": WORD})
    assert guarded(event(said), OURS).body == b""


def test_a_command_with_such_a_key_is_sealed_in_a_group_too() -> None:
    inbound = kept(event(f"/key mistral {WORD}", chat_kind=ChatKind.GROUP))
    assert inbound.text == f"/key mistral {REMOVED}"


@pytest.mark.parametrize(
    "said",
    [
        "/key new Integration2026Nightly",
        f"what is {WORD} in our logs?",
        "the key visual of summer-campaign-2026-final-v2",
        "is 3f2c8a1e-0b7d-4c55-9e21-7a6b5c4d3e2f the token of the run?",
    ],
)
def test_a_long_word_that_is_no_key_stays(said: str) -> None:
    assert kept(event(said)).text == said
