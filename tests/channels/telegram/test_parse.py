import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.contract import (
    Attachment,
    ChatKind,
    Inbound,
    Kind,
    Received,
)
from channels.outside import digest_id
from channels.telegram.parse import Me, parse

ME = Me("7", "draper_bot")
ANA = {"id": 42, "is_bot": False, "first_name": "Ana", "last_name": "Díaz"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Ana"}
GROUP = {"id": -100, "type": "supergroup", "title": "Acme team"}
WRITTEN: dict[str, Any] = {
    "message_id": 3,
    "chat": PRIVATE,
    "from": ANA,
    "date": 1_700_000_000,
    "text": "Buy tea",
}
OURS = {"message_id": 2, "from": {"id": 7, "is_bot": True, "first_name": "Draper"}}


def received(**update: object) -> Received:
    return parse(json.dumps({"update_id": 900} | update).encode(), ME)


def read(**update: object) -> Inbound:
    inbound = received(**update).inbound
    assert inbound is not None
    return inbound


def written(**changes: object) -> Inbound:
    return read(message=WRITTEN | changes)


def in_group(text: str, **changes: object) -> Inbound:
    return written(chat=GROUP, text=text, **changes)


def test_a_message_comes_with_who_where_and_when() -> None:
    inbound = written()

    assert (inbound.kind, inbound.event_id, inbound.account) == ("message", "900", "7")
    assert (inbound.chat, inbound.sender, inbound.message_id) == ("42", "42", "3")
    assert (inbound.text, inbound.sender_name) == ("Buy tea", "Ana Díaz")
    assert inbound.sent_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (inbound.chat_kind, inbound.addressed) == (ChatKind.PRIVATE, True)
    assert (inbound.thread, inbound.reply_to, inbound.edited_at) == ("", "", None)


def test_the_raw_body_is_kept_byte_for_byte() -> None:
    body = b' {"update_id":1,  "message": {} } '

    assert parse(body, ME).body == body


def test_only_a_topic_is_a_thread() -> None:
    answer = {"message_thread_id": 5}

    assert written(**answer).thread == ""
    assert written(**answer, is_topic_message=True).thread == "5"


def test_what_is_answered_is_named() -> None:
    assert written(reply_to_message=OURS).reply_to == "2"


def test_a_topics_first_message_is_not_what_is_answered() -> None:
    first = OURS | {"message_id": 5, "forum_topic_created": {"name": "Ads"}}
    topic = {"is_topic_message": True, "message_thread_id": 5}

    inbound = in_group("Hello", reply_to_message=first, **topic)

    assert (inbound.thread, inbound.reply_to, inbound.addressed) == ("5", "", False)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/draper skills", "/draper skills"),
        ("/draper@draper_bot skills", "/draper skills"),
        ("/Skills@Draper_Bot", "/Skills"),
        ("/new_client\nAcme", "/new_client\nAcme"),
    ],
)
def test_a_command_is_kept_as_typed_without_our_name(text: str, kept: str) -> None:
    entity = {"type": "bot_command", "offset": 0, "length": 7}

    inbound = written(text=text, entities=[entity])

    assert (inbound.kind, inbound.text) == (Kind.COMMAND, kept)


@pytest.mark.parametrize("text", ["/usr/bin", "see /help", "//", "/ help", "/hélp"])
def test_a_slash_alone_makes_no_command(text: str) -> None:
    assert written(text=text).kind is Kind.MESSAGE


