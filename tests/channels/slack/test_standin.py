"""The stand-in is as strict as Slack, or tests against it prove nothing."""

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.clients import connect
from tests.standins.slack import Slack


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def markdown(text: str) -> list[dict[str, Any]]:
    return [{"type": "markdown", "text": text}]


def buttons(count: int, **more: str) -> list[dict[str, Any]]:
    label = {"type": "plain_text", "text": "x"}
    elements = [
        {"type": "button", "action_id": str(n), "text": label} | more
        for n in range(count)
    ]
    return [{"type": "actions", "elements": elements}]


@pytest.mark.parametrize(
    "blocks",
    [
        markdown("x" * 12_001),
        markdown("x" * 6_001) * 2,
        markdown(" "),
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        buttons(26),
        buttons(2, action_id="same"),
        buttons(1, value="x" * 2_001),
        [{"type": "divider"}] * 51,
        [{"type": "divider", "block_id": "x" * 256}],
        [{"type": "divider", "block_id": "x"}] * 2,
        [{"type": "hologram"}],
    ],
)
async def test_blocks_beyond_slacks_limits_are_refused(
    client: AsyncWebClient, slack: Slack, blocks: list[dict[str, Any]]
) -> None:
    call = client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)

    assert await error_of(call) == "invalid_blocks"


async def test_text_is_cut_when_posted_and_refused_when_edited(
    client: AsyncWebClient, slack: Slack
) -> None:
    posted = await client.chat_postMessage(channel=slack.channel, text="x" * 40_001)
    edit = client.chat_update(channel=slack.channel, ts=posted["ts"], text="x" * 4_001)

    assert len(slack.messages(slack.channel)[0].text) == 40_000
    assert posted["response_metadata"]["warnings"] == ["message_truncated"]
    assert await error_of(edit) == "msg_too_long"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": Slack.channel, "text": " "}, "no_text"),
        (
            {"channel": Slack.channel, "text": "x", "thread_ts": "1"},
            "invalid_thread_ts",
        ),
        (
            {"channel": Slack.channel, "text": "x", "thread_ts": "1700000000.000001"},
            "thread_not_found",
        ),
        ({"channel": Slack.channel, "text": "x", "token": "xoxb-no"}, "invalid_auth"),
        (
            {"channel": Slack.channel, "text": "x", "token": Slack.app_token},
            "not_allowed_token_type",
        ),
    ],
)
async def test_a_call_that_is_wrong_is_refused_by_name(
    client: AsyncWebClient, given: dict[str, Any], error: str
) -> None:
    # The SDK's own method would warn of the blank text before it asks.
    assert await error_of(client.api_call("chat.postMessage", json=given)) == error


async def test_a_scope_that_was_not_granted_is_missed(
    client: AsyncWebClient, slack: Slack
) -> None:
    slack.world.scopes.remove("chat:write")

    call = client.chat_postMessage(channel=slack.channel, text="x")

    assert await error_of(call) == "missing_scope"


async def test_it_tells_whom_a_message_would_have_pinged(
    client: AsyncWebClient, slack: Slack
) -> None:
    blocks = markdown("hey <!here> and <@U0ANNA>, @channel")

    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)

    pinged = [what for _, _, what in slack.world.pings]
    assert pinged == ["!here", "@U0ANNA", "@channel"]


async def stream(client: AsyncWebClient, slack: Slack, **more: Any) -> dict[str, Any]:
    root = await slack.say("@draper hi", channel=slack.channel)
    who = {"recipient_team_id": slack.team, "recipient_user_id": slack.anna}
    started = await client.chat_startStream(
        channel=slack.channel, thread_ts=root, **(who | more)
    )
    return {"channel": slack.channel, "ts": str(started["ts"])}


async def test_a_stream_grows_and_ends_with_its_blocks(
    client: AsyncWebClient, slack: Slack
) -> None:
    where = await stream(client, slack)
    await client.chat_appendStream(**where, markdown_text="**one** ")
    await client.chat_appendStream(**where, markdown_text="two ")
    assert await error_of(client.chat_update(**where, text="x")) == (
        "streaming_state_conflict"
    )
    assert await error_of(
        client.chat_delete(channel=where["channel"], ts=where["ts"])
    ) == ("cant_delete_message")
    await client.chat_stopStream(**where, markdown_text="three", blocks=buttons(1))

    shown = slack.messages(slack.channel)[-1]
    assert (shown.text, shown.buttons) == ("**one** two three", ["x"])


