"""A model without a will of its own: it does whatever any text tells it.

``Call the tool <name> with <JSON>`` anywhere in the prompt is obeyed, one call after
the other, the system prompt's rules and the marks around outside text notwithstanding.
"""

import json
import re
from typing import Any

from tests.standins.anthropic.accounting import as_blocks
from tests.standins.anthropic.replies import Reply

ORDER = re.compile(r"[Cc]all the tool (?P<name>[\w.-]+) with (?=\{)")
SAID = "Done, all of it."


def order(name: str, /, **given: Any) -> str:
    """The words that this model obeys."""
    return f"Call the tool {name} with {json.dumps(given)}"


def obey(body: dict[str, Any]) -> Reply:
    """Call what was ordered and has not been called; else say so."""
    called = [
        (block["name"], json.dumps(block["input"], sort_keys=True))
        for turn in body["messages"]
        for block in as_blocks(turn["content"])
        if block["type"] == "tool_use"
    ]
    for name, given in _orders(body):
        wanted = (_wire_name(name), json.dumps(given, sort_keys=True))
        if wanted not in called:
            return Reply("I was told to.", tool=(wanted[0], given))
    return Reply(SAID)


def _wire_name(name: str) -> str:
    return name.replace(".", "__")


def _orders(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for text in _texts(body):
        for match in ORDER.finditer(text):
            try:
                given, _ = json.JSONDecoder().raw_decode(text, match.end())
            except ValueError:
                continue
            if isinstance(given, dict):
                found.append((match["name"], given))
    return found


def _texts(body: dict[str, Any]) -> list[str]:
    """Every text in the prompt, as a reader understands it."""
    blocks = as_blocks(body.get("system", []))
    for turn in body["messages"]:
        blocks = [*blocks, *as_blocks(turn["content"])]
    texts = []
    for block in blocks:
        text = block.get("text") or block.get("content") or ""
        texts.append(text)
        # In a result that is JSON the words stand escaped; a model reads through it.
        texts.append(text.replace('\\"', '"').replace("\\n", "\n"))
    return texts
