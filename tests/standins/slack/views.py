"""Slack's rules for modals, and what a person can enter in one."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standins.slack import blocks as kit
from tests.standins.slack.state import Json

MOST_BLOCKS = 100
TYPES = {
    "plain_text_input",
    "number_input",
    "static_select",
    "datepicker",
}


def faults_of(view: object) -> list[str]:
    """Every rule that a modal breaks; none means that Slack would open it."""
    if not isinstance(view, dict):
        return ["view must be an object"]
    return list(_faults(view))


def _faults(view: Json) -> Iterator[str]:
    if view.get("type") != "modal":
        yield "type must be modal"
    for name in ("title", "submit", "close"):
        if name == "title" or name in view:
            yield from _plain(view.get(name), 24, name)
    if len(view.get("private_metadata", "")) > 3000:
        yield "private_metadata over 3000 characters"
    if len(view.get("callback_id", "")) > 255:
        yield "callback_id over 255 characters"
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MOST_BLOCKS:
        yield "blocks must be a list of 1 to 100"
    else:
        yield from _block_faults(view, blocks)


def _block_faults(view: Json, blocks: list[Json]) -> Iterator[str]:
    inputs = [block for block in blocks if block.get("type") == "input"]
    ids = [block.get("block_id", "") for block in inputs]
    if len(ids) != len(set(ids)) or any(not 0 < len(one) <= 255 for one in ids):
        yield "block_id must be unique, 1 to 255 characters"
    if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
        yield "submit is required with an input block"
    for block in blocks:
        if block.get("type") == "section":
            yield from kit.faults_of([block])
        else:
            yield from _input(block)


def _input(block: Json) -> Iterator[str]:
    if block.get("type") != "input":
        yield f"unsupported block: {block.get('type')}"
        return
    known = {"type", "block_id", "label", "element", "hint", "optional"}
    if extra := block.keys() - known:
        yield f"unknown in an input block: {extra}"
    yield from _plain(block.get("label"), 2000, "label")
    if "hint" in block:
        yield from _plain(block["hint"], 2000, "hint")
    element = block.get("element") or {}
    if element.get("type") not in TYPES:
        yield f"unsupported element: {element.get('type')}"
    if not 1 <= len(element.get("action_id", "")) <= 255:
        yield "action_id must have 1 to 255 characters"
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, "placeholder")
    yield from _options(element)
    yield from _text_input(element)


def _options(element: Json) -> Iterator[str]:
    if element.get("type") != "static_select":
        return
    options = element.get("options", [])
    if not 1 <= len(options) <= 100:
        yield "static_select needs 1 to 100 options"
    for option in options:
        yield from _plain(option.get("text"), 75, "option")
        if not 1 <= len(option.get("value", "")) <= 150:
            yield "an option's value must have 1 to 150 characters"
    initial = element.get("initial_option")
    if initial is not None and initial not in options:
        yield "initial_option is not one of the options"


def _text_input(element: Json) -> Iterator[str]:
    if element.get("type") != "plain_text_input":
        return
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not (0 <= least <= 3000 and 1 <= most <= 3000 and least <= most):
        yield "min_length and max_length must be within 3000"
    if len(element.get("initial_value", "")) > most:
        yield "initial_value is too long"


def _plain(text: object, most: int, what: str) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") != "plain_text":
        yield f"{what} must be plain_text"
    elif not 1 <= len(text.get("text", "")) <= most:
        yield f"{what} must have 1 to {most} characters"


def entered(view: Json, answers: Mapping[str, str]) -> Json:
    """The state of a modal in which somebody entered these, by label.

    Raises:
        LookupError: There is no such field, or no such choice in it.
        ValueError: Slack's own page would not let them send it.
    """
    fields = [block for block in view["blocks"] if block["type"] == "input"]
    labels = {block["label"]["text"]: block for block in fields}
    if unknown := answers.keys() - labels.keys():
        raise LookupError(f"no field {unknown}, only {list(labels)}")
    return {
        block["block_id"]: {
            block["element"]["action_id"]: _state(block, answers.get(label))
        }
        for label, block in labels.items()
    }


def _state(block: Json, said: str | None) -> Json:
    element = block["element"]
    kind = element["type"]
    if kind == "static_select":
        return {"type": kind, "selected_option": _option(block, said)}
    if kind == "datepicker":
        return {"type": kind, "selected_date": said or element.get("initial_date")}
    value = said if said is not None else element.get("initial_value")
    _within(block, value or "")
    return {"type": kind, "value": value or None}


def _option(block: Json, said: str | None) -> Any:
    element = block["element"]
    if said is None:
        if "initial_option" not in element and not block.get("optional"):
            raise ValueError(f"{block['label']['text']} is required")
        return element.get("initial_option")
    for option in element["options"]:
        if option["text"]["text"] == said:
            return option
    raise LookupError(f"no choice {said!r} in {json.dumps(element['options'])}")


def _within(block: Json, value: str) -> None:
    element, label = block["element"], block["label"]["text"]
    if not value and not block.get("optional"):
        raise ValueError(f"{label} is required")
    if value and len(value) < element.get("min_length", 0):
        raise ValueError(f"{label} is too short")
    if len(value) > element.get("max_length", 3000):
        raise ValueError(f"{label} is too long")
