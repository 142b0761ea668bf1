"""Markdown and buttons -> Slack's blocks. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from channels.contract import Button, Outgoing
from channels.healing import heal
from channels.markdown import legible
from channels.progress import with_progress
from channels.slack import tables
from channels.slack.markup import harmless, mrkdwn, quiet
from channels.tables import fenced, parts, without_tables
from channels.text import split

LIMIT = 3_900
"""Characters a page may take.

A markdown block holds 12,000, but ``chat.update`` refuses a ``text`` over 4,000, and
every reply of ours is finished by an edit. Below that the text field (what screen
readers and notifications use, and what is shown if the blocks are refused) holds the
whole page, and a page is about as much as one reads in a chat.
"""
LONGEST = 4_000
SECTION = 3_000
IN_A_ROW = 25
LABEL = 75
THUMBS = {"👍": "Good answer", "👎": "Bad answer"}
"""Two buttons of these labels are Slack's own; what screen readers say of each."""

Block = dict[str, Any]


def width(markdown: str) -> int:
    """Return how many characters Slack will count in the wider of both renderings."""
    if len(markdown) > LIMIT:
        return len(markdown)
    laid_out = without_tables(legible(markdown), fenced)
    return max(len(harmless(laid_out)), len(mrkdwn(laid_out)))


def pages(markdown: str) -> list[str]:
    """Split into texts that each fit one message and its later edits."""
    return split(markdown, LIMIT, width)


def versions(message: Outgoing) -> tuple[list[Block], ...]:
    """Return the message as Slack shows it best, then plainer, then as text alone.

    The last are no blocks at all: of the text field nothing can be refused.
    """
    return rich(message), plain(message), []


def text(message: Outgoing) -> str:
    """Return the text field: all there is to read, for whom no blocks are shown."""
    return mrkdwn(written(message))


def rich(message: Outgoing) -> list[Block]:
    """Return the message as Slack shows it best."""
    return [*_shown(written(message)), *actions(message.buttons)]


def plain(message: Outgoing) -> list[Block]:
    """Return the same words and buttons in the blocks every surface accepts."""
    cut = split(written(message), SECTION, lambda part: len(mrkdwn(part)))
    sections = [_section(mrkdwn(part)) for part in cut]
    return [*sections, *actions(message.buttons)]


def written(message: Outgoing) -> str:
    """Return what the message says; what is still being written is made whole."""
    said = legible(message.markdown)
    if not message.partial:
        return said
    whole = heal(said)
    told = with_progress(whole, message)
    return told if width(told) <= LONGEST else whole


def _shown(markdown: str) -> Iterator[Block]:
    """Yield Markdown blocks and one table; further ones stand in columns as code."""
    said, has_table = "", False
    for part in parts(markdown):
        if isinstance(part, str):
            said += part
        elif not has_table and (table := tables.block(part)):
            yield from _markdown(said)
            yield table
            said, has_table = "", True
        else:
            said += fenced(part)
    yield from _markdown(said)


def _markdown(said: str) -> Iterator[Block]:
    if said.strip():
        yield {"type": "markdown", "text": harmless(said.strip("\n"))}


def actions(buttons: Sequence[Button]) -> Iterator[Block]:
    """Yield a block for each row of buttons, or more where a row is too long."""
    numbered = sorted(enumerate(buttons), key=lambda item: item[1].row)
    for _, row in groupby(numbered, key=lambda item: item[1].row):
        placed = list(row)
        if tuple(button.label for _, button in placed) == tuple(THUMBS):
            yield _thumbs(placed)
            continue
        elements = [_button(f"press:{at}", button) for at, button in placed]
        for start in range(0, len(elements), IN_A_ROW):
            found = elements[start : start + IN_A_ROW]
            yield {"type": "actions", "elements": found}


def _thumbs(placed: Sequence[tuple[int, Button]]) -> Block:
    """Slack's own feedback buttons: a press says the value of the one pressed.

    Source: docs.slack.dev/reference/block-kit/blocks/context-actions-block
    """
    up, down = (_thumb(button) for _, button in placed)
    pair = {"positive_button": up, "negative_button": down}
    element = {"type": "feedback_buttons", "action_id": f"press:{placed[0][0]}"}
    return {"type": "context_actions", "elements": [element | pair]}


def _thumb(button: Button) -> Block:
    return {
        "text": {"type": "plain_text", "text": button.label},
        "accessibility_label": THUMBS[button.label],
        "value": button.payload,
    }


def _button(action_id: str, button: Button) -> Block:
    said = quiet(legible(button.label)).strip() or "…"  # Slack refuses an empty one
    label = said if len(said) <= LABEL else said[: LABEL - 1] + "…"
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label},
        "value": button.payload,
    }


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
