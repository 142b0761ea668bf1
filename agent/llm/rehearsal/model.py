"""A Model that writes from templates: same prompt, same text; no key, no cost."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
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
from agent.llm.rehearsal import gaps, playing, tools
from agent.llm.rehearsal.brief import Brief, read
from agent.llm.rehearsal.exchange import hear, unmarked
from agent.llm.script import Play, Script
from agent.llm.tally import likely_tokens

LABEL = (
    "Rehearsal draft: no model is connected. Set ANTHROPIC_API_KEY for the real thing."
)
"""Opens every answer, so that no piece of it is ever shown without."""

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
    """Return the labelled draft for ``prompt``; bare JSON where its script is data."""
    if called := tools.came(prompt):
        return f"> {LABEL}\n\n{called}\n"
    heard = hear(prompt)
    play = prompt.play or Play()
    brief = read(unmarked(play.words or heard.brief)[:_READ])
    client = prompt.metadata.get("client", "")
    if play.script.data is not None and not play.stage:
        return playing.data(play, brief, client, heard.wishes)
    if not (play.script or play.outline or play.stage):
        play = replace(play, script=_kept(prompt.metadata.get("skill", "")))
    body = playing.text(play, brief, client, heard.wishes)
    if not play.stage:
        body = _shortened(body, brief, client)
    return f"> {LABEL}\n\n{heard.noted(body)}\n"


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


def _shortened(body: str, brief: Brief, client: str) -> str:
    if brief.one_sentence:
        names = gaps.filled(Play(), brief, client)
        return "{product} is the {what} that {audience} can rely on.".format(**names)
    if brief.most_words is None:
        return body
    words = body.split(" ")
    return " ".join(words[: brief.most_words])


def _kept(skill: str) -> Script:
    """What is said where no skill is at work, or one without script and template."""
    known = _pieces()
    return known.get(skill) or known["assistant"]


@cache
def _pieces() -> dict[str, Script]:
    text = files("agent.llm.rehearsal").joinpath("pieces.yaml").read_text("utf-8")
    given: dict[str, list[Any]] = yaml.safe_load(text)
    return {name: playing.as_play(parts).script for name, parts in given.items()}
