import socket
import time

import pytest

from channels.abilities import NotFetched
from channels.contract import (
    Attachment,
    Button,
    Channel,
    ChannelName,
    Inbound,
    Kind,
    MaybeSent,
    MessageGone,
    NotSent,
    OutFile,
    Outgoing,
    Refused,
    SendError,
)
from channels.telegram.parse import Me
from channels.telegram.send import TelegramChannel
from channels.text import utf16_units
from tests.standins.telegram import Fault, Telegram

ACCOUNT = str(Telegram.bot_id)


def out(markdown: str = "Hello", **more: object) -> Outgoing:
    given: dict[str, object] = {"account": ACCOUNT, "chat": "42", **more}
    return Outgoing(markdown=markdown, **given)  # type: ignore[arg-type]


def pressed(tg: Telegram, callback: str) -> Inbound:
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.PRESS,
        event_id="1",
        account=ACCOUNT,
        chat="42",
        sender="42",
        message_id="1",
        extra={"callback_id": callback},
    )


async def test_a_person_sees_text_with_its_marks_and_buttons(
    tg: Telegram, channel: TelegramChannel
) -> None:
    rows = (Button("1", "d:0"), Button("2", "d:1"), Button("Undo", "d:2", row=1))

    sent = await channel.send(out("A **bold** 🎉 `x`", buttons=rows))

    [seen] = tg.replies()
    assert str(seen.message_id) == sent
    assert seen.text == "A bold 🎉 x"
    assert [(e["type"], e["offset"], e["length"]) for e in seen.entities] == [
        ("bold", 2, 4),
        ("code", 10, 1),
    ]
    assert seen.labels == [["1", "2"], ["Undo"]]


async def test_links_are_sent_without_a_preview(
    tg: Telegram, channel: TelegramChannel
) -> None:
    await channel.send(out("See https://example.org"))

    [call] = tg.called("sendMessage")
    assert "is_disabled" in call.params["link_preview_options"]


