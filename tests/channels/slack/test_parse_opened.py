"""What Slack says when somebody opens us, looks elsewhere, or uses a shortcut."""

import json
from typing import Any

from channels.contract import ChatKind, Inbound, Kind, Quoted
from channels.slack.parse import parse

BESIDE = {"entities": [{"type": "slack#/types/channel_id", "value": "C7"}]}


def heard(**event: Any) -> Inbound | None:
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1"}
    return parse(json.dumps({**body, "event": event}).encode()).inbound


def used(**payload: Any) -> Inbound:
    given = {
        "team": {"id": "T1"},
        "user": {"id": "U1", "username": "anna"},
        "trigger_id": "1.2.c",
        **payload,
    }
    found = parse(json.dumps(given).encode()).inbound
    assert found is not None
    return found


def test_the_home_and_the_conversation_are_told_apart() -> None:
    said = {"type": "app_home_opened", "user": "U1", "channel": "D1"}
    home, chat = heard(**said, tab="home"), heard(**said, tab="messages")
    assert home is not None
    assert chat is not None
    assert (home.kind, home.pressed, chat.pressed) == (Kind.OPENED, "home", "chat")
    assert (home.chat, home.sender, home.chat_kind) == ("D1", "U1", ChatKind.PRIVATE)


def test_the_channel_beside_us_comes_along_wherever_slack_puts_it() -> None:
    opened = heard(
        type="app_home_opened", user="U1", channel="D1", tab="messages", context=BESIDE
    )
    moved = heard(type="app_context_changed", user="U1", channel="D1", context=BESIDE)
    wrote = heard(
        type="message",
        channel_type="im",
        user="U1",
        channel="D1",
        ts="1700000000.000100",
        text="hi",
        app_context=BESIDE,
    )
    for one in (opened, moved, wrote):
        assert one is not None
        assert one.extra["beside"] == "C7"
    assert moved is not None
    assert moved.pressed == "chat"


def test_a_context_without_its_person_is_nobodys() -> None:
    assert heard(type="app_context_changed", context=BESIDE) is None
    assert heard(type="app_context_changed", context={}) is None


def test_the_older_assistant_opens_in_its_thread() -> None:
    thread = {
        "user_id": "U1",
        "channel_id": "D1",
        "thread_ts": "1700000000.000100",
        "context": {"channel_id": "C7"},
    }
    found = heard(type="assistant_thread_started", assistant_thread=thread)
    assert found is not None
    assert (found.pressed, found.thread) == ("chat", "1700000000.000100")
    assert found.extra == {"beside": "C7"}


def test_a_message_shortcut_brings_the_message_as_somebody_elses_words() -> None:
    post = {
        "ts": "1700000000.000100",
        "user": "U2",
        "text": "Sell <#C1|tea> &amp; cake",
    }
    found = used(
        type="message_action",
        callback_id="use_as_brief",
        channel={"id": "C1", "name": "general"},
        message=post,
        response_url="https://hooks.slack.com/app/x",
    )
    assert (found.kind, found.pressed) == (Kind.PRESS, "shortcut:use_as_brief")
    assert found.quoted == (Quoted("Sell #tea & cake", "U2", forwarded=True),)
    assert found.text == ""
    assert (found.chat, found.thread) == ("C1", "1700000000.000100")
    assert found.extra["trigger_id"] == "1.2.c"


def test_a_shortcut_inside_a_thread_stays_in_it() -> None:
    post = {"ts": "1700000000.000200", "thread_ts": "1700000000.000100", "text": "x"}
    found = used(
        type="message_action",
        callback_id="use_as_brief",
        channel={"id": "C1"},
        message=post,
    )
    assert found.thread == "1700000000.000100"
    assert found.message_id == "1700000000.000200"


def test_a_global_shortcut_has_no_place_but_its_person() -> None:
    found = used(type="shortcut", callback_id="new_piece")
    assert (found.chat, found.pressed) == ("U1", "shortcut:new_piece")


def test_a_press_on_the_home_page_knows_the_conversation_it_belongs_to() -> None:
    found = used(
        type="block_actions",
        container={"type": "view", "view_id": "V1"},
        view={"id": "V1", "type": "home", "private_metadata": '{"chat": "D1"}'},
        actions=[{"type": "button", "value": "d1:4"}],
    )
    assert (found.chat, found.pressed, found.message_id) == ("D1", "d1:4", "")
    assert found.chat_kind is ChatKind.PRIVATE


def test_a_press_on_a_whisper_says_that_it_is_one() -> None:
    found = used(
        type="block_actions",
        container={"type": "message", "channel_id": "C1", "is_ephemeral": True},
        actions=[{"type": "button", "value": "d1:4"}],
    )
    assert found.extra["whisper"] == "yes"
