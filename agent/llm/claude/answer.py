"""The answer of one call, put together from the API's streaming events.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from agent.llm.port import (
    Calling,
    Completion,
    Delta,
    Piece,
    Spent,
    Stop,
    Thinking,
    ToolUse,
    Usage,
)
from agent.llm.tally import Tally

PROVIDER = "anthropic"

_STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "max_tokens": Stop.LENGTH,
    "tool_use": Stop.TOOL_USE,
    "pause_turn": Stop.PAUSE,
    "refusal": Stop.REFUSAL,
    "model_context_window_exceeded": Stop.CONTEXT,
}


@dataclass(slots=True)
class _Call:
    """A tool's use while its input is still being written."""

    id: str
    name: str
    written: list[str] = field(default_factory=list)

    def whole(self) -> list[ToolUse]:
        """The use; none when its input was cut in the middle."""
        try:
            # Without parameters nothing is written, not even braces.
            given = json.loads("".join(self.written) or "{}")
        except ValueError:
            return []
        return [ToolUse(self.id, self.name, given)]


class Answer:
    """The answer so far, fed by the API's events."""

    def __init__(self, model: str) -> None:
        """Start the clock; ``model`` is who answers."""
        self.model = model
        self.tally = Tally()
        self.is_whole = False
        self._texts: list[str] = []
        self._calls: list[_Call] = []
        self._usage = Usage()
        self._stop = Stop.OTHER
        self._began = time.perf_counter()
        self._first_token_ms: int | None = None

    def take(self, event: Any) -> list[Piece]:
        """Return what ``event`` adds; events this code does not know add nothing."""
        pieces = self._read(event)
        for piece in pieces:
            self.tally.see(piece)
        return pieces

    def _read(self, event: Any) -> list[Piece]:
        match event.type:
            case "message_start":
                return [self._spent(event.message.usage)]
            case "content_block_start" if event.content_block.type == "thinking":
                return [Thinking()]
            case "content_block_start" if event.content_block.type == "tool_use":
                block = event.content_block
                self._calls.append(_Call(block.id, block.name))
            case "content_block_delta":
                return self._delta(event.delta)
            case "message_delta":
                self._stop = _STOPS.get(event.delta.stop_reason, Stop.OTHER)
                return [self._spent(event.usage)]
            case "message_stop":
                self.is_whole = True
        return []

    def _delta(self, delta: Any) -> list[Piece]:
        if delta.type == "thinking_delta":
            return [Thinking(delta.thinking)]
        if delta.type == "input_json_delta":
            self._calls[-1].written.append(delta.partial_json)
            return [Calling(delta.partial_json)]
        if delta.type != "text_delta" or not delta.text:
            return []
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()
        self._texts.append(delta.text)
        return [Delta(delta.text)]

    def _spent(self, said: Any) -> Spent:
        self._usage = read_usage(said, self._usage)
        return Spent(self._usage)

    def _elapsed_ms(self) -> int:
        return round((time.perf_counter() - self._began) * 1000)

    def completion(self) -> Completion:
        """Return the whole answer."""
        return Completion(
            "".join(self._texts),
            self._usage,
            self._stop,
            PROVIDER,
            self.model,
            self._elapsed_ms(),
            self._first_token_ms,
            tuple(use for call in self._calls for use in call.whole()),
        )


def read_usage(said: Any, before: Usage) -> Usage:
    """Return the counts the API reports now; what it leaves out stays as ``before``.

    ``said`` is the SDK's ``Usage`` (a stream's first event) or ``MessageDeltaUsage``
    (its last): cumulative, with cache writes split by lifetime only in the former.
    """
    split = getattr(said, "cache_creation", None)
    written = said.cache_creation_input_tokens
    hour = split.ephemeral_1h_input_tokens if split else before.cache_write_1h_tokens
    if written is None:
        five = (
            split.ephemeral_5m_input_tokens if split else before.cache_write_5m_tokens
        )
    else:
        five = max(written - hour, 0)
    return Usage(
        _or(said.input_tokens, before.input_tokens),
        _or(said.cache_read_input_tokens, before.cache_read_tokens),
        five,
        hour,
        _or(said.output_tokens, before.output_tokens),
    )


def _or(said: int | None, before: int) -> int:
    return before if said is None else said