async def test_a_stream_is_deaf_once_it_is_stopped_or_five_minutes_old(
    client: AsyncWebClient, slack: Slack
) -> None:
    stopped = await stream(client, slack)
    await client.chat_stopStream(**stopped)
    old = await stream(client, slack)
    slack.world.shift_s += 301

    for dead in (stopped, old):
        append = client.chat_appendStream(**dead, markdown_text="x")
        assert await error_of(append) == "message_not_in_streaming_state"
    assert await error_of(client.chat_stopStream(**old)) == (
        "message_not_in_streaming_state"
    )


async def test_a_stream_has_its_own_rules(client: AsyncWebClient, slack: Slack) -> None:
    nobody = stream(client, slack, recipient_user_id=None)
    assert await error_of(nobody) == "missing_recipient_user_id"
    where = await stream(client, slack)
    long = client.chat_appendStream(**where, markdown_text="x" * 12_001)
    assert await error_of(long) == "msg_too_long"
    alone = client.api_call("chat.startStream", json={"channel": slack.channel})
    assert await error_of(alone) == "invalid_arguments"


async def test_a_stream_is_written_in_chunks_or_in_text_never_both(
    client: AsyncWebClient, slack: Slack
) -> None:
    chunk = {"type": "markdown_text", "text": "x"}
    where = await stream(client, slack, chunks=[chunk])

    mixed = client.chat_appendStream(**where, markdown_text="x")
    both = client.chat_appendStream(**where, markdown_text="x", chunks=[chunk])
    odd = client.chat_appendStream(**where, chunks=[{"type": "song"}])

    assert await error_of(mixed) == "streaming_mode_mismatch"
    assert await error_of(both) == "cannot_provide_both_markdown_text_and_chunks"
    assert await error_of(odd) == "invalid_chunks"
    assert slack.messages(slack.channel)[-1].text == "x"


async def test_a_task_keeps_its_place_while_its_title_changes(
    client: AsyncWebClient, slack: Slack
) -> None:
    task = {"type": "task_update", "id": "1", "title": "Reading", "status": "pending"}
    where = await stream(client, slack, chunks=[task])
    await client.chat_appendStream(
        **where, chunks=[{"type": "markdown_text", "text": "It says"}]
    )

    await client.chat_appendStream(**where, chunks=[task | {"title": "Read"}])

    assert slack.messages(slack.channel)[-1].text == "Read\n\nIt says"


async def test_whom_a_stream_would_have_pinged_is_told(
    client: AsyncWebClient, slack: Slack
) -> None:
    where = await stream(client, slack)

    await client.chat_appendStream(**where, markdown_text="hey <!here> @channel")

    assert [what for _, _, what in slack.world.pings] == ["!here", "@channel"]


async def test_a_tier_is_counted_by_the_minute(
    client: AsyncWebClient, slack: Slack
) -> None:
    slack.world.tiers.on = True
    where = await stream(client, slack)
    for _ in range(100):
        await client.chat_appendStream(**where, markdown_text="x ")

    with pytest.raises(SlackApiError) as caught:
        await client.chat_appendStream(**where, markdown_text="x ")
    slack.world.shift_s += 61
    await client.chat_appendStream(**where, markdown_text="x ")

    assert caught.value.response.status_code == 429
    assert 0 < int(caught.value.response.headers["Retry-After"]) <= 61


async def test_slacks_own_stop_ends_the_streams_and_tells_us(
    client: AsyncWebClient, slack: Slack
) -> None:
    where = await stream(client, slack)
    [root, _] = slack.messages(slack.channel)

    await slack.stop(slack.channel, root.ts)

    event = slack.deliveries[-1].payload["event"]
    assert (event["type"], event["user"]) == ("agent_session_stopped", slack.anna)
    assert event["streaming_message_ts"] == [where["ts"]]
    append = client.chat_appendStream(**where, markdown_text="x")
    assert await error_of(append) == "stopped_by_user"


async def test_a_session_lives_in_a_thread_of_an_agents_workspace(
    client: AsyncWebClient, slack: Slack
) -> None:
    root = await slack.say("@draper hi", channel=slack.channel)
    where = {"channel_id": slack.channel, "thread_ts": root}
    await client.agents_sessions_setStatus(status="processing", **where)
    assert slack.world.sessions == {(slack.channel, root): "processing"}

    odd = client.agents_sessions_setStatus(status="busy", **where)
    astray = client.agents_sessions_setStatus(status="active", channel_id=slack.channel)
    assert await error_of(odd) == "invalid_status"
    assert await error_of(astray) == "thread_ts_required"
    slack.world.is_agent = False
    old = client.agents_sessions_setStatus(status="active", **where)
    assert await error_of(old) == "feature_disabled"