async def test_an_answer_goes_to_its_topic(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.say("Hi", chat=-100, thread=7)

    await channel.send(out(chat="-100", thread="7"))

    assert tg.replies(-100)[0].thread == 7


async def test_text_whose_marks_are_refused_arrives_plain_and_whole(
    tg: Telegram, channel: TelegramChannel
) -> None:
    refused = "Bad Request: can't parse entities: unsupported start tag"
    tg.faults.append(Fault("sendMessage", status=400, description=refused))

    await channel.send(out("A **bold** claim_"))

    [seen] = tg.replies()
    assert (seen.text, seen.entities) == ("A **bold** claim_", [])


async def test_a_file_stands_over_its_caption(
    tg: Telegram, channel: TelegramChannel
) -> None:
    file = OutFile("homepage.md", "text/markdown", b"# Acme")

    await channel.send(
        out("The **whole** text", file=file, buttons=(Button("5", "x"),))
    )

    [seen] = tg.replies()
    assert (seen.file_name, seen.file) == ("homepage.md", b"# Acme")
    assert (seen.text, seen.entities[0]["type"]) == ("The whole text", "bold")
    assert seen.labels == [["5"]]


async def test_a_caption_too_long_ends_in_dots_within_the_limit(
    tg: Telegram, channel: TelegramChannel
) -> None:
    file = OutFile("a.md", "text/markdown", b"x")

    await channel.send(out("Some 🎉 words. " * 200, file=file))

    [seen] = tg.replies()
    assert seen.text.endswith("…")
    assert 900 < utf16_units(seen.text) <= 1024


async def test_an_edit_replaces_text_and_buttons(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out("Writing…", buttons=(Button("Cancel", "c"),)))

    await channel.edit(out("Done **now**"), sent)

    [seen] = tg.replies()
    assert (seen.text, seen.labels, seen.edits) == ("Done now", [], 1)


async def test_an_edit_that_changes_nothing_succeeds(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out("Same"))

    await channel.edit(out("Same"), sent)

    assert tg.replies()[0].edits == 0
    assert len(tg.called("editMessageText")) == 1


async def test_an_edit_of_a_file_changes_its_caption(
    tg: Telegram, channel: TelegramChannel
) -> None:
    file = OutFile("a.md", "text/markdown", b"x")
    sent = await channel.send(out("Before", file=file))

    await channel.edit(out("After", file=file), sent)
    assert tg.replies()[0].text == "After"

    await channel.edit(out("Later", buttons=(Button("1", "x"),)), sent)
    assert tg.replies()[0].text == "Later"
    assert tg.replies()[0].labels == [["1"]]


async def test_an_edit_whose_marks_are_refused_is_made_plain(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out("Before"))
    refused = "Bad Request: can't parse entities: whatever"
    tg.faults.append(Fault("editMessageText", status=400, description=refused))

    await channel.edit(out("_After_"), sent)

    assert tg.replies()[0].text == "_After_"


async def test_an_edit_of_a_deleted_message_says_it_is_gone(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out())
    del tg.shown[int(sent)]

    with pytest.raises(MessageGone):
        await channel.edit(out("Other"), sent)


async def test_an_edit_of_a_persons_message_says_it_is_gone(
    tg: Telegram, channel: TelegramChannel
) -> None:
    theirs = tg.say("Hi")

    with pytest.raises(MessageGone):
        await channel.edit(out("Other"), str(theirs))


async def test_a_flood_answer_says_how_long_to_wait(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.flood.on = True

    for n in range(3):
        await channel.send(out(f"Message {n}"))
    with pytest.raises(NotSent) as caught:
        await channel.send(out("One too many"))

    assert caught.value.retry_after_s == 1
    assert len(tg.replies()) == 3


async def test_one_chats_flood_does_not_hold_up_another(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.flood.waits[42] = time.monotonic() + 30

    with pytest.raises(NotSent) as caught:
        await channel.send(out())
    started = time.monotonic()
    await channel.send(out(chat="-100"))

    assert caught.value.retry_after_s == 30
    assert time.monotonic() - started < 0.4
    assert tg.replies(-100)[0].text == "Hello"


async def test_a_flood_answer_without_a_number_is_still_not_sent(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.faults.append(Fault("sendMessage", status=429, description="Too Many Requests"))

    with pytest.raises(NotSent) as caught:
        await channel.send(out())

    assert caught.value.retry_after_s is None


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (Fault("sendMessage", drop="after"), 1),
        (Fault("sendMessage", drop="before"), 0),
        (Fault("sendMessage", delay_s=1.0), 1),
        (Fault("sendMessage", status=502, description="Bad Gateway"), 0),
        (Fault("sendMessage", status=500, description="Internal Server Error"), 0),
    ],
    ids=["cut after", "cut before", "slow", "bad gateway", "server error"],
)
async def test_a_request_that_went_out_unanswered_may_have_arrived(
    tg: Telegram, channel: TelegramChannel, fault: Fault, arrived: int
) -> None:
    tg.faults.append(fault)

    with pytest.raises(MaybeSent):
        await channel.send(out())

    assert len(tg.replies()) == arrived
    assert len(tg.called("sendMessage")) == 1


async def test_a_request_that_never_left_was_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with TelegramChannel("1:x", base_url=url, timeout_s=0.5) as door:
            with pytest.raises(NotSent):
                await door.send(out())


async def test_a_blocked_bot_and_an_unknown_chat_are_refused(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.blocked.add(42)

    with pytest.raises(Refused, match="blocked"):
        await channel.send(out())
    with pytest.raises(Refused, match="Chat not found"):
        await channel.send(out(chat="99"))


async def test_a_text_beyond_the_limit_is_refused_not_shortened(
    tg: Telegram, channel: TelegramChannel
) -> None:
    with pytest.raises(Refused, match="too long"):
        await channel.send(out("🎉" * 2049))


@pytest.mark.parametrize("status", [403, 409, 413, 418])
async def test_a_refusal_of_any_kind_is_known_not_to_have_arrived(
    tg: Telegram, channel: TelegramChannel, status: int
) -> None:
    tg.faults.append(Fault("sendMessage", status=status, description="No"))

    with pytest.raises(Refused):
        await channel.send(out())


async def test_a_group_that_moved_is_refused_with_its_new_id(
    tg: Telegram, channel: TelegramChannel
) -> None:
    fault = Fault("sendMessage", status=400, description="Bad Request: group upgraded")
    fault.migrate_to = -1009
    tg.faults.append(fault)

    with pytest.raises(Refused, match="-1009"):
        await channel.send(out(chat="-100"))


async def test_a_revoked_token_is_refused_and_never_shown(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.revoked = True

    with pytest.raises(Refused) as caught:
        await channel.send(out())

    assert tg.token not in repr(caught.value) + repr(caught.value.__cause__)


async def test_a_press_is_acknowledged_with_a_short_notice(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out(buttons=(Button("5", "x:0"),)))
    callback = tg.press(int(sent), "5")

    await channel.acknowledge(pressed(tg, callback), "Thanks. " * 50)

    notice = tg.presses[callback]
    assert notice is not None
    assert notice.startswith("Thanks.")
    assert utf16_units(notice) <= 200


async def test_acknowledging_never_raises(
    tg: Telegram, channel: TelegramChannel
) -> None:
    await channel.acknowledge(pressed(tg, "too old"), "Thanks")
    tg.revoked = True
    await channel.acknowledge(pressed(tg, "1"))
    await channel.acknowledge(pressed(tg, ""))

    assert len(tg.called("answerCallbackQuery")) == 1


async def test_ping_names_the_bot(tg: Telegram, channel: TelegramChannel) -> None:
    health = await channel.ping()

    assert (health.ok, health.detail) == (True, f"@draper_bot ({ACCOUNT})")


async def test_ping_with_a_wrong_token_says_where_to_get_one(tg: Telegram) -> None:
    for token in ("7:wrong", "no token"):
        async with TelegramChannel(token, base_url=tg.base_url) as door:
            health = await door.ping()

        assert not health.ok
        assert "@BotFather" in health.hint


async def test_ping_without_a_network_says_so() -> None:
    async with TelegramChannel("1:x", base_url="http://127.0.0.1:9") as door:
        health = await door.ping()

    assert not health.ok
    assert "network" in health.hint


async def test_the_bot_is_asked_who_it_is_once(
    tg: Telegram, channel: TelegramChannel
) -> None:
    first, second = await channel.me(), await channel.me()

    assert first == second == Me(ACCOUNT, "draper_bot")
    assert len(tg.called("getMe")) == 1


async def test_the_menu_shows_the_commands_as_telegram_writes_them(
    tg: Telegram, channel: TelegramChannel
) -> None:
    await channel.set_commands([("new-client", "Add a client"), ("help", "What I do")])

    assert tg.commands == [
        {"command": "new_client", "description": "Add a client"},
        {"command": "help", "description": "What I do"},
    ]


async def test_a_file_is_fetched_whole(tg: Telegram, channel: TelegramChannel) -> None:
    tg.files["f1"] = b"x" * 100_000

    assert await channel.fetch("", Attachment("f1")) == tg.files["f1"]


async def test_a_file_beyond_the_cap_is_not_fetched(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.files["f1"] = b"x" * 100_000

    with pytest.raises(NotFetched, match=r"larger than 0\.05 MB"):
        await channel.fetch("", Attachment("f1"), at_most=50_000)
    with pytest.raises(NotFetched, match="no longer has it"):
        await channel.fetch("", Attachment("other"))


async def test_a_download_that_fails_does_not_show_the_token(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.files["f1"] = b"x"
    tg.lost_files.add("f1")

    with pytest.raises(NotFetched) as caught:
        await channel.fetch("", Attachment("f1"))

    assert tg.token not in str(caught.value)


async def test_the_token_is_never_logged(
    tg: Telegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        await channel.send(out())
        tg.revoked = True
        with pytest.raises(SendError):
            await channel.send(out())

    assert tg.token not in caplog.text


def test_groups_are_written_to_more_slowly() -> None:
    door: Channel = TelegramChannel("1:x")

    assert (door.interval_s("42"), door.interval_s("-100")) == (0.72, 3.1)


async def test_every_page_of_a_long_text_can_be_sent(
    tg: Telegram, channel: TelegramChannel
) -> None:
    part = "## Heading 🎉\n\n" + "**Bold** and [link](https://a.example/x). " * 60
    markdown = f"{part}\n\n```py\n{'print(1)' * 10}\n```\n\n" * 8

    pages = channel.pages(markdown)
    for page in pages:
        await channel.send(out(page))

    seen = tg.replies()
    assert len(seen) == len(pages) > 3
    assert sum(one.text.count("Bold") for one in seen) == 60 * 8
    assert all(len(one.entities) <= 100 for one in seen)


async def test_a_webhook_is_set_with_its_secret_and_what_waits_is_kept(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.retry_s = 60
    tg.say("waiting")

    await channel.set_webhook("http://127.0.0.1:9/hook", "s3", ("message",))

    assert (tg.webhook["url"], tg.webhook["secret"]) == (
        "http://127.0.0.1:9/hook",
        "s3",
    )
    assert (tg.allowed, len(tg.updates)) == (["message"], 1)
