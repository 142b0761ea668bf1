"""A Model that writes from templates: same prompt, same text; no key, no cost."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Iterator
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import yaml

from agent.llm.port import (
    Completion,
    Delta,
    Piece,
    Prompt,
    Spent,
    Stop,
    ToolUse,
    Usage,
)
from agent.llm.rehearsal import tools
from agent.llm.rehearsal.brief import Brief, read
from agent.llm.rehearsal.exchange import hear
from agent.llm.tally import likely_tokens

LABEL = (
    "Rehearsal draft: no model is connected. Set ANTHROPIC_API_KEY for the real thing."
)
"""Opens every answer, so that no piece of it is ever shown without."""

_EXCERPT = 1500
_READ = 4000


class Rehearsal:
    """Answers without a key, through the same port as a real model."""

    provider = "rehearsal"
    is_rehearsal = True

    def __init__(self, delay_s: float = 0.01) -> None:
        """Wait ``delay_s`` before each word, so that a draft is seen growing."""
        self._delay_s = delay_s

    def model_for(self, prompt: Prompt) -> str:  # noqa: ARG002 - the port's shape
        """Return the one name it has, whatever tier or pin is asked."""
        return "rehearsal"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Write the draft word by word; never fails."""
        began = time.perf_counter()
        first_ms: int | None = None
        taken = likely_tokens(sum(len(turn.text.encode()) for turn in prompt.turns))
        yield Spent(Usage(input_tokens=taken))
        use = hear(prompt).question or tools.wanted(prompt)
        if use is not None:
            yield self._asks(prompt, use, taken, began)
            return
        text = draft(prompt)
        for word in pieces(text):
            await asyncio.sleep(self._delay_s)
            first_ms = _since(began) if first_ms is None else first_ms
            yield Delta(word)
        usage = Usage(
            input_tokens=taken, output_tokens=likely_tokens(len(text.encode()))
        )
        yield Completion(
            text,
            usage,
            Stop.END,
            self.provider,
            self.model_for(prompt),
            _since(began),
            first_ms,
        )

    def _asks(
        self, prompt: Prompt, use: ToolUse, taken: int, began: float
    ) -> Completion:
        written = likely_tokens(len(json.dumps(dict(use.input))))
        return Completion(
            "",
            Usage(input_tokens=taken, output_tokens=written),
            Stop.TOOL_USE,
            self.provider,
            self.model_for(prompt),
            _since(began),
            tool_uses=(use,),
        )


def draft(prompt: Prompt) -> str:
    """Return the labelled draft for ``prompt``."""
    if called := tools.came(prompt):
        return f"> {LABEL}\n\n{called}\n"
    heard = hear(prompt)
    brief = read(heard.brief[:_READ], prompt.metadata.get("client", ""))
    skill = prompt.metadata.get("skill", "")
    body = _shortened(_body(skill, brief), brief)
    return f"> {LABEL}\n\n{heard.applied(body)}\n"


def pieces(text: str) -> Iterator[str]:
    """Yield ``text`` word by word, none of its white space lost."""
    at = 0
    for match in re.finditer(r"\s*\S+", text):
        yield match.group()
        at = match.end()
    if at < len(text):
        yield text[at:]


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _body(skill: str, brief: Brief) -> str:
    known = _pieces()
    parts = known.get(skill or "assistant") or known["positioning"]
    names = {
        "product": brief.product,
        "what": brief.what,
        "audience": brief.audience,
        "brief": brief.text[:_EXCERPT],
        "excerpt": _quoted(brief.text[:_EXCERPT]),
    }
    text = "\n\n".join(_part(part, brief.count) for part in parts)
    return Template(text).safe_substitute(names)


def _part(part: str | dict[str, Any], count: int | None) -> str:
    if isinstance(part, str):
        return part
    chosen = part["of"][: count or part["many"]]
    if part.get("list"):
        return "\n".join(f"{n}. {text}" for n, text in enumerate(chosen, start=1))
    return "\n\n".join(chosen)


def _quoted(text: str) -> str:
    return f"> {text}"


def _shortened(body: str, brief: Brief) -> str:
    if brief.one_sentence:
        return f"{brief.product} is the {brief.what} that {brief.audience} can rely on."
    if brief.most_words is None:
        return body
    words = body.split(" ")
    return " ".join(words[: brief.most_words])


@cache
def _pieces() -> dict[str, list[Any]]:
    text = files("agent.llm.rehearsal").joinpath("pieces.yaml").read_text("utf-8")
    given: dict[str, list[Any]] = yaml.safe_load(text)
    return given
