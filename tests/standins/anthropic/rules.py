"""The requests that current models refuse, each with the status the API answers.

Sources: https://platform.claude.com/docs/en/models/sonnet-5-5/migration-guide,
.../models/opus-5-5/whats-new-opus-5-5, .../models/haiku-5-5/whats-new-haiku-5-5,
https://platform.claude.com/docs/en/api/versioning (2026-10-21).
"""

import base64
import re
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import Any

from tests.standins import forms
from tests.standins.anthropic import pairing
from tests.standins.anthropic.accounting import as_blocks, count
from tests.standins.anthropic.replies import Fault

MODELS = (
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-sonnet-5",
    "claude-opus-5",
)
MAX_OUTPUT_TOKENS = 128_000
CONTEXT_TOKENS = 1_000_000
MAX_BREAKPOINTS = 4
EFFORTS = ("low", "medium", "high", "xhigh", "max")

_SAMPLING = ("temperature", "top_p", "top_k")
_KNOWN = {
    "model",
    "max_tokens",
    "messages",
    "system",
    "thinking",
    "output_config",
    "stream",
    "stop_sequences",
    "metadata",
    "tools",
    "tool_choice",
    "cache_control",
    "service_tier",
    "diagnostics",
}
_THINKING = {
    "claude-haiku-5-5": ("adaptive", "disabled"),
    "claude-sonnet-5-5": ("adaptive", "between_tools"),
    "claude-opus-5-5": ("adaptive",),
    "claude-sonnet-5": ("adaptive", "disabled"),
    "claude-opus-5": ("adaptive", "disabled"),
}

Body = dict[str, Any]
Rule = Callable[[Body], str | None]
"""Returns what is wrong, or None."""
MAX_IMAGE_BYTES = 5 * 1024 * 1024
_PICTURES = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
"""What they are called, and begin with."""


def refusal(body: Any) -> Fault | None:
    """Return why the API refuses ``body``, or None."""
    if not isinstance(body, dict):
        return _bad("The request body is not a JSON object.")
    model = body.get("model")
    if not isinstance(model, str):
        return _bad("model: Field required")
    if model not in MODELS:
        return Fault(404, "not_found_error", f"model: {model}")
    for rule in _RULES:
        if wrong := rule(body):
            return _bad(wrong)
    return None


def _bad(message: str) -> Fault:
    return Fault(400, "invalid_request_error", message)


def _fields(body: Body) -> str | None:
    for name in body:
        if name in _SAMPLING:
            return f"{name}: this parameter was removed in API version 2026-10-21"
        if name not in _KNOWN:
            return f"{name}: Extra inputs are not permitted"
    return None


def _max_tokens(body: Body) -> str | None:
    given = body.get("max_tokens")
    if not isinstance(given, int) or isinstance(given, bool):
        return "max_tokens: Field required"
    if given < 0:
        return "max_tokens: Input should be greater than or equal to 0"
    if given > MAX_OUTPUT_TOKENS:
        return f"max_tokens: {given} > {MAX_OUTPUT_TOKENS}, the maximum for this model"
    return None


def _turns(body: Body) -> str | None:
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns:
        return "messages: at least one message is required"
    for at, turn in enumerate(turns):
        if wrong := _turn(turn):
            return f"messages.{at}{wrong}"
    if turns[0]["role"] != "user":
        return "messages: first message must use the user role"
    if turns[-1]["role"] != "user":
        return "This model does not support assistant message prefill."
    return None


def _turn(turn: Any) -> str | None:
    if not isinstance(turn, dict) or set(turn) != {"role", "content"}:
        return ": role and content are required, and nothing else"
    if turn["role"] not in {"user", "assistant"}:
        return ".role: Input should be 'user' or 'assistant'"
    if not turn["content"] or not isinstance(turn["content"], str | list):
        return ": content must not be empty"
    return None


def _texts(body: Body) -> str | None:
    for block in _all_blocks(body):
        if block.get("type") in {"tool_use", "tool_result", "image"}:
            continue
        if block.get("type") != "text":
            return f"content: blocks of type {block.get('type')} are not simulated"
        if extra := set(block) - {"type", "text", "cache_control"}:
            return f"content: {extra.pop()}: Extra inputs are not permitted"
        text = block.get("text")
        if not isinstance(text, str) or not text:
            return "text content blocks must be non-empty"
        if not text.strip():
            return "text content blocks must contain non-whitespace text"
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            return "The request body is not valid JSON: no low surrogate in string"
    return None


