"""Workspaces, and which chat works where, in words."""

from collections.abc import Callable
from typing import Any

from agent.identity.account_schemas import (
    Begun,
    Bound,
    ChatOpened,
    Joined,
    LeftWorkspace,
    Renamed,
    Switched,
    WorkspaceLine,
    Workspaces,
)
from agent.mailroom.schemas import Choice, Message
from bot.render.words import name

LISTED, SWITCHED_TO = 50, 6
"""Workspaces in one list, and those of it that have a button."""


def _workspace(line: WorkspaceLine) -> str:
    here = " (this chat)" if line.is_here else ""
    return f"- **{name(line.name)}**, {line.role}{here}"


def _workspaces(value: Workspaces) -> Message:
    listed = "\n".join(map(_workspace, value.lines[:LISTED]))
    choices = [
        Choice(
            f"Use {line.name}",
            "identity.switch",
            {"name": str(line.workspace_id)},
            row=at // 2,
        )
        for at, line in enumerate(
            [one for one in value.lines if not one.is_here][:SWITCHED_TO]
        )
    ]
    text = f"Your workspaces:\n\n{listed}\n\n`/workspace new <name>` begins another."
    return Message(text, choices=choices)


def _switched(value: Switched) -> Message:
    return Message(
        f"This chat now works in **{name(value.name)}**, where you are {value.role}.",
        choices=_back(),
    )


def _begun(value: Begun) -> Message:
    made = f"**{name(value.name)}** is yours."
    if value.moved:
        how = "This chat works in it now. `/invite <address>` brings others in."
    else:
        how = f"`/workspace use {name(value.name)}` works in it, in a chat of yours."
    return Message(f"{made} {how}", choices=_back())


def _joined(value: Joined) -> Message:
    if not value.moved:
        said = f"You are in **{name(value.name)}** already, as {value.role}."
        return Message(said)
    return Message(
        f"Welcome to **{name(value.name)}**: you are {value.role} here, and this chat "
        "now works in it.",
        choices=(Choice("Who is here", "identity.members"), *_back()),
    )


def _left(value: LeftWorkspace) -> Message:
    gone = f"You are out of **{name(value.left)}**."
    if not value.moved:
        return Message(f"{gone} An invitation lets you in again. Goodbye!")
    return Message(
        f"{gone} This chat now works in **{name(value.name)}**.", choices=_back()
    )


def _bound(value: Bound) -> Message:
    where = f"**{name(value.name)}**"
    if value.what == "team":
        return Message(f"New chats of this Slack team begin in {where} from now on.")
    if value.moved:
        return Message(f"This group now works in {where}.")
    return Message(f"This group works in {where}.")


def _renamed(value: Renamed) -> Message:
    return Message(f"**{name(value.before)}** is now **{name(value.name)}**.")


def _chat_opened(value: ChatOpened) -> Message:
    if value.is_open:
        return Message(
            "Every member of this workspace may read this chat's conversation now.",
            choices=(Choice("Close it", "identity.open_chat", {"state": "close"}),),
        )
    return Message(
        "Only the people in this chat read its conversation now.",
        choices=(Choice("Open it", "identity.open_chat", {"state": "open"}),),
    )


def _back() -> tuple[Choice, ...]:
    return (Choice("My workspaces", "identity.workspaces"),)


WORDS: dict[type, Callable[[Any], Message]] = {
    Begun: _begun,
    Bound: _bound,
    ChatOpened: _chat_opened,
    Joined: _joined,
    LeftWorkspace: _left,
    Renamed: _renamed,
    Switched: _switched,
    Workspaces: _workspaces,
}