def test_in_a_group_only_what_is_meant_for_us_is_addressed() -> None:
    named = {"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 7}}
    other = {"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 8}}

    assert not in_group("Lunch?").addressed
    assert in_group("/help").addressed
    assert in_group("/help@draper_bot").addressed
    assert not in_group("/help@other_bot").addressed
    assert in_group("What says @Draper_Bot?").addressed
    assert not in_group("mail me@draper_bot.com or @draper_bot2").addressed
    assert in_group("You there", entities=[named]).addressed
    assert not in_group("You there", entities=[other]).addressed
    assert in_group("Again", reply_to_message=OURS).addressed
    other_reply = OURS | {"from": {"id": 8}}
    assert not in_group("Again", reply_to_message=other_reply).addressed


def test_a_mention_counts_with_its_entity_and_in_a_caption() -> None:
    entity = {"type": "mention", "offset": 0, "length": 11}
    photo = [{"file_id": "f", "width": 1, "height": 1}]
    without_text = {k: v for k, v in WRITTEN.items() if k != "text"} | {"chat": GROUP}

    assert in_group("@draper_bot hi", entities=[entity]).addressed
    assert read(
        message=without_text
        | {
            "photo": photo,
            "caption": "Better, @draper_bot?",
            "caption_entities": [entity],
        }
    ).addressed


def test_a_name_that_only_calls_us_is_taken_off() -> None:
    assert in_group("@draper_bot, write copy").text == "write copy"
    assert in_group("Ask @draper_bot later").text == "Ask @draper_bot later"


def test_a_group_has_a_title() -> None:
    inbound = in_group("Hi")

    assert (inbound.chat, inbound.chat_kind) == ("-100", ChatKind.GROUP)
    assert inbound.chat_title == "Acme team"


def test_an_anonymous_admin_is_the_group_not_a_person_all_groups_share() -> None:
    shared = {"id": 1087968824, "is_bot": True, "first_name": "Group"}

    inbound = in_group("Hi", **{"from": shared, "sender_chat": GROUP})

    assert (inbound.sender, inbound.sender_name) == ("-100", "Acme team")


def test_an_edit_names_the_message_and_the_moment() -> None:
    inbound = read(edited_message=WRITTEN | {"edit_date": 1_700_000_060})

    assert (inbound.kind, inbound.message_id) == (Kind.EDIT, "3")
    assert inbound.edited_at == datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


def test_an_edited_command_is_not_given_again() -> None:
    changed = WRITTEN | {"text": "/run 5", "edit_date": 1_700_000_060}

    assert read(edited_message=changed).kind is Kind.EDIT


def test_two_edits_of_one_message_are_two() -> None:
    keys = {
        received(edited_message=WRITTEN | {"edit_date": at}).message_key
        for at in (1_700_000_060, 1_700_000_061)
    }

    assert len(keys) == 2


def test_a_photo_comes_in_its_largest_size_with_its_caption() -> None:
    photo = [
        {"file_id": "s", "width": 90, "height": 90, "file_size": 900},
        {"file_id": "l", "width": 800, "height": 600, "file_size": 90_000},
        {"file_id": "m", "width": 320, "height": 240, "file_size": 9_000},
    ]
    without_text = {k: v for k, v in WRITTEN.items() if k != "text"}

    inbound = read(message=without_text | {"photo": photo, "caption": "Our shop"})

    assert inbound.attachments == (Attachment("l", size_bytes=90_000, sent_as="photo"),)
    assert inbound.text == "Our shop"


@pytest.mark.parametrize("kind", ["document", "voice", "audio", "video"])
def test_a_file_comes_as_the_sender_names_it(kind: str) -> None:
    file = {
        "file_id": "f",
        "file_name": "brief.pdf",
        "mime_type": "application/pdf",
        "file_size": 12,
        "duration": 3,
    }

    inbound = written(**{kind: file})

    how = "" if kind == "document" else kind
    expected = Attachment("f", "brief.pdf", "application/pdf", 12, how, 3)
    assert inbound.attachments == (expected,)


def test_a_sticker_is_an_empty_message_without_a_file() -> None:
    without_text = {k: v for k, v in WRITTEN.items() if k != "text"}

    inbound = read(message=without_text | {"sticker": {"file_id": "s"}})

    assert (inbound.text, inbound.attachments) == ("", ())


def test_the_parts_of_an_album_name_their_album() -> None:
    assert written(media_group_id="a1").extra == {"album": "a1"}


def test_a_group_that_moves_says_where_to() -> None:
    without_text = {k: v for k, v in WRITTEN.items() if k != "text"}

    inbound = read(
        message=without_text | {"chat": GROUP, "migrate_to_chat_id": -1001234}
    )

    assert (inbound.kind, inbound.pressed) == (Kind.MEMBERSHIP, "moved")
    assert (inbound.chat, inbound.extra) == (str(GROUP["id"]), {"to": "-1001234"})
    there = GROUP | {"id": -1001234, "type": "supergroup"}
    again = read(
        message=without_text | {"chat": there, "migrate_from_chat_id": GROUP["id"]}
    )
    assert (again.chat, again.extra) == (inbound.chat, inbound.extra)


ME_THERE = {"id": 7, "is_bot": True, "first_name": "Draper"}


@pytest.mark.parametrize(
    ("was", "now", "pressed"),
    [
        ("left", "member", "joined"),
        ("kicked", "administrator", "joined"),
        ("member", "left", "left"),
        ("administrator", "kicked", "left"),
        ("member", "administrator", None),
        ("left", "kicked", None),
    ],
)
def test_our_place_in_a_chat_is_told_when_it_changes(
    was: str, now: str, pressed: str | None
) -> None:
    found = parse(
        json.dumps(
            {
                "update_id": 1,
                "my_chat_member": {
                    "chat": GROUP,
                    "from": ANA,
                    "date": 1,
                    "old_chat_member": {"status": was, "user": ME_THERE},
                    "new_chat_member": {"status": now, "user": ME_THERE},
                },
            }
        ).encode(),
        ME,
    ).inbound

    assert (found and found.pressed) == pressed
    if found:
        assert (found.kind, found.chat_kind) == (Kind.MEMBERSHIP, ChatKind.GROUP)


def test_the_general_topic_is_the_chat_itself() -> None:
    forum = {"chat": GROUP, "is_topic_message": True}
    assert written(**forum, message_thread_id=1).thread == ""
    assert written(**forum, message_thread_id=5).thread == "5"


def test_a_post_of_the_linked_channel_is_not_for_us() -> None:
    channel = {"id": -1005, "type": "channel", "title": "News"}
    post = written(
        chat=GROUP,
        text=f"@{ME.username} is a bot we like",
        sender_chat=channel,
        is_automatic_forward=True,
        forward_origin={"type": "channel", "chat": channel, "message_id": 1, "date": 1},
    )
    assert not post.addressed


def test_a_full_message_says_that_more_may_follow() -> None:
    assert written(text="x" * 4096).extra == {"long": "yes"}
    assert written(text="\U0001f600" * 2000).extra == {"long": "yes"}
    assert written(text="x" * 3999).extra == {}


def test_a_press_carries_its_payload_and_what_acknowledges_it() -> None:
    press = {"id": "cb1", "from": ANA | {"id": 43}, "data": "d:4", "message": WRITTEN}

    inbound = read(callback_query=press)

    assert (inbound.kind, inbound.sender, inbound.message_id) == ("press", "43", "3")
    assert (inbound.pressed, inbound.text, inbound.addressed) == ("d:4", "", True)
    assert inbound.extra == {"callback_id": "cb1"}


def test_a_press_under_a_message_too_old_to_read_is_served() -> None:
    old = {"message_id": 3, "chat": PRIVATE, "date": 0}

    press = {"id": "cb1", "from": ANA, "data": "d:4", "message": old}

    assert read(callback_query=press).message_id == "3"


def test_nul_and_lone_surrogates_are_cleaned_from_what_is_read() -> None:
    body = json.dumps({"update_id": 900, "message": WRITTEN | {"text": "a\0b\ud83dc"}})

    found = parse(body.encode(), ME)

    assert found.inbound is not None
    assert found.inbound.text == "ab\ufffdc"
    assert found.body == body.encode()


@pytest.mark.parametrize(
    "update",
    [
        {"poll": {"id": "1"}},
        {"my_chat_member": {"chat": PRIVATE, "from": ANA}},
        {"channel_post": WRITTEN},
        {"stopped_message_generation": {"chat": PRIVATE, "draft_id": "1"}},
        {"message_from_2031": {"hello": "there"}},
        {"callback_query": {"id": "1", "from": ANA, "game_short_name": "x"}},
        {"message": {k: v for k, v in WRITTEN.items() if k != "text"}},
        {"message": WRITTEN | {"chat": {"id": 1, "type": "planet"}}},
        {"message": WRITTEN | {"from": {"id": 9, "is_bot": True, "first_name": "B"}}},
        {"message": None},
        {},
    ],
)
def test_kinds_we_do_not_serve_are_kept_and_not_worked(
    update: dict[str, object],
) -> None:
    found = received(**update)

    assert (found.inbound, found.event_id, found.kind) == (None, "900", "unknown")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"1e999"],
)
def test_what_is_no_update_is_one_event_by_its_digest(body: bytes) -> None:
    found = parse(body, ME)

    assert (found.inbound, found.event_id) == (None, digest_id(body))


