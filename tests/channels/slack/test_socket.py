import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import Received, Refused
from channels.slack.socket import SocketMode
from tests.channels.slack.conftest import Inbox
from tests.standins.slack import Slack

SOON_S = 5.0


@asynccontextmanager
async def running(socket: SocketMode) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(socket.run())
    try:
        async with asyncio.timeout(SOON_S):
            await socket.connected.wait()
            yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def socket(client: AsyncWebClient, slack: Slack, inbox: Inbox) -> SocketMode:
    return SocketMode(client, inbox.keep, app_token=slack.app_token, pause=at_once)


async def test_what_people_do_is_kept_then_acknowledged(
    socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    async with running(socket):
        ts = await slack.say("@draper hi", channel=slack.channel)
        await slack.edit(ts, "@draper hello")
        await slack.command("/draper", "skills")
        await slack.settle()

    kinds = [inbound.kind for inbound in inbox.seen]
    assert sorted(kinds) == ["command", "edit", "message"]
    assert all(delivery.answers == ["ack"] for delivery in slack.deliveries)
    assert slack.socket_mode.strays == []


async def test_the_order_of_one_chat_is_kept_under_load(
    socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    async with running(socket):
        for number in range(500):
            await slack.say(str(number))
        await slack.settle()

    assert [inbound.text for inbound in inbox.seen] == [str(n) for n in range(500)]


async def test_a_database_that_restarts_loses_nothing_and_keeps_the_order(
    socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    inbox.failures = 5

    async with running(socket):
        for number in range(20):
            await slack.say(str(number))
        await slack.settle()

    assert [inbound.text for inbound in inbox.seen] == [str(n) for n in range(20)]
    assert all(delivery.answers == ["ack"] for delivery in slack.deliveries)


async def test_what_cannot_be_kept_for_long_is_left_to_slack_to_send_again(
    socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    inbox.failures = 6

    async with running(socket):
        await slack.say("hi")
        await slack.settle()

    [delivery] = slack.deliveries
    assert delivery.answers == ["timeout", "ack"]
    assert [inbound.text for inbound in inbox.seen] == ["hi"]


async def test_nothing_is_acknowledged_before_it_is_kept(
    client: AsyncWebClient, slack: Slack
) -> None:
    gate, began = asyncio.Event(), asyncio.Event()

    async def keep(_: Sequence[Received]) -> None:
        began.set()
        await gate.wait()

    async with running(SocketMode(client, keep, app_token=slack.app_token)):
        await slack.say("hi")
        await began.wait()
        await asyncio.sleep(0.05)
        [delivery] = slack.deliveries
        assert not delivery.taken
        gate.set()
        await slack.settle()
        assert delivery.taken


async def connected(slack: Slack, times: int) -> None:
    """Return once Slack has seen so many connections."""
    async with asyncio.timeout(10):
        while slack.socket_mode.connections < times:  # noqa: ASYNC110 - the far end's
            await asyncio.sleep(0.005)


async def test_a_refresh_is_followed_at_once_and_loses_nothing(
    socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    async with running(socket):
        for number in range(30):
            await slack.say(str(number))
            if number % 10 == 5:
                await connected(slack, 1 + number // 10)
                await slack.refresh()
        await connected(slack, 4)
        await slack.settle()

    assert slack.socket_mode.connections == 4
    assert {i.text for i in inbox.seen} == {str(n) for n in range(30)}
    assert len(inbox.seen) == 30


async def test_a_cut_line_is_opened_again_and_unacknowledged_events_return(
    client: AsyncWebClient, slack: Slack, inbox: Inbox
) -> None:
    held: list[float] = []

    async def keep(events: Sequence[Received]) -> None:
        if not held:
            held.append(1.0)
            slack.sever()
        await inbox.keep(events)

    socket = SocketMode(client, keep, app_token=slack.app_token, pause=at_once)
    async with running(socket):
        await slack.say("hi")
        await slack.settle()

    [delivery] = slack.deliveries
    assert delivery.answers == ["timeout", "ack"]
    assert (len(inbox.offered), len(inbox.rows)) == (2, 1)
    assert slack.socket_mode.connections == 2


async def test_a_lost_acknowledgement_brings_the_event_again_and_once(
    client: AsyncWebClient, slack: Slack, inbox: Inbox
) -> None:
    again = asyncio.Event()

    async def keep(events: Sequence[Received]) -> None:
        if inbox.offered:
            again.set()
            slack.socket_mode.hold_acks = False
        await inbox.keep(events)

    slack.socket_mode.hold_acks = True
    async with running(SocketMode(client, keep, app_token=slack.app_token)):
        await slack.say("hi")
        await again.wait()
        await slack.settle()

    assert (len(inbox.offered), len(inbox.rows)) == (2, 1)


async def test_slack_out_of_reach_is_tried_again_ever_more_slowly(
    client: AsyncWebClient, slack: Slack, inbox: Inbox
) -> None:
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    slack.fail(method="apps.connections.open", times=3, drop=True)
    slack.fail(method="apps.connections.open", retry_after_s=7)
    socket = SocketMode(client, inbox.keep, app_token=slack.app_token, pause=pause)
    async with running(socket):
        pass

    assert waits == [1.0, 2.0, 4.0, 7.0]


@pytest.mark.parametrize(
    ("token", "says"),
    [("xapp-wrong", "SLACK_APP_TOKEN"), (Slack.bot_token, "begins with xoxb-")],
)
async def test_a_token_that_does_not_work_ends_it_with_a_reason(
    client: AsyncWebClient, inbox: Inbox, token: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        await SocketMode(client, inbox.keep, app_token=token).run()


async def test_cancelling_ends_it_at_once_even_while_keeping(
    client: AsyncWebClient, slack: Slack
) -> None:
    began = asyncio.Event()

    async def hang(_: Sequence[Received]) -> None:
        began.set()
        await asyncio.Event().wait()

    async with running(SocketMode(client, hang, app_token=slack.app_token)) as task:
        await slack.say("hi")
        await began.wait()
        started = monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert monotonic() - started < 0.7


async def test_a_quiet_line_outlives_the_timeout_of_calls(
    client: AsyncWebClient, socket: SocketMode, slack: Slack, inbox: Inbox
) -> None:
    async with running(socket):
        await asyncio.sleep(0.8)  # calls may take 0.5 s here
        await slack.say("still there?")
        await slack.settle()

    assert slack.socket_mode.connections == 1
    assert len(inbox.seen) == 1
