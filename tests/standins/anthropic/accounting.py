"""Token counts and the prompt cache, the way the API's usage reports them.

A cache entry is a prefix of the prompt up to a block that bears ``cache_control``, for
one key and one model. A request reads the longest entry that ends at one of its marks
or at most 20 blocks before one, and writes what follows up to its last mark.

Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

MINIMUM = {"haiku": 4096}
"""Shortest prefix that is cached, by family; below it nothing happens, silently.

Current models may allow 512; these are the higher figures of their forerunners, so
that a share reached here is not flattered.
"""
MINIMUM_ELSE = 1024
LOOKBACK_BLOCKS = 20
LIVES_S = {"5m": 300.0, "1h": 3600.0}

IMAGE_TOKENS = 1_600
"""Of a picture in the size that models look at."""
_RUNS = re.compile(r"\w+|[^\w\s]|\s{2,}")
_WORD_BYTES = 4


def tokens(text: str) -> int:
    """Return a count like a tokenizer's: four bytes of a word, or one sign, a token."""
    runs = _RUNS.findall(text)
    return sum(-(-len(run.encode()) // _WORD_BYTES) for run in runs)


@dataclass(frozen=True, slots=True)
class Counts:
    """The input of one request, in disjoint counts."""

    input: int
    read: int
    write_5m: int
    write_1h: int

    @property
    def total(self) -> int:
        return self.input + self.read + self.write_5m + self.write_1h


@dataclass(frozen=True, slots=True)
class _Block:
    digest: str
    """Of everything up to and including this block."""
    upto: int
    """Tokens up to and including this block."""
    ttl: str
    """``5m`` or ``1h`` where the block is marked, else empty."""


class Cache:
    """What is cached, by key and model."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._until: dict[str, float] = {}

    def clear(self) -> None:
        self._until.clear()

    def account(self, key: str, body: dict[str, Any]) -> Counts:
        """Count the request's input, reading and writing the cache."""
        blocks = list(_blocks(key, body))
        total = blocks[-1].upto
        read = self._read(blocks)
        floor = _minimum(body["model"])
        written = {"5m": 0, "1h": 0}
        done = read
        for block in blocks:
            if block.ttl and block.upto >= floor:
                written[block.ttl] += max(block.upto - done, 0)
                done = max(done, block.upto)
                self._until[block.digest] = self._now() + LIVES_S[block.ttl]
        return Counts(total - done, read, written["5m"], written["1h"])

    def _read(self, blocks: list[_Block]) -> int:
        marks = [at for at, block in enumerate(blocks) if block.ttl]
        for mark in reversed(marks):
            for at in range(mark, max(mark - LOOKBACK_BLOCKS, -1), -1):
                if self._until.get(blocks[at].digest, 0.0) > self._now():
                    return blocks[at].upto
        return 0


def count(body: dict[str, Any]) -> int:
    """Return the request's input tokens, cached or not."""
    return list(_blocks("", body))[-1].upto


def _minimum(model: str) -> int:
    return next((n for family, n in MINIMUM.items() if family in model), MINIMUM_ELSE)


def _blocks(key: str, body: dict[str, Any]) -> Iterator[_Block]:
    so_far = sha256(f"{key}|{body['model']}".encode())
    upto = 0
    parts = list(_parts(body))
    for at, (place, block) in enumerate(parts):
        plain = {k: v for k, v in block.items() if k != "cache_control"}
        so_far.update(json.dumps([place, plain], sort_keys=True).encode())
        is_image = block.get("type") == "image"
        said = block.get("text") or json.dumps(plain)
        upto += (IMAGE_TOKENS if is_image else tokens(said)) + 3
        mark = block.get("cache_control")
        if at == len(parts) - 1:
            mark = mark or body.get("cache_control")
        yield _Block(so_far.hexdigest(), upto, _ttl(mark))


def _ttl(mark: dict[str, str] | None) -> str:
    return "" if mark is None else mark.get("ttl", "5m")


def _parts(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for tool in body.get("tools", ()):
        yield "tool", tool
    yield from (("system", block) for block in as_blocks(body.get("system", [])))
    for turn in body["messages"]:
        yield from ((turn["role"], block) for block in as_blocks(turn["content"]))


def as_blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return content as blocks; a plain string is short for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content
