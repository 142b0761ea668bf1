import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.contract import Attachment, ChatKind, Inbound, Kind, Received
from channels.slack.parse import parse

BOT, TS = "U0BOT", "1700000000.000100"
SEAT = {"team_id": "T1", "user_id": BOT, "is_bot": True}
WRITTEN = {
    "type": "message",
    "channel": "C1",
    "channel_type": "channel",
    "user": "U1",
    "text": "Buy tea",
    "ts": TS,
    "team": "T1",
}
PRESSED = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1", "name": "anna", "team_id": "T1"},
    "container": {"type": "message", "message_ts": TS, "channel_id": "C1"},
    "channel": {"id": "C1", "name": "general"},
    "message": {"ts": TS, "thread_ts": "1699999999.000001"},
    "trigger_id": "1.2.c",
    "response_url": "https://hooks.slack.com/actions/x",
    "actions": [{"type": "button", "action_id": "press:0", "value": "d1:4"}],
}
SLASH = {
    "command": "/draper",
    "text": "skills",
    "team_id": "T1",
    "user_id": "U1",
    "user_name": "anna",
    "channel_id": "C1",
    "channel_name": "general",
    "trigger_id": "9.9.z",
    "response_url": "https://hooks.slack.com/commands/y",
}


def event(*, event_id: str = "Ev1", **fields: Any) -> Received:
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": event_id,
        "authorizations": [SEAT],
        "event": WRITTEN | fields,
    }
    return parse(json.dumps(body).encode())


def seen(received: Received) -> Inbound:
    assert received.inbound is not None
    return received.inbound


def pressed(**fields: Any) -> Received:
    return parse(urlencode({"payload": json.dumps(PRESSED | fields)}).encode())


def test_a_direct_message_is_for_us_and_stays_out_of_threads() -> None:
    found = seen(event(channel="D1", channel_type="im"))

    assert (found.kind, found.event_id, found.text) == ("message", "Ev1", "Buy tea")
    assert (found.account, found.chat, found.sender) == ("T1", "D1", "U1")
    assert (found.message_id, found.thread, found.reply_to) == (TS, "", "")
    assert (found.chat_kind, found.addressed) == (ChatKind.PRIVATE, True)
    assert found.sent_at == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)


def test_a_direct_message_inside_a_thread_is_answered_there() -> None:
    found = seen(event(channel="D1", channel_type="im", thread_ts="1600000000.000001"))

    assert (found.thread, found.reply_to) == ("1600000000.000001",) * 2


def test_talk_in_a_channel_that_names_us_not_is_kept_but_not_for_us() -> None:
    found = seen(event())

    assert (found.addressed, found.thread) == (False, "")
    assert found.chat_kind is ChatKind.CHANNEL


def test_a_mention_is_answered_in_a_thread_under_it_and_read_without_it() -> None:
    found = seen(event(text=f"<@{BOT}>: write to <@U2> &amp; co"))

    assert (found.addressed, found.thread, found.reply_to) == (True, TS, "")
    assert found.text == "write to @U2 & co"


def test_a_mention_inside_a_thread_is_answered_in_that_thread() -> None:
    found = seen(event(text=f"so, <@{BOT}>?", thread_ts="1600000000.000001"))

    assert (found.addressed, found.thread) == (True, "1600000000.000001")


def test_an_answer_to_our_own_post_is_for_us() -> None:
    found = seen(event(thread_ts="1600000000.000001", parent_user_id=BOT))

    assert found.addressed


@pytest.mark.parametrize("kind", ["group", "mpim"])
def test_private_groups_need_a_mention_too(kind: str) -> None:
    silent = seen(event(channel_type=kind))
    named = seen(event(channel_type=kind, text=f"<@{BOT}> hi"))

    assert (silent.addressed, named.addressed) == (False, True)
    assert silent.chat_kind is ChatKind.GROUP


def test_one_post_under_two_event_ids_has_one_message_key() -> None:
    text = f"<@{BOT}> hi"
    mention = {k: v for k, v in WRITTEN.items() if k != "channel_type"}
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev2",
        "event": mention | {"type": "app_mention", "text": text},
        "authorizations": [SEAT],
    }
    first, second = event(text=text), parse(json.dumps(body).encode())

    assert first.event_id != second.event_id
    assert first.message_key == second.message_key == f"C1:{TS}:message:"
    assert seen(first).thread == seen(second).thread == TS
    assert seen(first).text == seen(second).text == "hi"


def test_our_own_user_id_may_be_handed_in() -> None:
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event": WRITTEN | {"text": f"<@{BOT}> hi"},
    }
    raw = json.dumps(body).encode()

    assert seen(parse(raw, bot=BOT)).text == "hi"
    assert not seen(parse(raw)).addressed


def changed(before: str, **message: Any) -> Received:
    now = {"user": "U1", "ts": TS, "text": "Buy tea", **message}
    return event(
        subtype="message_changed",
        message=now,
        previous_message={"text": before},
        ts="1700000009.000000",
        user=None,
        text=None,
    )


