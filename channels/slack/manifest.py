"""What Slack must be told about the app: its scopes, events, command and switches."""

import json
import sys
from typing import Any

SCOPES: tuple[str, ...] = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "mpim:history",
)
"""Of the bot token. The app-level token needs ``connections:write`` besides."""

EVENTS: tuple[str, ...] = (
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)


def manifest(
    *, name: str = "Draper", command: str = "/draper", events_url: str = ""
) -> dict[str, Any]:
    """Return an app manifest to paste at api.slack.com/apps.

    Without ``events_url`` the app uses Socket Mode; with it, everything (events,
    presses and the command) is posted there.

    Source: docs.slack.dev/reference/app-manifest
    """
    slash: dict[str, Any] = {
        "command": command,
        "description": f"Ask {name}; try {command} help",
        "usage_hint": "help",
        "should_escape": False,
    }
    return {
        "display_information": {"name": name},
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [slash | _posted("url", events_url)],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)}
            | _posted("request_url", events_url),
            "interactivity": {"is_enabled": True} | _posted("request_url", events_url),
            "org_deploy_enabled": False,
            "socket_mode_enabled": not events_url,
            "token_rotation_enabled": False,
        },
    }


def _posted(field: str, url: str) -> dict[str, str]:
    return {field: url} if url else {}


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.stdout.write(json.dumps(manifest(events_url=where), indent=2) + "\n")
