import json

import pytest

from channels.contract import Kind
from channels.slack.http import Webhook
from channels.slack.manifest import EVENTS, SCOPES, manifest
from tests.channels.slack.conftest import Inbox, serving
from tests.standins.slack import Slack

HISTORY = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "app_mention": "app_mentions:read",
}


def test_every_event_asked_for_has_its_scope() -> None:
    assert {HISTORY[event] for event in EVENTS} <= set(SCOPES)


def test_without_a_url_the_app_uses_socket_mode() -> None:
    made = manifest()

    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(made)


def test_with_a_url_events_presses_and_commands_are_posted_there() -> None:
    url = "https://draper.example/slack"
    made = manifest(events_url=url)
    settings, [command] = made["settings"], made["features"]["slash_commands"]

    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"] == {"is_enabled": True, "request_url": url}
    assert (command["command"], command["url"]) == ("/draper", url)


@pytest.mark.parametrize("kind", ["channel", "group", "im", "mpim"])
async def test_every_event_asked_for_is_served(
    slack: Slack, inbox: Inbox, kind: str
) -> None:
    room = slack.world.dm(slack.anna)
    room.kind = kind
    webhook = Webhook(inbox.keep, signing_secret=slack.secret)

    async with serving(webhook) as url:
        slack.post_events_to(url)
        await slack.say("@draper hi", channel=room.id)
        await slack.settle()

    assert [inbound.kind for inbound in inbox.seen] == [Kind.MESSAGE]
    assert inbox.seen[0].text == "hi"
