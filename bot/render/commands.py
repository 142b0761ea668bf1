"""Help in one message: the topics, and under their buttons the commands of each."""

from collections.abc import Callable
from typing import Any

from agent.identity.help_operations import Help, Topic
from agent.mailroom.schemas import Choice, Message
from bot.surfaces import chat
from bot.surfaces.topics import ABOUT

BEGIN = "Just write what you need, or use a command:"
A_ROW = 4
"""Topics side by side."""


def shown(value: Help) -> Message:
    """The commands of a topic; without one the topics, or the simple mode's few."""
    if value.topic is not None:
        return _commands(value.topic)
    return _simple() if value.mode == "simple" else _topics()


def _simple() -> Message:
    listed = _listed(chat.lines(simple=True))
    return Message(
        f"{BEGIN}\n\n{listed}\n\nThere is more, and all of it works: advanced mode "
        "lists it.",
        choices=(
            Choice("What can you write?", "catalog.skills"),
            Choice("Advanced mode", "identity.set_mode", {"mode": "advanced"}),
        ),
    )


def _topics() -> Message:
    listed = "\n".join(f"- **{_title(one)}**: {about}" for one, about in ABOUT.items())
    return Message(
        f"{BEGIN}\n\n{listed}\n\nTap a topic, and I list all of its commands.",
        choices=(*_buttons(), Choice("What can you write?", "catalog.skills", row=2)),
    )


def _commands(topic: Topic) -> Message:
    listed = _listed([one for one in chat.lines() if one.topic is topic])
    return Message(f"**{_title(topic)}**\n\n{listed}", choices=_buttons(topic))


def _listed(lines: list[chat.Line]) -> str:
    return "\n".join(f"- `{line.usage}` - {line.summary}" for line in lines)


def _buttons(current: Topic | None = None) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            f"• {_title(one)} •" if one is current else _title(one),
            "identity.help",
            {"topic": one.value},
            row=at // A_ROW,
        )
        for at, one in enumerate(Topic)
    )


def _title(topic: Topic) -> str:
    return topic.value.capitalize()


WORDS: dict[type, Callable[[Any], Message]] = {Help: shown}
