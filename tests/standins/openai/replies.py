"""What the stand-in is told to answer, and an answer as the stream's chunks.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer."""

    text: str = ""
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Functions to call after the text, with their arguments."""
    finish: str = ""
    """Why it ends; when empty, because it is whole or wants a tool."""
    cached_tokens: int = 0
    piece_chars: int = 6
    cut_after: int | None = None
    """Break the connection after so many chunks."""
    end_after: int | None = None
    """Close the stream cleanly after so many chunks, unfinished."""
    error_after: int | None = None
    """Send an error as an event after so many chunks."""
    hang_after: int | None = None
    """Fall silent after so many chunks, the connection open."""
    null_choices: bool = False
    """End with ``choices: null`` instead of an empty list, as some servers do."""
    has_usage: bool = True
    formless: bool = False
    """Answer with these very words, though another form is asked for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal instead of an answer."""

    status: int
    type: str
    code: str | None = None
    message: str = "Simulated by the stand-in."
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The error's JSON."""
        told = {"message": self.message, "type": self.type, "param": None}
        return {"error": {**told, "code": self.code}}


def tokens(text: str) -> int:
    """About as many as a tokenizer makes: four characters each."""
    return -(-len(text) // 4)


def chunks(reply: Reply, body: dict[str, Any], ident: str) -> Iterator[dict[str, Any]]:
    """The answer's chunks in order, usage last."""
    common = {
        "id": ident,
        "object": "chat.completion.chunk",
        "created": 1_763_700_000,
        "model": body["model"],
    }

    def one(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**common, "choices": [choice], "usage": None}

    yield one({"role": "assistant", "content": "", "refusal": None})
    for at in range(0, len(reply.text), reply.piece_chars):
        yield one({"content": reply.text[at : at + reply.piece_chars]})
    for index, (name, arguments) in enumerate(reply.tools):
        yield from map(one, _calling(index, f"call_{ident}_{index}", name, arguments))
    yield one({}, reply.finish or ("tool_calls" if reply.tools else "stop"))
    if reply.has_usage:
        choices: list[Any] | None = None if reply.null_choices else []
        yield {**common, "choices": choices, "usage": usage(reply, body)}


def usage(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """What the API says an answer took: cached tokens are part of the prompt's."""
    asked = tokens(json.dumps([body["messages"], body.get("tools", [])]))
    asked = max(asked, reply.cached_tokens)
    said = tokens(reply.text) + tokens(json.dumps(reply.tools))
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {
            "cached_tokens": reply.cached_tokens,
            "audio_tokens": 0,
        },
    }


def _calling(
    index: int, ident: str, name: str, arguments: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    begun = {"name": name, "arguments": ""}
    first = {"index": index, "id": ident, "type": "function", "function": begun}
    yield {"tool_calls": [first]}
    written = json.dumps(arguments)
    for at in range(0, len(written), 9):
        part = {"arguments": written[at : at + 9]}
        yield {"tool_calls": [{"index": index, "function": part}]}
