"""Markdown and buttons -> Slack's blocks. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from channels.contract import Button, Outgoing
from channels.slack.markup import harmless, mrkdwn
from channels.text import split

LIMIT = 3_900
"""Characters a page may take.

A markdown block holds 12,000, but ``chat.update`` refuses a ``text`` over 4,000, and
every reply of ours is finished by an edit. Below that the text field (what screen
readers and notifications use, and what is shown if the blocks are refused) holds the
whole page, and a page is about as much as one reads in a chat.
"""
SECTION = 3_000
IN_A_ROW = 25
LABEL = 75

Block = dict[str, Any]


def width(markdown: str) -> int:
    """Return how many characters Slack will count in the wider of both renderings."""
    return max(len(harmless(markdown)), len(mrkdwn(markdown)))


def pages(markdown: str) -> list[str]:
    """Split into texts that each fit one message and its later edits."""
    return split(markdown, LIMIT, width)


def rich(message: Outgoing) -> list[Block]:
    """Return the message as Slack shows it best."""
    block = {"type": "markdown", "text": harmless(message.markdown)}
    return [block, *actions(message.buttons)]


def plain(message: Outgoing) -> list[Block]:
    """Return the same words and buttons in the blocks every surface accepts."""
    parts = split(message.markdown, SECTION, lambda part: len(mrkdwn(part)))
    sections = [_section(mrkdwn(part)) for part in parts]
    return [*sections, *actions(message.buttons)]


def actions(buttons: Sequence[Button]) -> Iterator[Block]:
    """Yield a block for each row of buttons, or more where a row is too long."""
    numbered = sorted(enumerate(buttons), key=lambda item: item[1].row)
    for _, row in groupby(numbered, key=lambda item: item[1].row):
        elements = [_button(f"press:{at}", button) for at, button in row]
        for start in range(0, len(elements), IN_A_ROW):
            found = elements[start : start + IN_A_ROW]
            yield {"type": "actions", "elements": found}


def _button(action_id: str, button: Button) -> Block:
    fits = len(button.label) <= LABEL
    label = button.label if fits else button.label[: LABEL - 1] + "…"
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label},
        "value": button.payload,
    }


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
