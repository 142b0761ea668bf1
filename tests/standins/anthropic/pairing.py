"""What the API holds tool uses and their results to, each with its own refusal.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.standins.anthropic.accounting import as_blocks

Block = dict[str, Any]

_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_FIELDS = {
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
}


def wrong(body: dict[str, Any]) -> str | None:
    """What is wrong about the tool blocks of a request, or None."""
    turns = body["messages"]
    for at, turn in enumerate(turns):
        if said := _shape(turn):
            return f"messages.{at}.content: {said}"
    if any(_of("tool_use", turn) for turn in turns) and not body.get("tools"):
        return "Requests which include `tool_use` blocks must define tools"
    return _pairs(turns)


def _pairs(turns: list[dict[str, Any]]) -> str | None:
    known: set[str] = set()
    given: list[str] = []
    for at, (turn, after) in enumerate(zip_longest(turns, turns[1:])):
        came = [block["tool_use_id"] for block in _of("tool_result", turn)]
        if strangers := [ident for ident in came if ident not in given]:
            return (
                f"messages.{at}.content: unexpected `tool_use_id` found in "
                f"`tool_result` blocks: {strangers[0]}. Each `tool_result` block must "
                "have a corresponding `tool_use` block in the previous message."
            )
        if len(came) != len(set(came)):
            return f"messages.{at}: each tool_use must have a single result."
        given = [block["id"] for block in _of("tool_use", turn)]
        if len(given) != len(set(given)) or known & set(given):
            return f"messages.{at}: `tool_use` ids must be unique"
        known |= set(given)
        if missing := _unanswered(given, after):
            return (
                f"messages.{at}: `tool_use` ids were found without `tool_result` "
                f"blocks immediately after: {', '.join(missing)}. Each `tool_use` "
                "block must have a corresponding `tool_result` block in the next "
                "message."
            )
    return None


def _unanswered(given: list[str], after: dict[str, Any] | None) -> list[str]:
    """The uses that the beginning of the next message does not answer."""
    answered = set()
    for block in as_blocks(after["content"]) if after else []:
        if block.get("type") != "tool_result":
            break  # a result behind other words is none
        answered.add(block["tool_use_id"])
    return [ident for ident in given if ident not in answered]


def _of(kind: str, turn: dict[str, Any]) -> list[Block]:
    return [b for b in as_blocks(turn["content"]) if b.get("type") == kind]


def _shape(turn: dict[str, Any]) -> str | None:
    for block in as_blocks(turn["content"]):
        kind = block.get("type")
        if kind not in _FIELDS:
            continue
        if (kind == "tool_use") != (turn["role"] == "assistant"):
            return f"`{kind}` blocks can not be in a {turn['role']} message"
        if extra := set(block) - _FIELDS[kind]:
            return f"{kind}.{extra.pop()}: Extra inputs are not permitted"
        if said := next(_details(kind, block), None):
            return said
    return None


def _details(kind: str, block: Block) -> Iterator[str]:
    ident = block.get("id" if kind == "tool_use" else "tool_use_id")
    if not isinstance(ident, str) or not _ID.fullmatch(ident):
        yield f"{kind}.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    if kind == "tool_use" and not isinstance(block.get("input"), dict):
        yield "tool_use.input: Input should be a valid dictionary"
    if kind == "tool_use" and not _ID.fullmatch(str(block.get("name", ""))):
        yield "tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
    if kind == "tool_result" and not isinstance(block.get("content", ""), str | list):
        yield "tool_result.content: Input should be a valid string or list"