@pytest.mark.parametrize("number", [None, "900", 1.5, True, [], {}])
def test_an_update_id_that_is_no_number_is_replaced(number: object) -> None:
    body = json.dumps({"update_id": number}).encode()

    assert parse(body, ME).event_id == digest_id(body)


def test_a_malformed_side_issue_does_not_cost_the_message() -> None:
    inbound = written(
        entities=[{"type": 5}, "x"],
        reply_to_message=[],
        photo="no",
        document={"file_id": 9},
        edit_date=-5,
        date=10**18,
        media_group_id=[1],
        sender_chat={"id": "x"},
    )

    assert inbound.text == "Buy tea"
    assert (inbound.attachments, inbound.sent_at) == ((), None)


SAMPLES = [
    {"update_id": 1, "message": WRITTEN | {"reply_to_message": OURS}},
    {"update_id": 2, "edited_message": WRITTEN | {"edit_date": 1_700_000_001}},
    {
        "update_id": 3,
        "callback_query": {"id": "c", "from": ANA, "data": "d", "message": WRITTEN},
    },
    {
        "update_id": 4,
        "message": WRITTEN
        | {"chat": GROUP, "photo": [{"file_id": "f", "width": 9, "height": 9}]}
        | {"entities": [{"type": "text_mention", "offset": 0, "user": {"id": 7}}]},
    },
]
NAUGHTY: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\0",
    "\ud800",
    [],
    {},
    [[]],
    "x",
]


