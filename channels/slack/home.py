"""Home -> the view of the app's Home tab. Pure.

Source: docs.slack.dev/surfaces/app-home, /reference/views/home-tab-views,
/reference/block-kit/blocks
"""

import json
from collections.abc import Iterator
from typing import Any

from channels.abilities import Home, Row
from channels.slack.markup import mrkdwn
from channels.slack.render import SECTION, Block, actions

BLOCKS, HEADING, SMALL = 100, 150, 2_000
"""Of a view; characters of a header, and of what stands in a context block."""
MORE = "There is more than fits here. Write to me in *Messages*."


def view(home: Home) -> dict[str, Any]:
    """The page; what would go over Slack's limit is left out, and that is said.

    A markdown block is for messages alone, so the plainer blocks are used.
    """
    blocks = [block for row in _numbered(home) for block in row]
    if len(blocks) > BLOCKS:
        blocks = [*blocks[: BLOCKS - 1], _context(MORE)]
    metadata = json.dumps({"chat": home.chat})
    return {"type": "home", "private_metadata": metadata, "blocks": blocks}


def _numbered(home: Home) -> Iterator[list[Block]]:
    """Each row's blocks; a view tells its buttons apart by their blocks' ids."""
    for at, row in enumerate(home.rows):
        made = list(_row(row))
        yield [block | {"block_id": f"{at}:{n}"} for n, block in enumerate(made)]


def _row(row: Row) -> Iterator[Block]:
    # What is nothing but control characters comes out empty, which Slack refuses.
    if (heading := _cut(row.heading, HEADING)).strip():
        yield {"type": "header", "text": {"type": "plain_text", "text": heading}}
    if (text := mrkdwn(row.text)).strip():
        yield {"type": "section", "text": _text(text, SECTION)}
    if (small := mrkdwn(row.small)).strip():
        yield _context(small)
    yield from actions(row.buttons)


def _context(text: str) -> Block:
    said = {"type": "mrkdwn", "text": _cut(text, SMALL)}
    return {"type": "context", "elements": [said]}


def _text(text: str, most: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": _cut(text, most)}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
