"""Slack's rules for blocks, and what a person reads in them."""

import re
from collections.abc import Iterator
from typing import Any

from tests.standins.slack import tables
from tests.standins.slack.state import Json

MOST_BLOCKS = 50
MOST_IN_VIEW = 100
TASK_PARTS = ("title", "details", "output")
PING = re.compile(r"<(!(?:here|channel|everyone|group|subteam\^\w+)|@[UW]\w+)[^<>]*>")
BARE_PING = re.compile(r"(?<!\w)@(?:here|channel|everyone)\b")


def faults_of(
    blocks: object, *, webhook: bool = False, most: int = MOST_BLOCKS
) -> list[str]:
    """Every rule the blocks break, in Slack's manner; none means they are fine.

    Knows the kinds that a chat bot sends; any other is refused, for a test to notice.
    """
    if not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks):
        return ["[ERROR] must be an array of objects"]
    found = [] if len(blocks) <= most else [f"[ERROR] no more than {most} items"]
    if webhook and any(block.get("type") == "markdown" for block in blocks):
        found.append("[ERROR] unsupported type: markdown")
    markdown = [block for block in blocks if block.get("type") == "markdown"]
    if sum(len(str(block.get("text", ""))) for block in markdown) > 12_000:
        found.append("[ERROR] markdown text over 12000 characters")
    found += tables.faults_of_tables([b for b in blocks if b.get("type") == "table"])
    for block in blocks:
        found += _faults_of_one(block)
        if len(str(block.get("block_id", ""))) > 255:
            found.append("[ERROR] `block_id` over 255 characters")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("[ERROR] `block_id` is not unique")
    return found


def _faults_of_one(block: Json) -> Iterator[str]:
    match block:
        case {"type": "markdown", "text": str(text)}:
            yield from _between(text, 1, 12_000, "markdown")
        case {"type": "section", "text": dict(text)}:
            yield from _text_faults(text, 3000, {"mrkdwn", "plain_text"})
        case {"type": "header", "text": dict(text)}:
            yield from _text_faults(text, 150, {"plain_text"})
        case {"type": "actions", "elements": list(elements)}:
            yield from _action_faults(elements)
        case {"type": "context", "elements": list(elements)}:
            yield from _small_faults(elements)
        case {"type": "context_actions", "elements": list(elements)}:
            yield from _thumb_faults(elements)
        case {"type": "divider"} | {"type": "table"}:
            pass
        case _:
            yield f"[ERROR] unsupported or malformed: {block.get('type')}"


def _small_faults(elements: list[Json]) -> Iterator[str]:
    if not 1 <= len(elements) <= 10:
        yield "[ERROR] context needs 1 to 10 elements"
    for element in elements:
        yield from _text_faults(element, 3000, {"mrkdwn", "plain_text"})


def _thumb_faults(elements: list[Json]) -> Iterator[str]:
    if not 1 <= len(elements) <= 5:
        yield "[ERROR] context_actions needs 1 to 5 elements"
    for element in elements:
        if element.get("type") != "feedback_buttons":
            yield f"[ERROR] unsupported element: {element.get('type')}"
            continue
        if not 1 <= len(element.get("action_id", "")) <= 255:
            yield "[ERROR] `action_id` must have 1 to 255 characters"
        for name in ("positive_button", "negative_button"):
            thumb = element.get(name) or {}
            yield from _text_faults(thumb.get("text", {}), 75, {"plain_text"})
            if not 1 <= len(thumb.get("value", "")) <= 2000:
                yield f"[ERROR] {name} needs a value of 1 to 2000 characters"
            if len(thumb.get("accessibility_label", "")) > 75:
                yield "[ERROR] `accessibility_label` over 75 characters"


def _action_faults(elements: list[Json]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield "[ERROR] actions needs 1 to 25 elements"
    ids = [element.get("action_id", "") for element in elements]
    if len(ids) != len(set(ids)):
        yield "[ERROR] `action_id` is not unique"
    for element in elements:
        if element.get("type") != "button":
            yield f"[ERROR] unsupported element: {element.get('type')}"
            continue
        yield from _text_faults(element.get("text", {}), 75, {"plain_text"})
        if len(element.get("value", "")) > 2000:
            yield "[ERROR] `value` over 2000 characters"
        if len(element.get("action_id", "")) > 255:
            yield "[ERROR] `action_id` over 255 characters"


def _text_faults(text: Json, most: int, kinds: set[str]) -> Iterator[str]:
    if text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield "[ERROR] not a text object that fits here"
    else:
        yield from _between(text["text"], 1, most, "text")


def _between(text: str, least: int, most: int, what: str) -> Iterator[str]:
    if not least <= len(text.strip()) or len(text) > most:
        yield f"[ERROR] {what} must be {least} to {most} characters"


def raw_text(text: str, blocks: list[Json]) -> str:
    """What is laid out: the blocks' texts, or the text field where there are none."""
    if not blocks:
        return text
    shown = (_words(block) for block in blocks if block.get("type") != "actions")
    parts = [part["text"] if isinstance(part, dict) else part for part in shown if part]
    return "\n\n".join(parts)


def _words(block: Json) -> Any:
    if block.get("type") == "task_card":
        return "\n".join(block[part] for part in TASK_PARTS if block.get(part))
    return tables.words(block) if block.get("type") == "table" else block.get("text")


def displayed(text: str) -> str:
    """What a reader sees: entities decoded, invisible joiners gone."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return plain.replace("\u2060", "")


def pings(text: str, blocks: list[Json], *, links_names: bool) -> list[str]:
    """Whom this would have pinged."""
    laid_out = raw_text(text, blocks)
    found = list(PING.findall(laid_out))
    # A markdown block is not told of link_names; so as not to rely on that, a bare
    # @here counts wherever it stands in one.
    careless = links_names or any(b.get("type") == "markdown" for b in blocks)
    return found + (BARE_PING.findall(laid_out) if careless else [])


def buttons(blocks: list[Json]) -> list[Json]:
    """All that can be pressed, thumbs as two."""
    return [
        button
        for block in blocks
        if block.get("type") in {"actions", "context_actions"}
        for element in block["elements"]
        for button in _pressable(element)
    ]


def _pressable(element: Json) -> list[Json]:
    if element["type"] != "feedback_buttons":
        return [element]
    kind = {"type": element["type"], "action_id": element["action_id"]}
    return [element[name] | kind for name in ("positive_button", "negative_button")]
