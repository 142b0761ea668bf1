"""The answer of one call, put together from the stream's chunks.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import time
from collections.abc import Iterator
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
from agent.llm.tally import Tally, likely_tokens

PROVIDER = "openai"

_STOPS = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "model_length": Stop.LENGTH,  # Mistral's word
    "tool_calls": Stop.TOOL_USE,
    "function_call": Stop.TOOL_USE,
    "content_filter": Stop.REFUSAL,
}


@dataclass(slots=True)
class _Call:
    """A tool's use while its input is still being written."""

    id: str = ""
    name: str = ""
    written: list[str] = field(default_factory=list)

    def whole(self) -> list[ToolUse]:
        """The use; none when its input was cut in the middle."""
        try:
            given = json.loads("".join(self.written) or "{}")
        except ValueError:
            return []
        return [ToolUse(self.id, self.name, given)] if isinstance(given, dict) else []


class Answer:
    """The answer so far, fed by the API's chunks."""

    def __init__(self, model: str, asked_bytes: int = 0) -> None:
        """Start the clock; ``model`` is who answers, and ``asked_bytes`` what it reads.

        The API counts only at the end of a stream, and some servers never do; until
        then the input is our estimate, lest a broken call count as free.
        """
        self.model = model
        self.tally = Tally()
        self._texts: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._usage = Usage(input_tokens=likely_tokens(asked_bytes))
        self._is_counted = self._is_told = False
        self._stop: Stop | None = None
        self._refused = False
        self._began = time.perf_counter()
        self._first_token_ms: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the stream said how it ends."""
        return self._stop is not None

    def take(self, chunk: dict[str, Any]) -> list[Piece]:
        """Return what ``chunk`` adds; fields this code does not know add nothing."""
        pieces = list(self._read(chunk))
        for piece in pieces:
            self.tally.see(piece)
        return pieces

    def _read(self, chunk: dict[str, Any]) -> Iterator[Piece]:
        # Some servers end with a chunk whose `choices` is null instead of empty.
        for choice in chunk.get("choices") or ():
            yield from self._delta(choice.get("delta") or {})
            if reason := choice.get("finish_reason"):
                self._stop = _STOPS.get(reason, Stop.OTHER)
        if said := chunk.get("usage"):
            self._usage, self._is_counted = read_usage(said), True
        if said or not self._is_told:
            self._is_told = True
            yield Spent(self._usage)

    def _delta(self, delta: dict[str, Any]) -> Iterator[Piece]:
        if thought := delta.get("reasoning_content"):
            yield Thinking(thought)
        self._refused = self._refused or bool(delta.get("refusal"))
        if text := delta.get("content"):
            if self._first_token_ms is None:
                self._first_token_ms = self._elapsed_ms()
            self._texts.append(text)
            yield Delta(text)
        for part in delta.get("tool_calls") or ():
            yield from self._calling(part)

    def _calling(self, part: dict[str, Any]) -> Iterator[Piece]:
        call = self._calls.setdefault(part.get("index", 0), _Call())
        function = part.get("function") or {}
        call.id = call.id or part.get("id") or ""
        call.name = call.name or function.get("name") or ""
        if written := function.get("arguments"):
            call.written.append(written)
            yield Calling(written)

    def _elapsed_ms(self) -> int:
        return round((time.perf_counter() - self._began) * 1000)

    def completion(self) -> Completion:
        """Return the whole answer."""
        stop = Stop.REFUSAL if self._refused else self._stop or Stop.OTHER
        uses = [use for _, call in sorted(self._calls.items()) for use in call.whole()]
        # Some servers say "stop" although the answer is a call.
        if uses and stop is Stop.END:
            stop = Stop.TOOL_USE
        return Completion(
            "".join(self._texts),
            self._usage if self._is_counted else self.tally.usage,
            stop,
            PROVIDER,
            self.model,
            self._elapsed_ms(),
            self._first_token_ms,
            tuple(uses),
        )


def read_usage(said: dict[str, Any]) -> Usage:
    """Return the API's counts, in which cached tokens are part of the prompt's."""
    details = said.get("prompt_tokens_details") or {}
    cached = details.get("cached_tokens") or 0
    return Usage(
        input_tokens=max((said.get("prompt_tokens") or 0) - cached, 0),
        cache_read_tokens=cached,
        output_tokens=said.get("completion_tokens") or 0,
    )
