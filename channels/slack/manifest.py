"""What Slack must be told about the app: its scopes, events, commands and switches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.slack import needs

SCOPES: tuple[str, ...] = needs.scopes()
"""Of the bot token. The app-level token needs ``connections:write`` besides."""
EVENTS: tuple[str, ...] = tuple(sorted(needs.EVENTS))

NAME, SHORT, ABOUT, COMMAND, COMMANDS = 35, 140, 300, 32, 50
"""What Slack takes: characters of a name, of descriptions and of a command, and how
many commands."""
HINT = 1000
TITLE = "A marketing colleague in your team's chat."

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slash:
    """A command of the app: with its slash, what it does, what may follow it."""

    command: str
    description: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """How one installation of ours presents itself."""

    name: str = "Draper"
    commands: Sequence[Slash] = (Slash("/draper", "Ask Draper", "help"),)
    events_url: str = ""
    """Where everything is posted; empty: Socket Mode."""
    redirect_url: str = ""
    """Where people come back to from Slack's page that asks whether to install."""
    rotates: bool = False
    """Tokens live for twelve hours. Slack never lets an app go back from that."""


def manifest(app: App | None = None) -> Json:
    """Return an app manifest to paste at api.slack.com/apps.

    Source: docs.slack.dev/reference/app-manifest, and its schema at
    github.com/slackapi/manifest-schema
    """
    app = app or App()
    return {
        "_metadata": {"major_version": 1},
        "display_information": {"name": app.name[:NAME], "description": TITLE},
        "features": _features(app),
        "oauth_config": {"scopes": {"bot": list(SCOPES)}} | _redirects(app),
        "settings": _settings(app),
    }


def _features(app: App) -> Json:
    shown = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": app.name, "always_online": True},
        "agent_view": {
            "agent_description": f"{app.name} writes, edits and researches for your "
            "marketing, and keeps what it knows of your clients.",
            "suggested_prompts": [
                {"title": title, "message": said} for title, said in needs.PROMPTS
            ],
        },
        "slash_commands": [_slash(one, app) for one in app.commands[:COMMANDS]],
    }
    entries = [
        {
            "type": one.kind,
            "callback_id": one.callback_id,
            "name": one.name,
            "description": one.description,
        }
        for one in needs.SHORTCUTS
    ]
    return shown | ({"shortcuts": entries} if entries else {})


def _slash(one: Slash, app: App) -> Json:
    made: Json = {
        "command": one.command[:COMMAND],
        "description": one.description,
        "should_escape": False,
    }
    hint = {"usage_hint": one.hint[:HINT]} if one.hint else {}
    return made | hint | _posted("url", app.events_url)


def _redirects(app: App) -> Json:
    return {"redirect_urls": [app.redirect_url]} if app.redirect_url else {}


def _settings(app: App) -> Json:
    posted = _posted("request_url", app.events_url)
    return {
        "event_subscriptions": {"bot_events": list(EVENTS)} | posted,
        "interactivity": {"is_enabled": True} | posted,
        # For a whole organisation only where installations are kept apart.
        "org_deploy_enabled": bool(app.redirect_url),
        "socket_mode_enabled": not app.events_url,
        "token_rotation_enabled": app.rotates,
    }


def _posted(field: str, url: str) -> dict[str, str]:
    return {field: url} if url else {}


def text(made: Json) -> str:
    """Return a manifest as it is pasted."""
    return json.dumps(made, indent=2, ensure_ascii=False)
