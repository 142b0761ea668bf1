import re

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import (
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
)
from channels.slack.clients import OneClient, connect
from channels.slack.door import SlackDoor
from tests.standins.slack import Slack
from tests.standins.slack.state import Room

RATING = tuple(Button(str(n), f"d1:{n}") for n in range(1, 6))
FILE = OutFile("copy.md", "text/markdown", b"# Copy")


def to(chat: str, markdown: str = "**Hi**", **more: object) -> Outgoing:
    return Outgoing("T0ACME", chat, markdown, **more)  # type: ignore[arg-type]


def told(slack: Slack, method: str) -> dict[str, object]:
    """The arguments of the last call of ``method``."""
    return [args for name, args in slack.world.calls if name == method][-1]


def called(slack: Slack) -> list[str]:
    return [name for name, _ in slack.world.calls]


def test_it_is_a_channel(door: SlackDoor) -> None:
    channel: Channel = door

    assert channel.name is ChannelName.SLACK
    assert channel.interval_s("C1") > 1


async def test_a_message_is_shown_with_its_buttons(
    door: SlackDoor, slack: Slack
) -> None:
    ts = await door.send(to(slack.channel, "**Hi** <b>", buttons=RATING))

    [shown] = slack.messages(slack.channel)
    assert (shown.ts, shown.text) == (ts, "**Hi** <b>")
    assert shown.buttons == ["1", "2", "3", "4", "5"]


async def test_a_reply_goes_into_its_thread(door: SlackDoor, slack: Slack) -> None:
    root = await slack.say("@draper hi", channel=slack.channel)

    await door.send(to(slack.channel, thread=root))

    assert [m.thread for m in slack.messages(slack.channel, root)] == ["", root]


async def test_an_edit_replaces_text_and_buttons(door: SlackDoor, slack: Slack) -> None:
    ts = await door.send(to(slack.channel, "…", buttons=RATING))

    await door.edit(to(slack.channel, "Done"), ts)
    await door.edit(to(slack.channel, "Done"), ts)

    [shown] = slack.messages(slack.channel)
    assert (shown.text, shown.buttons, shown.edited) == ("Done", [], True)


async def test_the_longest_page_can_be_sent_and_edited(
    door: SlackDoor, slack: Slack
) -> None:
    first = door.pages("&<@U012AB> **word** " * 2_000)[0]

    ts = await door.send(to(slack.channel, "…"))
    await door.edit(to(slack.channel, first, buttons=RATING), ts)

    assert slack.messages(slack.channel)[0].text == first
    assert slack.world.pings == []


async def test_nothing_the_model_writes_pings_anybody(
    door: SlackDoor, slack: Slack
) -> None:
    loud = "<!channel> <!here> @here <@U0ANNA> `<!everyone>` <!subteam^S1>"

    ts = await door.send(to(slack.channel, loud))
    await door.edit(to(slack.channel, loud + "!"), ts)
    await door.send(to(slack.channel, loud, file=FILE))

    assert slack.world.pings == []
    assert slack.messages(slack.channel)[0].text == loud + "!"
    for method in ("chat.postMessage", "chat.update"):
        sent = told(slack, method)
        assert (sent["parse"], sent["link_names"]) == ("none", False)


async def test_links_are_not_unfurled(door: SlackDoor, slack: Slack) -> None:
    await door.send(to(slack.channel, "https://a.io"))

    sent = told(slack, "chat.postMessage")
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


