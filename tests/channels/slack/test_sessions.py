"""What a thread says of us, where a workspace comes to know sessions later."""

from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.clients import OneClient
from channels.slack.sessions import AGAIN_S, Sessions, Thread
from tests.standins.slack import Slack


async def test_what_a_workspace_refused_is_tried_again_later(
    slack: Slack, client: AsyncWebClient
) -> None:
    now = [0.0]
    sessions = Sessions(OneClient(client), now=lambda: now[0])
    where = Thread(
        slack.team, slack.channel, await slack.say("hi", channel="C0GENERAL")
    )
    slack.world.is_agent = False
    await sessions.working(where, "Writing")
    assert slack.world.thread_status[where.chat, where.thread] == "Writing"

    slack.world.is_agent = True
    now[0] = AGAIN_S - 1
    await sessions.working(where, "Writing", anew=True)
    assert (where.chat, where.thread) not in slack.world.sessions

    now[0] = AGAIN_S
    await sessions.working(where, "Writing", anew=True)
    assert slack.world.sessions[where.chat, where.thread] == "processing"