def test_an_edit_names_the_message_and_the_moment() -> None:
    received = changed("Buy te", edited={"user": "U1", "ts": "1700000005.000000"})
    found = seen(received)

    assert (found.kind, found.message_id, found.sender) == (Kind.EDIT, TS, "U1")
    assert found.edited_at == datetime(2023, 11, 14, 22, 13, 25, tzinfo=UTC)
    assert received.message_key == f"C1:{TS}:edit:2023-11-14T22:13:25+00:00"


def test_an_unfurled_link_is_no_edit() -> None:
    after_edit = {"user": "U1", "ts": "1700000005.000000"}

    assert changed("Buy tea").inbound is None
    assert changed("Buy tea", edited=after_edit, attachments=[{}]).inbound is None


@pytest.mark.parametrize(
    "fields",
    [
        {"user": BOT},
        {"bot_id": "B1"},
        {"subtype": "bot_message", "bot_id": "B1"},
        {"subtype": "channel_join"},
        {"subtype": "message_deleted", "deleted_ts": TS},
        {"type": "reaction_added"},
        {"type": "app_home_opened", "tab": "about"},
        {"type": "app_context_changed", "user": None, "channel": None},
        {"user": None},
        {"channel": None},
    ],
)
def test_what_is_not_served_is_kept_as_unknown(fields: dict[str, Any]) -> None:
    received = event(**fields)

    assert (received.kind, received.event_id, received.account) == (
        "unknown",
        "Ev1",
        "T1",
    )


def test_our_own_edits_are_not_answered() -> None:
    edited = {"user": BOT, "ts": "1700000005.000000"}

    assert changed("…", user=BOT, bot_id="B1", edited=edited).inbound is None


@pytest.mark.parametrize(
    ("whose", "sent_as"), [("U1", "voice"), ("U2", ""), (None, "voice")]
)
def test_a_clip_that_somebody_else_recorded_is_just_a_file(
    whose: str | None, sent_as: str
) -> None:
    clip = {"id": "F1", "name": "audio.m4a", "subtype": "slack_audio", "user": whose}

    [found] = seen(event(subtype="file_share", files=[clip])).attachments

    assert found.sent_as == sent_as


def test_files_come_along_by_id() -> None:
    file = {"id": "F1", "name": "a.pdf", "mimetype": "application/pdf", "size": 7}
    gone = {"mode": "tombstone"}

    found = seen(event(subtype="file_share", files=[file, gone, "x"], text=""))

    assert found.attachments == (Attachment("F1", "a.pdf", "application/pdf", 7),)


def test_a_reply_also_sent_to_the_channel_is_a_message() -> None:
    found = seen(event(subtype="thread_broadcast", thread_ts="1600000000.000001"))

    assert (found.kind, found.thread) == (Kind.MESSAGE, "1600000000.000001")


def test_a_stranger_in_a_shared_channel_brings_their_own_team() -> None:
    assert seen(event(user_team="T9")).extra == {"team": "T9"}


def test_a_slash_command_is_words_with_a_way_back() -> None:
    received = parse(urlencode(SLASH).encode())
    found = seen(received)

    assert (found.kind, found.text, found.chat) == (
        "command",
        "/draper skills",
        "C1",
    )
    assert (found.event_id, found.account, found.sender) == ("9.9.z", "T1", "U1")
    assert (found.sender_name, found.chat_title) == ("anna", "general")
    assert found.extra["response_url"].endswith("/commands/y")
    assert (found.addressed, received.message_key) == (True, None)


@pytest.mark.parametrize(
    ("name", "channel", "kind"),
    [
        ("directmessage", "D1", ChatKind.PRIVATE),
        ("privategroup", "C7", ChatKind.GROUP),
        ("mpdm-anna--bela-1", "C8", ChatKind.GROUP),
        ("general", "C1", ChatKind.CHANNEL),
    ],
)
def test_a_command_tells_its_place_by_name(
    name: str, channel: str, kind: ChatKind
) -> None:
    body = urlencode(SLASH | {"channel_name": name, "channel_id": channel})

    assert seen(parse(body.encode())).chat_kind is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("privategroup", ChatKind.GROUP),
        ("general", ChatKind.CHANNEL),
        ("", ChatKind.GROUP),
    ],
)
def test_a_shortcut_in_a_private_channel_opens_it_to_nobody(
    name: str, kind: ChatKind
) -> None:
    used = {
        "type": "message_action",
        "callback_id": "use_as_brief",
        "trigger_id": "1.2.x",
        "team": {"id": "T1"},
        "user": {"id": "U1", "name": "anna"},
        "channel": {"id": "C7", "name": name},
        "message": {"ts": TS, "text": "An idea", "user": "U2"},
    }

    assert seen(parse(json.dumps(used).encode())).chat_kind is kind