async def test_where_markdown_blocks_are_refused_plainer_ones_say_the_same(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", error="invalid_blocks")
    slack.fail(method="chat.update", error="msg_blocks_too_long")

    ts = await door.send(to(slack.channel, "# Hi\n\nx < y", buttons=RATING))
    await door.edit(to(slack.channel, "# Bye", buttons=RATING), ts)

    [shown] = slack.messages(slack.channel)
    assert (shown.text, len(shown.buttons)) == ("*Bye*", 5)


async def test_where_all_blocks_are_refused_the_text_is_there(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", error="invalid_blocks", times=2)
    slack.fail(method="chat.update", error="only_one_table_allowed", times=2)

    ts = await door.send(to(slack.channel, "**Hi**", buttons=RATING))
    await door.edit(to(slack.channel, "**Bye**", buttons=RATING), ts)

    [shown] = slack.messages(slack.channel)
    assert (shown.text, shown.buttons) == ("*Bye*", [])


async def test_a_file_pings_nobody(door: SlackDoor, slack: Slack) -> None:
    hostile = OutFile("<!channel> @here.md", "text/markdown", b"x")

    await door.send(to(slack.channel, "<@U1> @channel", file=hostile))

    sent = repr(told(slack, "files.completeUploadExternal"))
    assert not re.search(r"<[!@]|@(?=here|channel)", sent)


@pytest.mark.parametrize("blank", ["", " \n"])
async def test_a_message_that_says_nothing_is_refused_before_slack_is_asked(
    door: SlackDoor, slack: Slack, blank: str
) -> None:
    with pytest.raises(Refused, match="nothing to show"):
        await door.send(to(slack.channel, blank))
    with pytest.raises(Refused, match="nothing to show"):
        await door.edit(to(slack.channel, blank), "1700000000.000001")
    assert called(slack) == []


# files


async def test_a_file_is_shown_with_its_caption(door: SlackDoor, slack: Slack) -> None:
    root = await slack.say("@draper hi", channel=slack.channel)

    sent = await door.send(
        to(slack.channel, "**Copy** for you", file=FILE, thread=root)
    )

    shown = slack.messages(slack.channel)[-1]
    assert (shown.files, shown.text) == (["copy.md"], "*Copy* for you")
    assert (shown.thread, sent[:5]) == (root, "file:")
    [file] = [f for f in slack.world.files.values() if f.name == "copy.md"]
    assert file.body == FILE.body


async def test_a_picture_says_what_it_shows(door: SlackDoor, slack: Slack) -> None:
    picture = OutFile("usage.png", "image/png", b"\x89PNG", alt="x" * 1200)

    await door.send(to(slack.channel, "Usage", file=picture))

    asked = told(slack, "files.getUploadURLExternal")
    assert asked["alt_txt"] == "x" * 1000


async def test_a_file_with_buttons_is_followed_by_its_words(
    door: SlackDoor, slack: Slack
) -> None:
    ts = await door.send(to(slack.channel, "Copy", file=FILE, buttons=RATING))

    file, words = slack.messages(slack.channel)
    assert (file.files, file.text) == (["copy.md"], "")
    assert (words.ts, words.text, len(words.buttons)) == (ts, "Copy", 5)


@pytest.mark.parametrize("where", ["files.getUploadURLExternal", "upload"])
async def test_a_file_that_nobody_saw_yet_is_surely_not_sent(
    door: SlackDoor, slack: Slack, where: str
) -> None:
    slack.fail(method=where, drop=True)

    with pytest.raises(NotSent):
        await door.send(to(slack.channel, file=FILE))
    assert slack.messages(slack.channel) == []


async def test_a_file_cut_off_while_it_is_shared_may_be_there(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="files.completeUploadExternal", drop=True, acts=True)

    with pytest.raises(MaybeSent):
        await door.send(to(slack.channel, file=FILE))
    assert len(slack.messages(slack.channel)) == 1


async def test_words_that_fail_after_their_file_leave_it_half_sent(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", retry_after_s=3)

    with pytest.raises(MaybeSent, match="file is there"):
        await door.send(to(slack.channel, file=FILE, buttons=RATING))


async def test_a_file_message_cannot_be_edited(door: SlackDoor, slack: Slack) -> None:
    sent = await door.send(to(slack.channel, file=FILE))

    with pytest.raises(MessageGone):
        await door.edit(to(slack.channel, "new"), sent)


# failures


async def test_a_cut_line_after_sending_is_ambiguous_and_not_repeated(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", drop=True, acts=True)

    with pytest.raises(MaybeSent):
        await door.send(to(slack.channel))

    assert len(slack.messages(slack.channel)) == 1
    assert called(slack).count("chat.postMessage") == 1


async def test_an_answer_that_does_not_come_is_ambiguous(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", delay_s=0.7, acts=True)

    with pytest.raises(MaybeSent):
        await door.send(to(slack.channel))


@pytest.mark.parametrize("fault", [{"status": 500}, {"error": "fatal_error"}])
async def test_slacks_own_failure_is_ambiguous(
    door: SlackDoor, slack: Slack, fault: dict[str, object]
) -> None:
    slack.fail(method="chat.postMessage", **fault)

    with pytest.raises(MaybeSent):
        await door.send(to(slack.channel))


async def test_an_answer_that_is_not_slacks_is_ambiguous(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", status=200)

    with pytest.raises(MaybeSent):
        await door.send(to(slack.channel))


async def test_a_refused_connection_is_surely_not_sent(slack: Slack) -> None:
    async with connect("xoxb-x", base_url="http://127.0.0.1:1/api/") as client:
        with pytest.raises(NotSent):
            await SlackDoor(OneClient(client)).send(to(slack.channel))


async def test_a_flood_wait_is_passed_on_and_hits_that_channel_alone(
    door: SlackDoor, slack: Slack
) -> None:
    slack.fail(method="chat.postMessage", channel=slack.channel, retry_after_s=17)

    with pytest.raises(NotSent) as caught:
        await door.send(to(slack.channel))
    await door.send(to(slack.private))

    assert caught.value.retry_after_s == 17
    assert slack.messages(slack.channel) == []


async def test_writing_faster_than_slack_allows_is_told(
    door: SlackDoor, slack: Slack
) -> None:
    slack.world.pace_s = 1.0
    ts = await door.send(to(slack.channel))

    with pytest.raises(NotSent) as caught:
        await door.edit(to(slack.channel, "x"), ts)
    slack.world.shift_s += door.interval_s(slack.channel)
    await door.edit(to(slack.channel, "x"), ts)

    assert caught.value.retry_after_s == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("token_revoked", "revoked"),
        ("account_inactive", "removed from this workspace"),
        ("is_archived", "archived"),
        ("not_in_channel", "invite"),
        ("channel_not_found", "no such channel"),
        ("missing_scope", "permission"),
        ("something_new", "something_new"),
    ],
)
async def test_a_refusal_says_why_and_what_to_do(
    door: SlackDoor, slack: Slack, error: str, says: str
) -> None:
    slack.fail(method="chat.postMessage", error=error)

    with pytest.raises(Refused, match=says):
        await door.send(to(slack.channel))


@pytest.mark.parametrize("error", ["ratelimited", "service_unavailable"])
async def test_a_passing_trouble_may_be_tried_again(
    door: SlackDoor, slack: Slack, error: str
) -> None:
    slack.fail(method="chat.postMessage", error=error)

    with pytest.raises(NotSent):
        await door.send(to(slack.channel))


async def test_rooms_that_are_closed_to_us_refuse(
    door: SlackDoor, slack: Slack
) -> None:
    slack.world.add_room(Room("C0OLD", "channel", "old", archived=True))
    slack.world.add_room(Room("C0FAR", "channel", "far", joined=False))
    slack.world.add_room(Room("G0FAR", "group", "far", joined=False))

    for chat in ("C0OLD", "C0FAR", "G0FAR", "C0NONE"):
        with pytest.raises(Refused):
            await door.send(to(chat))


async def test_an_edit_of_a_message_that_is_gone_says_so(
    door: SlackDoor, client: AsyncWebClient, slack: Slack
) -> None:
    ts = await door.send(to(slack.channel))
    await client.chat_delete(channel=slack.channel, ts=ts)
    theirs = await slack.say("mine", channel=slack.channel)

    for gone in (ts, theirs):
        with pytest.raises(MessageGone):
            await door.edit(to(slack.channel, "x"), gone)


# outside our channels


async def test_a_command_where_we_are_not_is_answered_privately(
    door: SlackDoor, slack: Slack
) -> None:
    slack.world.add_room(Room("C0FAR", "channel", "far", joined=False))
    url = await slack.command("/draper", "skills", channel="C0FAR")
    extra = {"response_url": url, "trigger_id": "7"}
    message = to("C0FAR", "Here <!channel>", buttons=RATING, extra=extra)

    sent = await door.send(message)

    [mine] = slack.messages("C0FAR", user=slack.anna)
    assert (mine.text, len(mine.buttons)) == ("Here <!channel>", 5)
    assert slack.messages("C0FAR", user=slack.bela) == []
    assert sent == "whisper:7"
    with pytest.raises(MessageGone):
        await door.edit(message, sent)


async def test_a_spent_response_url_is_a_refusal(door: SlackDoor, slack: Slack) -> None:
    slack.world.add_room(Room("C0FAR", "channel", "far", joined=False))
    url = await slack.command("/draper", "skills", channel="C0FAR")
    message = to("C0FAR", extra={"response_url": url})

    for _ in range(5):
        await door.send(message)
    with pytest.raises(Refused, match="expired"):
        await door.send(message)


async def test_a_response_url_that_is_not_slacks_is_never_called(
    door: SlackDoor, slack: Slack
) -> None:
    evil = {"response_url": "http://169.254.169.254/latest"}

    with pytest.raises(Refused, match="no such channel"):
        await door.send(to("C0NONE", extra=evil))


# presses and health


def press(url: str = "", kind: Kind = Kind.PRESS) -> Inbound:
    extra = {"response_url": url} if url else {}
    return Inbound(ChannelName.SLACK, kind, "1.1", "T1", "C1", "U1", "1.1", extra=extra)


async def test_a_notice_is_shown_to_the_one_who_pressed(
    door: SlackDoor, slack: Slack
) -> None:
    ts = await door.send(to(slack.channel, buttons=RATING))
    await slack.press(ts, "4")
    url = slack.deliveries[-1].payload["response_url"]

    await door.acknowledge(press(url), "Thanks!")
    await door.acknowledge(press(url))
    await door.acknowledge(press(url, Kind.MESSAGE), "Thanks!")

    [uses] = [known.uses for known in slack.world.responses.values()]
    assert uses == 1
    assert [m.text for m in slack.messages(slack.channel, user=slack.bela)] == [
        "**Hi**"
    ]
    assert slack.messages(slack.channel, user=slack.anna)[-1].text == "Thanks!"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1/x", "{origin}/response/no"])
async def test_a_notice_that_cannot_be_shown_disturbs_nobody(
    door: SlackDoor, slack: Slack, url: str
) -> None:
    await door.acknowledge(press(url.format(origin=slack.origin)), "Thanks!")


async def test_a_ping_names_the_workspace(door: SlackDoor) -> None:
    health = await door.ping()

    assert health.ok
    assert "@draper in Acme" in health.detail


async def test_a_ping_names_the_scopes_that_are_missing(
    door: SlackDoor, slack: Slack
) -> None:
    slack.world.scopes.remove("files:write")

    health = await door.ping()

    assert not health.ok
    assert "files:write" in health.hint
    assert "chat:write" not in health.hint


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked"])
async def test_a_ping_with_a_dead_token_says_what_to_do(
    door: SlackDoor, slack: Slack, error: str
) -> None:
    slack.world.token_error = error

    health = await door.ping()

    assert not health.ok
    assert "OAuth & Permissions" in health.hint


async def test_a_ping_without_slack_does_not_raise() -> None:
    async with connect("xoxb-x", base_url="http://127.0.0.1:1/api") as client:
        health = await SlackDoor(OneClient(client)).ping()

    assert "cannot be reached" in health.detail