def _images(body: Body) -> str | None:
    shown = [block for block in _all_blocks(body) if block.get("type") == "image"]
    return next(filter(None, (_image(one.get("source") or {}) for one in shown)), None)


def _image(source: Body) -> str | None:
    """Source: platform.claude.com/docs/en/build-with-claude/vision."""
    if set(source) != {"type", "media_type", "data"} or source["type"] != "base64":
        return "image.source: base64 with media_type and data is what is simulated"
    start = _PICTURES.get(source["media_type"])
    if start is None:
        return "image.source.base64.media_type: Input should be 'image/jpeg', ..."
    try:
        body = base64.b64decode(source["data"], validate=True)
    except ValueError:
        return "image.source.base64: invalid base64 data"
    if len(body) > MAX_IMAGE_BYTES:
        return "image exceeds 5 MB maximum"
    return None if body.startswith(start) else "Could not process image"


def _marks(body: Body) -> str | None:
    marks = [b["cache_control"] for b in _all_blocks(body) if "cache_control" in b]
    marks += [body["cache_control"]] if body.get("cache_control") else []
    if len(marks) > MAX_BREAKPOINTS:
        return (
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be "
            f"provided. Found {len(marks)}."
        )
    for mark in marks:
        if mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in {"5m", "1h"}:
            return "cache_control: type must be 'ephemeral', ttl '5m' or '1h'"
    lives = [mark.get("ttl", "5m") for mark in marks]
    if ("5m", "1h") in pairwise(lives):
        return "cache_control: a ttl='1h' block must not come after a ttl='5m' block"
    return None


def _thought(body: Body) -> str | None:
    thinking = body.get("thinking")
    if thinking is None:
        return None
    kind = thinking.get("type")
    if kind not in _THINKING[body["model"]]:
        return (
            f'"thinking.type.{kind}" is not supported for this model. Use '
            '"thinking.type.adaptive" and "output_config.effort".'
        )
    allowed = {"type", "display"} if kind == "adaptive" else {"type"}
    if extra := set(thinking) - allowed:
        return f"thinking.{kind}.{extra.pop()}: Extra inputs are not permitted"
    if thinking.get("display", "omitted") not in {"summarized", "omitted"}:
        return "thinking.adaptive.display: Input should be 'summarized' or 'omitted'"
    if kind != "adaptive" and _effort(body) in {"xhigh", "max"}:
        return f"thinking.type.{kind} needs an effort of high or lower"
    return None


def _effort(body: Body) -> Any:
    return (body.get("output_config") or {}).get("effort") or "high"


def _output(body: Body) -> str | None:
    if _effort(body) not in EFFORTS:
        return f"output_config.effort: Input should be one of {', '.join(EFFORTS)}"
    form = (body.get("output_config") or {}).get("format")
    if form is None:
        return None
    if set(form) != {"type", "schema"} or form["type"] != "json_schema":
        return "output_config.format: json_schema with a schema is what there is"
    said = forms.wrong(form["schema"])
    return f"output_config.format.{said}" if said else None


def _tools(body: Body) -> str | None:
    choice = (body.get("tool_choice") or {}).get("type")
    if choice in {"any", "tool"}:
        return f"tool_choice.{choice} is not supported for this model"
    if choice is not None and not body.get("tools"):
        return "tool_choice: may only be specified while providing tools"
    for at, tool in enumerate(body.get("tools", ())):
        if wrong := _tool(tool):
            return f"tools.{at}.{wrong}"
    return None


def _tool(tool: Any) -> str | None:
    if extra := set(tool) - {"name", "description", "input_schema", "cache_control"}:
        return f"custom.{extra.pop()}: Extra inputs are not permitted"
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", str(tool.get("name", ""))):
        return "custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
    schema = tool.get("input_schema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "custom.input_schema.type: Field required"
    return None


def _fits(body: Body) -> str | None:
    used = count(body)
    if used > CONTEXT_TOKENS:
        return f"prompt is too long: {used} tokens > {CONTEXT_TOKENS} maximum"
    return None


def _all_blocks(body: Body) -> Iterator[dict[str, Any]]:
    turns = (as_blocks(turn["content"]) for turn in body["messages"])
    return chain(as_blocks(body.get("system", [])), *turns)


_RULES: tuple[Rule, ...] = (
    _fields,
    _max_tokens,
    _turns,
    _texts,
    _images,
    _marks,
    _thought,
    _output,
    _tools,
    pairing.wrong,
    _fits,
)
