"""What the stand-in is told to answer, and an answer as the API's events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.standins.anthropic.accounting import Counts, tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer. Event counts include ``message_start`` as the first."""

    text: str = ""
    thinking: str = ""
    """Shown only to who asked for summaries; billed to everybody."""
    tool: tuple[str, dict[str, Any]] | None = None
    """A tool to use after the text, and its input; it is then what ends the turn."""
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further tools to use in the same turn."""
    tool_bytes: int | None = None
    """Write so much of the tool's input only, as when the tokens run out."""
    stop: str = ""
    """Why it ends; when empty, because it is whole or wants a tool."""
    piece_words: int = 3
    """Words in one text delta."""
    pace_s: float = 0.0
    """Silence before each event."""
    cut_after: int | None = None
    """Break the connection after so many events, in the middle of the next one."""
    end_after: int | None = None
    """Close the stream cleanly after so many events, unfinished."""
    error_after: int | None = None
    """Send an ``error`` event after so many events, then close."""
    error_type: str = "overloaded_error"
    hang_after: int | None = None
    """Fall silent after so many events, the connection open."""
    ping_s: float | None = None
    """While hanging, ping this often."""
    output_tokens: int | None = None
    """What to bill, instead of what was written."""
    formless: bool = False
    """Answer with these very words, though another form is asked for."""
    sent_at: list[float] = field(default_factory=list, compare=False)
    """When each delta went out, by ``time.monotonic``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal instead of an answer."""

    status: int
    type: str
    message: str = "Simulated by the stand-in."
    error_code: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def rate_limited(cls, retry_after: str | None = "7") -> "Fault":
        headers = {} if retry_after is None else {"retry-after": retry_after}
        return cls(429, "rate_limit_error", "Slow down.", headers=headers)

    @classmethod
    def overloaded(cls) -> "Fault":
        return cls(529, "overloaded_error", "Overloaded")

    @classmethod
    def broken(cls) -> "Fault":
        return cls(500, "api_error", "Internal server error")

    @classmethod
    def tier_cap(cls) -> "Fault":
        """The usage tier's monthly cap: a 429 that no retry helps."""
        code = "enforced_spend_limit_reached"
        return cls(429, "rate_limit_error", "Monthly usage reached.", code)

    @classmethod
    def own_limit(cls) -> "Fault":
        """A spend limit the organisation set for itself: a 400."""
        said = (
            "You have reached your specified API usage limits. You will regain access"
        )
        return cls(400, "invalid_request_error", f"{said} on 2026-12-01 at 00:00 UTC.")

    def body(self, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.error_code:
            error["details"] = {"error_code": self.error_code}
        return {"type": "error", "error": error, "request_id": request_id}


def usage_json(counts: Counts, output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": counts.input,
        "cache_creation_input_tokens": counts.write_5m + counts.write_1h,
        "cache_read_input_tokens": counts.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.write_5m,
            "ephemeral_1h_input_tokens": counts.write_1h,
        },
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def billed(reply: Reply) -> int:
    if reply.output_tokens is not None:
        return reply.output_tokens
    used = sum(tokens(_written(reply, given)) for _, given in uses(reply))
    return tokens(reply.text) + tokens(reply.thinking) + used + 1


def stop_reason(reply: Reply) -> str:
    return reply.stop or ("tool_use" if uses(reply) else "end_turn")


def uses(reply: Reply) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every tool that the answer asks for, in order."""
    return ((reply.tool,) if reply.tool else ()) + reply.tools


def _written(reply: Reply, given: dict[str, Any]) -> str:
    return json.dumps(given)[: reply.tool_bytes] if given else ""


def message(reply: Reply, counts: Counts, body: dict[str, Any], ident: str) -> Any:
    """Return the whole answer, as a call without ``stream`` gets it."""
    blocks: list[Any] = [{"type": "text", "text": reply.text}] if reply.text else []
    for number, (name, given) in enumerate(uses(reply)):
        use = {"type": "tool_use", "id": _use_id(ident, number), "name": name}
        blocks.append(use | {"input": given})
    return {
        "id": ident,
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks,
        "stop_reason": stop_reason(reply),
        "stop_sequence": None,
        "usage": usage_json(counts, billed(reply)),
    }


def events(
    reply: Reply, counts: Counts, body: dict[str, Any], ident: str
) -> Iterator[dict[str, Any]]:
    """Yield the answer as streaming events, ``message_start`` to ``message_stop``."""
    start = message(Reply(), counts, body, ident)
    start |= {"stop_reason": None, "usage": usage_json(counts, 1)}
    yield {"type": "message_start", "message": start}
    index = 0
    if reply.thinking:
        yield from _thinking(reply, body, index)
        index += 1
    if reply.text:
        yield from _text(reply, index)
        index += 1
    for number in range(len(uses(reply))):
        yield from _tool(reply, index + number, ident, number)
    final = usage_json(counts, billed(reply))
    del final["cache_creation"], final["service_tier"]
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason(reply), "stop_sequence": None},
        "usage": final,
    }
    yield {"type": "message_stop"}


def _thinking(reply: Reply, body: dict[str, Any], index: int) -> Iterator[Any]:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield _begin(index, block)
    if body.get("thinking", {}).get("display") == "summarized":
        for piece in _pieces(reply.thinking, reply.piece_words):
            yield _delta(index, {"type": "thinking_delta", "thinking": piece})
    yield _delta(index, {"type": "signature_delta", "signature": "c2lnbmVk"})
    yield {"type": "content_block_stop", "index": index}


def _text(reply: Reply, index: int) -> Iterator[Any]:
    yield _begin(index, {"type": "text", "text": ""})
    for piece in _pieces(reply.text, reply.piece_words):
        yield _delta(index, {"type": "text_delta", "text": piece})
    yield {"type": "content_block_stop", "index": index}


def _use_id(ident: str, number: int) -> str:
    return f"toolu_{ident}" + (f"_{number}" if number else "")


def _tool(reply: Reply, index: int, ident: str, number: int) -> Iterator[Any]:
    name, given = uses(reply)[number]
    block = {"type": "tool_use", "id": _use_id(ident, number), "name": name}
    yield _begin(index, block | {"input": {}})
    written = _written(reply, given)
    for at in range(0, max(len(written), 1), 12):
        part = written[at : at + 12]
        yield _delta(index, {"type": "input_json_delta", "partial_json": part})
    yield {"type": "content_block_stop", "index": index}


def _begin(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _delta(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _pieces(text: str, words: int) -> Iterator[str]:
    parts = text.split(" ")
    for at in range(0, len(parts), words):
        piece = " ".join(parts[at : at + words])
        yield piece if at + words >= len(parts) else f"{piece} "


def sse(event: dict[str, Any]) -> bytes:
    data = json.dumps(event, ensure_ascii=False)
    return f"event: {event['type']}\ndata: {data}\n\n".encode()