def test_a_mention_that_names_no_kind_of_channel_is_taken_for_private() -> None:
    found = seen(event(type="app_mention", text=f"<@{BOT}> hi", channel_type=None))

    assert found.chat_kind is ChatKind.GROUP


def test_a_press_carries_its_payload_and_its_thread() -> None:
    received = pressed()
    found = seen(received)

    assert (found.kind, found.pressed, found.sender) == ("press", "d1:4", "U1")
    assert (found.chat, found.message_id) == ("C1", TS)
    assert found.thread == "1699999999.000001"
    assert (found.event_id, received.message_key) == ("1.2.c", None)
    assert set(found.extra) == {"asker", "response_url", "trigger_id"}


def test_a_choice_from_a_menu_is_a_press_too() -> None:
    menu = {"type": "static_select", "selected_option": {"value": "d1:2"}}

    assert seen(pressed(actions=[menu])).pressed == "d1:2"


def test_a_link_button_is_no_press() -> None:
    link = {"type": "button", "url": "https://a.io"}

    assert pressed(actions=[link]).inbound is None


def test_an_org_wide_press_is_placed_by_its_users_team() -> None:
    assert pressed(team=None).account == "T1"


def test_a_form_brings_its_answers() -> None:
    values = {
        "name": {"a": {"type": "plain_text_input", "value": "Acme"}},
        "tone": {"a": {"selected_option": {"value": "warm"}}},
        "when": {"a": {"selected_date": "2026-12-01"}},
        "tags": {"a": {"selected_options": [{"value": "x"}, {"value": "y"}]}},
        "none": {"a": {"value": None}},
    }
    where = json.dumps({"chat": "C1", "thread": TS})
    view = {"id": "V1", "callback_id": "client.new", "private_metadata": where}
    body = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "trigger_id": "5.5",
        "view": view | {"state": {"values": values}},
    }
    found = seen(parse(urlencode({"payload": json.dumps(body)}).encode()))

    assert (found.kind, found.pressed, found.message_id) == (
        "form",
        "client.new",
        "V1",
    )
    assert (found.chat, found.thread) == ("C1", TS)
    assert found.answers == {
        "name": "Acme",
        "tone": "warm",
        "when": "2026-12-01",
        "tags": "x,y",
        "none": "",
    }


@pytest.mark.parametrize(
    ("kind", "payload", "becomes"),
    [
        ("slash_commands", SLASH, "command"),
        ("interactive", PRESSED, "press"),
        (
            "events_api",
            {
                "type": "event_callback",
                "team_id": "T1",
                "event_id": "Ev1",
                "event": WRITTEN,
            },
            "message",
        ),
    ],
)
def test_socket_mode_brings_the_same_things(
    kind: str, payload: dict[str, Any], becomes: str
) -> None:
    envelope = {"envelope_id": "e1", "type": kind, "payload": payload}
    received = parse(json.dumps(envelope).encode())

    assert (received.kind, received.account) == (becomes, "T1")
    assert received.event_id in {"9.9.z", "1.2.c", "Ev1"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"payload=%7B", b"a=1&" * 500]
)
def test_a_body_that_cannot_be_read_is_known_by_its_bytes(body: bytes) -> None:
    received = parse(body)

    assert (received.kind, received.body) == ("unknown", body)
    assert received.event_id == parse(body).event_id
    assert received.event_id.startswith("sha256:")


def test_space_before_the_json_does_no_harm() -> None:
    body = {"type": "event_callback", "event_id": "Ev1", "event": WRITTEN}

    assert parse(b" \n" + json.dumps(body).encode()).kind == "message"


def test_nul_and_lone_surrogates_are_cleaned_on_the_way_in() -> None:
    assert seen(event(text="a\x00b\ud800c")).text == "ab\ufffdc"


def test_forty_thousand_characters_arrive_whole() -> None:
    assert len(seen(event(text="ü" * 40_000)).text) == 40_000


def test_slacks_own_stop_names_the_answer_it_ended_and_where() -> None:
    told: dict[str, Any] = {
        "type": "agent_session_stopped",
        "channel": "C1",
        "thread_ts": "1782234671.392669",
        "streaming_message_ts": ["1782234987.693923", 5, "1782234988.000001"],
        "user": "U1",
        "event_ts": "1783536983.783769",
    }

    found = seen(event(**told))

    assert (found.kind, found.sender) == (Kind.STOP, "U1")
    assert (found.chat, found.thread) == ("C1", "1782234671.392669")
    assert found.message_id == "1782234988.000001"
    for odd in ([], None, "1", [None]):
        assert seen(event(**told | {"streaming_message_ts": odd})).message_id == ""


def test_who_writes_in_a_thread_is_who_is_answered_there() -> None:
    assert seen(event(thread_ts="1700000000.000001")).extra["asker"]
    assert seen(event(channel="D1", channel_type="im")).extra["asker"]
