import json
from collections.abc import Iterator
from typing import Any

import pytest

from channels.contract import Kind
from channels.slack.http import Webhook
from channels.slack.manifest import App, Slash, manifest
from tests.channels.slack.conftest import Inbox, serving
from tests.standins.slack import Slack


def test_without_a_url_the_app_uses_socket_mode() -> None:
    made = manifest()

    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(made)


def test_with_a_url_events_presses_and_commands_are_posted_there() -> None:
    url = "https://draper.example/slack"
    made = manifest(App(events_url=url, commands=[Slash("/draper", "Ask")]))
    settings, [command] = made["settings"], made["features"]["slash_commands"]

    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"] == {"is_enabled": True, "request_url": url}
    assert (command["command"], command["url"]) == ("/draper", url)


LIMITS = {
    "display_information.name": 35,
    "display_information.description": 140,
    "features.bot_user.display_name": 80,
    "features.agent_view.agent_description": 300,
    "features.slash_commands.command": 32,
    "features.slash_commands.description": 2000,
    "features.slash_commands.usage_hint": 1000,
    "features.shortcuts.name": 24,
    "features.shortcuts.callback_id": 255,
    "features.shortcuts.description": 150,
    "oauth_config.scopes.bot": 50,
    "settings.event_subscriptions.bot_events": 50,
}
"""Characters, as Slack's own schema of manifests has them."""
MOST = {
    "features.slash_commands": 50,
    "features.shortcuts": 10,
    "features.agent_view.suggested_prompts": 4,
    "settings.event_subscriptions.bot_events": 100,
}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    if isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)


def test_everything_fits_what_slack_takes() -> None:
    many = [Slash(f"/{'x' * 40}{n}", "d", "h" * 2000) for n in range(60)]
    for path, value in leaves(manifest(App(name="Draper" * 5, commands=many))):
        if isinstance(value, str) and path in LIMITS:
            assert 1 <= len(value) <= LIMITS[path], (path, value)
        if isinstance(value, list) and path in MOST:
            assert 1 <= len(value) <= MOST[path], path


def test_it_is_an_agent_with_a_home() -> None:
    features = manifest()["features"]

    assert features["agent_view"]["suggested_prompts"]
    assert "assistant_view" not in features
    assert features["app_home"]["home_tab_enabled"] is True
    assert "assistant:write" in manifest()["oauth_config"]["scopes"]["bot"]


def test_many_workspaces_need_a_way_back_and_may_be_a_whole_organisation() -> None:
    back = "https://draper.example/slack/oauth_redirect"
    alone, many = manifest(), manifest(App(redirect_url=back, rotates=True))

    assert "redirect_urls" not in alone["oauth_config"]
    assert alone["settings"]["org_deploy_enabled"] is False
    assert many["oauth_config"]["redirect_urls"] == [back]
    assert many["settings"]["org_deploy_enabled"] is True
    assert many["settings"]["token_rotation_enabled"] is True


@pytest.mark.parametrize("kind", ["channel", "group", "im", "mpim"])
async def test_every_kind_of_message_asked_for_is_served(
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