async def test_a_modal_opens_once_within_three_seconds(
    client: AsyncWebClient, slack: Slack
) -> None:
    title = {"type": "plain_text", "text": "New client"}
    field = {"type": "plain_text_input", "action_id": "value"}
    block = {"type": "input", "block_id": "name", "label": title, "element": field}
    view = {"type": "modal", "title": title, "submit": title, "blocks": [block]}
    first, late = slack.world.new_trigger(), slack.world.new_trigger()

    opened = await client.views_open(trigger_id=first, view=view)
    again = client.views_open(trigger_id=first, view=view)

    assert opened["view"]["id"]
    assert await error_of(again) == "invalid_trigger_id"
    slack.world.shift_s += 4
    call = client.views_open(trigger_id=late, view=view)
    assert await error_of(call) == "expired_trigger_id"


async def test_a_response_url_dies_after_half_an_hour(slack: Slack) -> None:
    url = await slack.command("/draper", "help")
    slack.world.shift_s += 1_801

    async with aiohttp.ClientSession() as session, session.post(url, json={}) as late:
        assert late.status == 404


async def test_an_upload_must_have_the_length_it_announced(
    client: AsyncWebClient, slack: Slack
) -> None:
    slot = await client.files_getUploadURLExternal(filename="a.md", length=3)

    async with (
        aiohttp.ClientSession() as session,
        session.post(slot["upload_url"], data=b"four") as answer,
    ):
        assert answer.status == 400
    done = client.files_completeUploadExternal(
        files=[{"id": slot["file_id"], "title": "a"}], channel_id=slack.channel
    )
    assert await error_of(done) == "file_not_found"


async def test_the_sdks_own_upload_works_against_it(
    client: AsyncWebClient, slack: Slack
) -> None:
    await client.files_upload_v2(
        filename="a.md", file=b"abc", channel=slack.channel, initial_comment="here"
    )

    assert slack.messages(slack.channel)[0].files == ["a.md"]


async def test_a_file_somebody_sent_can_be_fetched_with_the_token(
    client: AsyncWebClient, slack: Slack
) -> None:
    await slack.say("look", files={"a.txt": b"hello"})
    file_id = slack.deliveries[0].payload["event"]["files"][0]["id"]
    info = await client.files_info(file=file_id)
    url = info["file"]["url_private_download"]
    bearer = {"Authorization": f"Bearer {slack.bot_token}"}

    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers=bearer) as answer:
            assert await answer.read() == b"hello"
        async with session.get(url, allow_redirects=False) as answer:
            assert answer.status == 302


async def test_our_own_messages_come_back_as_events(
    client: AsyncWebClient, slack: Slack
) -> None:
    slack.echoes = True
    posted = await client.chat_postMessage(channel=slack.channel, text="hi")
    await client.chat_update(channel=slack.channel, ts=posted["ts"], text="ho")

    events = [delivery.payload["event"] for delivery in slack.deliveries]
    assert [e.get("subtype") for e in events] == [None, "message_changed"]
    assert events[0]["bot_id"]


async def test_only_a_button_that_is_there_can_be_pressed(
    client: AsyncWebClient, slack: Slack
) -> None:
    posted = await client.chat_postMessage(
        channel=slack.channel, text="x", blocks=buttons(1)
    )

    with pytest.raises(LookupError):
        await slack.press(posted["ts"], "y")
    await slack.press(posted["ts"], value="d1:9")
    assert slack.deliveries[-1].payload["actions"][0]["value"] == "d1:9"


async def test_another_process_can_drive_it() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.standins.slack",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        known = json.loads(await process.stdout.readline())
        async with (
            aiohttp.ClientSession() as session,
            connect(known["bot_token"], base_url=known["base_url"]) as client,
        ):

            async def order(do: str, **given: Any) -> Any:
                body = {"do": do, "with": given}
                async with session.post(known["control"], json=body) as answer:
                    return (await answer.json())["found"]

            await order("say", text="hi")
            chat = await order("dm")
            await client.chat_postMessage(channel=chat, text="hello")
            shown = await order("messages", channel=chat)
            assert [message["text"] for message in shown] == ["hi", "hello"]
            assert (await order("state"))["calls"][0][0] == "chat.postMessage"
    finally:
        process.kill()
        await process.wait()
