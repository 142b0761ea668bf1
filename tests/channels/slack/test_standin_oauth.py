"""The stand-in's OAuth is as strict as Slack's, or nothing it lets pass means much."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.clients import connect
from tests.standins.slack import Slack
from tests.standins.slack.oauth import CLIENT_ID, CLIENT_SECRET

BACK = "https://draper.example/slack/oauth_redirect"
PAGE = "https://slack.com/oauth/v2/authorize"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as slack:
        slack.oauth.redirect_urls = [BACK]
        yield slack


@pytest.fixture
async def app(slack: Slack) -> AsyncIterator[AsyncWebClient]:
    async with connect(None, base_url=slack.base_url) as client:
        yield client


def page(**changes: str) -> str:
    asked = {
        "client_id": CLIENT_ID,
        "scope": "chat:write,commands",
        "redirect_uri": BACK,
        "state": "s",
    }
    return f"{PAGE}?{urlencode({**asked, **changes})}"


def code_of(back: str) -> str:
    return parse_qs(urlsplit(back).query)["code"][0]


async def exchanged(app: AsyncWebClient, **changes: Any) -> Any:
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return await app.oauth_v2_access(**{**given, "redirect_uri": BACK, **changes})


async def refused(app: AsyncWebClient, **given: Any) -> str:
    with pytest.raises(SlackApiError) as failure:
        await exchanged(app, **given)
    return str(failure.value.response["error"])


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "another"},
        {"scope": ""},
        {"redirect_uri": "https://elsewhere.example/"},
    ],
)
def test_its_page_takes_only_what_the_app_is_set_up_for(
    slack: Slack, change: dict[str, str]
) -> None:
    with pytest.raises((AssertionError, KeyError)):
        slack.oauth.approve(page(**change))


async def test_a_code_serves_once_for_ten_minutes_with_its_own_redirect(
    slack: Slack, app: AsyncWebClient
) -> None:
    code = code_of(slack.oauth.approve(page()))
    assert await refused(app, code=code, redirect_uri=f"{BACK}/x") == "bad_redirect_uri"
    assert await refused(app, code=code, client_secret="x") == "bad_client_secret"
    assert await refused(app, code=code, client_id="x") == "invalid_client_id"
    assert (await exchanged(app, code=code))["team"]["id"] == "T0ZEN"
    assert await refused(app, code=code) == "code_already_used"
    late = code_of(slack.oauth.approve(page()))
    slack.world.shift_s = 601
    assert await refused(app, code=late) == "invalid_code"


async def test_a_refresh_token_serves_once_and_tokens_end_after_twelve_hours(
    slack: Slack, app: AsyncWebClient
) -> None:
    slack.oauth.rotates = True
    first = await exchanged(app, code=code_of(slack.oauth.approve(page())))
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await exchanged(app, **again)

    assert second["refresh_token"] != first["refresh_token"]
    assert await refused(app, **again) == "invalid_refresh_token"
    assert (await app.auth_test(token=second["access_token"]))["team_id"] == "T0ZEN"
    slack.world.shift_s = 43_201
    with pytest.raises(SlackApiError, match="token_expired"):
        await app.auth_test(token=second["access_token"])


async def test_a_token_reaches_its_own_team_and_has_its_own_scopes(
    slack: Slack, app: AsyncWebClient
) -> None:
    token = (await exchanged(app, code=code_of(slack.oauth.approve(page()))))[
        "access_token"
    ]
    told = await app.auth_test(token=token)
    assert told.headers["x-oauth-scopes"] == "chat:write,commands"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await app.chat_postMessage(token=token, channel=slack.channel, text="hi")
    slack.uninstall("T0ZEN", tells=False)
    with pytest.raises(SlackApiError, match="account_inactive"):
        await app.auth_test(token=token)
