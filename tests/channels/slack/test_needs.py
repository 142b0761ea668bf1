"""The manifest asks for what the code uses: no more, no less, and nothing twice."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack import needs
from channels.slack.manifest import EVENTS, SCOPES

CODE = [
    *Path("channels/slack").glob("*.py"),
    *Path("bot/wiring").glob("*slack*.py"),
    *Path("bot/web").glob("slack*.py"),
    *Path("bot").glob("slack*.py"),
    Path("bot/shortcuts.py"),
]
DECLARED = {"needs.py", "manifest.py"}
ONLY_DOCTOR = {"apps.manifest.export"}
"""Called with an operator's own token, of which the app has none."""

API_CALL = re.compile(r"api_call\(\s*\"([\w.]+)\"")
STREAM = {"chat.startStream", "chat.appendStream", "chat.stopStream"}
"""What the SDK's ``chat_stream`` calls by and by."""

SLACKS_EVENTS = {
    *("agent_session_stopped", "app_context_changed", "app_home_opened"),
    *("app_mention", "app_rate_limited", "app_requested", "app_uninstalled"),
    *("assistant_thread_context_changed", "assistant_thread_started"),
    *("channel_archive", "channel_deleted", "channel_id_changed", "channel_left"),
    *("channel_rename", "channel_shared", "channel_unarchive", "channel_unshared"),
    *("emoji_changed", "file_change", "file_shared"),
    *("group_archive", "group_deleted", "group_left", "group_rename"),
    *("group_unarchive",),
    *("im_close", "im_created", "im_history_changed", "im_open", "link_shared"),
    *("member_joined_channel", "member_left_channel", "message_metadata_posted"),
    *("pin_added", "pin_removed", "reaction_added", "reaction_removed"),
    *("team_access_granted", "team_access_revoked", "team_domain_change"),
    *("team_join", "team_rename", "tokens_revoked", "user_change"),
}
"""Names under which Slack sends events, but ``file_deleted``, which is an error's name,
too; ``message.*`` are known by their channel."""


def parsed() -> Iterator[tuple[Path, ast.AST]]:
    for file in CODE:
        if file.name not in DECLARED:
            yield from ((file, node) for node in ast.walk(ast.parse(file.read_text())))


def called() -> dict[str, str]:
    """Each Web API method that our code calls, and in which file."""
    found: dict[str, str] = {}
    for file, node in parsed():
        if isinstance(node, ast.Attribute):
            found |= dict.fromkeys(methods_of(node.attr), file.name)
        if isinstance(node, ast.Constant) and node.value in needs.METHODS:
            found[str(node.value)] = file.name
    return found


def methods_of(attribute: str) -> set[str]:
    if attribute == "chat_stream":
        return STREAM
    function = AsyncWebClient.__dict__.get(attribute)
    if not inspect.iscoroutinefunction(function) or attribute.startswith("api_"):
        return set()
    return set(API_CALL.findall(inspect.getsource(function)))


def heard() -> dict[str, str]:
    return {
        str(node.value): file.name
        for file, node in parsed()
        if isinstance(node, ast.Constant) and node.value in SLACKS_EVENTS
    }


def test_every_method_called_is_declared_and_every_one_declared_is_called() -> None:
    assert called().keys() - ONLY_DOCTOR == needs.METHODS.keys()


def test_every_event_heard_is_declared_and_every_one_declared_is_heard() -> None:
    declared = {event for event in needs.EVENTS if not event.startswith("message.")}
    assert heard().keys() == declared | needs.OLDER


def test_calls_are_really_found() -> None:
    assert called()["chat.postMessage"] == "door.py"
    assert methods_of("chat_stream") == STREAM
    assert methods_of("files_completeUploadExternal")
    assert not methods_of("read")


def test_every_shortcut_declared_is_served() -> None:
    named = {n.value for _, n in parsed() if isinstance(n, ast.Constant)}
    assert {one.callback_id for one in needs.SHORTCUTS} <= named


def test_each_scope_is_asked_for_once_and_for_something() -> None:
    assert len(set(SCOPES)) == len(SCOPES)
    used = {*needs.METHODS.values(), *needs.EVENTS.values(), *needs.FEATURES.values()}
    assert set(SCOPES) == used - {""}


@pytest.mark.parametrize("event", EVENTS)
def test_message_events_take_the_history_of_their_kind(event: str) -> None:
    kind = event.removeprefix("message.")
    if kind != event:
        assert needs.EVENTS[event] == f"{kind}:history"
