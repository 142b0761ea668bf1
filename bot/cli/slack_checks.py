"""What the doctor asks Slack: each token and its scopes, how events come, the app."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.errors import BadInput
from bot.cli import slack_events_check
from bot.cli.clock_check import clock
from bot.doctor import Check
from bot.ports import SystemClock
from bot.settings import Intake, Settings
from bot.wiring.slack_doors import app_secrets, is_on
from channels.contract import Health, SendError
from channels.ends import End
from channels.slack import needs
from channels.slack.clients import OneClient, connect
from channels.slack.door import SlackDoor
from channels.slack.failures import explained

CLOCK = timedelta(seconds=300)
"""Slack's own advice for signatures: what is older is turned away, by us."""
MANIFEST = (
    "Paste what `draper slack manifest` prints under App Manifest at "
    "api.slack.com/apps, and install the app again."
)
GOOD_SECRET = frozenset({"invalid_code", "code_already_used"})
"""What Slack says of a made-up code once it has believed who asks."""


def checks(settings: Settings, *, is_running: bool) -> Iterator[Check]:
    """The checks that are set up, but those of each team that installed the app."""
    given = settings.slack
    if not is_on(given):
        yield Check("slack", _none)
        return
    if given.bot_token is not None:
        yield Check("slack", partial(_bot, settings))
    if given.client_id or given.client_secret:
        yield Check("slack app", partial(_app, settings))
    if given.intake is Intake.WEBHOOK:
        yield Check("slack signing secret", partial(_signing, settings))
        address = partial(slack_events_check.address, settings, is_running=is_running)
        yield Check("slack address", address)
    else:
        yield Check("slack socket mode", partial(_socket, settings))
    if given.config_token is not None:
        yield Check("slack manifest", partial(_manifest, settings))
    yield Check("slack clock", partial(_clock, settings))


@asynccontextmanager
async def _client(
    settings: Settings, token: str | None
) -> AsyncIterator[AsyncWebClient]:
    async with connect(token, base_url=settings.slack.base_url) as client:
        yield client


async def _none() -> Health:
    return Health(ok=True, detail="no SLACK_BOT_TOKEN: docs/slack.md has the way")


async def _bot(settings: Settings) -> Health:
    token = settings.slack.bot_token
    return await team(settings, token.get_secret_value() if token else "")


async def team(settings: Settings, token: str) -> Health:
    """Prove the token of one team, and that it may do all that is done."""
    async with _client(settings, token) as client:
        health = await SlackDoor(OneClient(client)).ping()
    return replace(health, detail=_plain(health.detail))


async def _app(settings: Settings) -> Health:
    """Whether Slack believes our id and secret; costs and installs nothing."""
    try:
        app = app_secrets(settings)
    except BadInput as refused:
        return Health(ok=False, detail=refused.message, hint=refused.hint)
    assert app is not None  # noqa: S101 - asked where it is set up
    async with _client(settings, None) as client:
        try:
            await client.oauth_v2_access(
                client_id=app.client_id,
                client_secret=app.client_secret,
                code="doctor",
            )
        except SlackApiError as failure:
            return _believed(failure.response.get("error", ""), settings)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return _silent(failure)
    return Health(ok=True, detail="Slack believes it")


def _believed(code: str, settings: Settings) -> Health:
    if code in GOOD_SECRET:
        where = f"{settings.public_url.rstrip('/')}/slack/install"
        return Health(
            ok=True, detail=f"id and secret are good; teams install at {where}"
        )
    hint = 'Copy SLACK_CLIENT_ID and SLACK_CLIENT_SECRET from "Basic Information".'
    return Health(ok=False, detail=f"Slack says {code}", hint=hint)


def _silent(failure: Exception) -> Health:
    detail = f"Slack gave no answer: {type(failure).__name__}"
    return Health(ok=False, detail=detail, hint="Check the network.")


async def _signing(settings: Settings) -> Health:
    if settings.slack.signing_secret is None:
        hint = "Copy SLACK_SIGNING_SECRET from the app's Basic Information page."
        return Health(ok=False, detail="not set, so nothing can be believed", hint=hint)
    return Health(ok=True, detail="set")


async def _socket(settings: Settings) -> Health:
    token = settings.slack.app_token
    hint = (
        'Under "Basic Information" make an app-level token with connections:write, '
        "and set SLACK_APP_TOKEN; or use SLACK_INTAKE=webhook."
    )
    if token is None:
        return Health(ok=False, detail="SLACK_APP_TOKEN is not set", hint=hint)
    async with _client(settings, None) as client:
        try:
            with explained():
                await client.apps_connections_open(app_token=token.get_secret_value())
        except SendError as failure:
            return Health(ok=False, detail=_plain(str(failure)), hint=hint)
    return Health(ok=True, detail="SLACK_APP_TOKEN opens a connection")


def _plain(reason: str) -> str:
    """A door's reason without the kind of end that stands before it."""
    kind, _, words = reason.partition(": ")
    return words if kind in set(End) else reason


async def _manifest(settings: Settings) -> Health:
    token, app_id = settings.slack.config_token, settings.slack.app_id
    if token is None or not app_id:
        hint = 'Set SLACK_APP_ID, too: "App ID" on the Basic Information page.'
        return Health(ok=False, detail="SLACK_APP_ID is not set", hint=hint)
    async with _client(settings, token.get_secret_value()) as client:
        try:
            answer = await client.apps_manifest_export(app_id=app_id)
        except SlackApiError as failure:
            hint = "Configuration tokens live for 12 hours: make another, or unset it."
            code = failure.response.get("error", "")
            return Health(ok=False, detail=f"Slack says {code}", hint=hint)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return _silent(failure)
    lacking = [*differences(answer.get("manifest") or {}, settings)]
    if lacking:
        return Health(ok=False, detail="; ".join(lacking), hint=MANIFEST)
    return Health(ok=True, detail="the app is as `draper slack manifest` has it")


def differences(theirs: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What the app at Slack lacks of what we need."""
    switches = theirs.get("settings") or {}
    events = switches.get("event_subscriptions") or {}
    asked = ((theirs.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()
    if lacking := set(needs.EVENTS) - set(events.get("bot_events") or ()):
        yield f"it is not subscribed to {', '.join(sorted(lacking))}"
    if lacking := set(needs.scopes()) - set(asked):
        yield f"it does not ask for {', '.join(sorted(lacking))}"
    if not (switches.get("interactivity") or {}).get("is_enabled"):
        yield "interactivity is off, so no button works"
    by_socket = settings.slack.intake is not Intake.WEBHOOK
    if bool(switches.get("socket_mode_enabled")) is not by_socket:
        yield f"Socket Mode is {'off' if by_socket else 'on'}, and SLACK_INTAKE differs"
    ours, posted = slack_events_check.url(settings), events.get("request_url")
    if not by_socket and posted != ours:
        yield f"events are posted to {posted or 'nowhere'}, not {ours}"
    features = theirs.get("features") or {}
    missing = {"agent_view", "app_home", "slash_commands"} - set(features)
    if missing:
        yield f"it has no {', '.join(sorted(missing))}"


async def _clock(settings: Settings) -> Health:
    return await clock(settings.slack.base_url, SystemClock().now(), CLOCK)