def mutants(seed: int) -> list[bytes]:
    """Updates with one part replaced, removed or doubled, and bodies damaged."""
    chance = random.Random(seed)  # noqa: S311
    sample = json.loads(json.dumps(chance.choice(SAMPLES)))
    spots = list(places(sample))
    parent, key = chance.choice(spots)
    parent[key] = chance.choice(NAUGHTY)
    whole = json.dumps(sample).encode()
    at = chance.randrange(len(whole))
    flipped = bytes([*whole[:at], chance.randrange(256), *whole[at + 1 :]])
    del parent[key]
    return [whole, whole[:at], flipped, json.dumps(sample).encode(), whole * 2]


def places(node: Any) -> Any:
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, inner in items:
        yield node, key
        yield from places(inner)


@pytest.mark.parametrize("seed", range(400))
def test_no_mutant_raises_and_all_are_kept(seed: int) -> None:
    for body in mutants(seed):
        found = parse(body, ME)

        assert found.body == body
        assert found.event_id
        assert "\x00" not in found.event_id
        if found.inbound:
            again = Inbound.from_payload(
                json.loads(json.dumps(found.inbound.to_payload()))
            )
            assert again == found.inbound
            json.dumps(found.inbound.to_payload(), ensure_ascii=False).encode()


def test_most_mutants_of_side_issues_are_still_served() -> None:
    served = [parse(body, ME).inbound for seed in range(400) for body in mutants(seed)]

    assert sum(inbound is not None for inbound in served) > 400
    assert sum(inbound is None for inbound in served) > 400


def test_a_drafts_stop_says_which_draft_of_whose_chat() -> None:
    pressed = {"chat": PRIVATE, "draft_id": 7, "message_thread_id": 3}
    found = received(stopped_message_generation=pressed).inbound
    assert found is not None
    assert (found.kind, found.message_id) == (Kind.STOP, "preview:7")
    assert (found.chat, found.sender, found.thread) == ("42", "42", "3")
