"""What we ask of Slack, and for what: the one place. The manifest is made of it.

A row belongs to the code that calls or hears it; a test compares both ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

METHODS: Mapping[str, str] = {
    "agents.sessions.setStatus": "chat:write",
    "apps.connections.open": "",  # by the app-level token: connections:write
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
    "auth.test": "",
    "chat.appendStream": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "oauth.v2.access": "",  # by client id and secret
    "views.open": "",
    "views.publish": "",
}
"""Each Web API method that is called, and the scope its token must bear."""

EVENTS: Mapping[str, str] = {
    "agent_session_stopped": "",
    "app_context_changed": "",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_id_changed": "channels:read",
    "channel_left": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "group_unarchive": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "tokens_revoked": "",
}
"""Each event that is heard, and the scope it takes to be sent it."""

OLDER = frozenset({"assistant_thread_started", "assistant_thread_context_changed"})
"""Heard where an app was set up with ``assistant_view``; the manifest asks for the
agent view, which has no such events."""

FEATURES: Mapping[str, str] = {
    "slash_commands": "commands",
    "shortcuts": "commands",
    "agent_view": "assistant:write",
}
"""Each part of the app's surface that is switched on, and the scope it brings."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of Slack's own menus."""

    kind: Literal["message", "global"]
    callback_id: str
    name: str
    """At most 24 characters."""
    description: str


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(
        "message",
        "use_as_brief",
        "Use this as a brief",
        "Have something written from this message",
    ),
    Shortcut("global", "new_piece", "New piece", "Have something written"),
    Shortcut("global", "new_client", "New client", "Tell about a brand, all at once"),
)

PROMPTS: tuple[tuple[str, str], ...] = (
    ("Write homepage copy", "Write homepage copy for us"),
    ("Plan a launch mail", "Write an email that announces our launch"),
    ("Find out about rivals", "Who are our competitors, and what do they promise?"),
    ("What can you do?", "What can you do for me?"),
)
"""What an empty conversation suggests: a title, and what is said when it is pressed.
Slack shows four."""


def scopes() -> tuple[str, ...]:
    """Every scope of the bot token, each once, sorted."""
    asked = {*METHODS.values(), *EVENTS.values(), *FEATURES.values()}
    return tuple(sorted(asked - {""}))
