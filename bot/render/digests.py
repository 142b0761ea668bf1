"""What was held in somebody's quiet hours, as one message."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.mailroom.schemas import Choice, Message
from bot.render.words import glance

MOST = 10
"""Of so many, at this length, one message holds them on every messenger."""
LENGTH = 300
BUTTONS = 8


def digest(payloads: Sequence[Mapping[str, Any]]) -> Message:
    """The payloads of messages that were held, oldest first; one is told as it was."""
    if len(payloads) == 1:
        [only] = payloads
        return Message(only["text"], tuple(_buttons(only, "", 0)), purpose="digest")
    lines = (
        f"{number}. {glance(payload['text'], LENGTH)}"
        for number, payload in enumerate(payloads, start=1)
    )
    choices = [
        choice
        for number, payload in enumerate(payloads, start=1)
        for choice in _buttons(payload, f"{number}. ", number)
    ]
    head = f"While you were away, {len(payloads)} things:"
    return Message(
        "\n\n".join((head, "\n".join(lines))), choices[:BUTTONS], purpose="digest"
    )


def _buttons(payload: Mapping[str, Any], number: str, row: int) -> Iterator[Choice]:
    for button in payload.get("buttons", ()):
        if button.get("shown", True):
            at = row or button.get("row", 0)
            label = f"{number}{button['label']}"
            yield Choice(label, button["operation"], button["params"], row=at)
