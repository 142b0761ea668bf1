"""The dated price lists, one file a change, and what a call costs by them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from agent.errors import AgentError
from agent.llm.choice import ModelRef
from agent.llm.port import Prompt, Tier, Tool, Turn, Usage

_MILLION = Decimal(1_000_000)
_SIX_PLACES = Decimal("0.000001")
_FRAME_TOKENS = 16
_IMAGE_TOKENS = 5_000
"""A picture takes a token for some 750 of its pixels, and is made smaller first."""
"""For the role and the marks around one block of a prompt, generously."""
_TOOL_FRAME_TOKENS = 700
"""For the instructions the provider adds once there are tools, generously."""


class UnknownModel(AgentError):
    """A model without a price would spend unseen, so nothing starts with one."""

    code = "unknown_model"

    def __init__(self, model: str, known: Iterable[str], version: str) -> None:
        """Name the model, and the ones that may stand in its place."""
        super().__init__(
            f'The model "{model}" has no price in the list of {version}.',
            hint=f"Set MODEL_FAST, MODEL_BALANCED and MODEL_DEEP to any of: "
            f"{', '.join(sorted(known))}.",
        )


@dataclass(frozen=True, slots=True)
class Price:
    """One model's US dollars per million tokens."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    long_above_tokens: int | None = None
    """Prompts of more tokens than this cost ``long_factor`` times as much."""
    long_factor: Decimal = Decimal(1)
    tier: Tier | None = None
    """What it is good for; None: nothing it would be picked for by itself."""
    is_deprecated: bool = False
    """Calls still cost this much, but nobody may choose it any more."""

    def cost_usd(self, usage: Usage) -> Decimal:
        """Return what ``usage`` costs, to six places, half a millionth rounded up."""
        prompt_tokens = (
            usage.input_tokens
            + usage.cache_read_tokens
            + usage.cache_write_5m_tokens
            + usage.cache_write_1h_tokens
        )
        per_million = (
            self.input * usage.input_tokens
            + self.cache_read * usage.cache_read_tokens
            + self.cache_write_5m * usage.cache_write_5m_tokens
            + self.cache_write_1h * usage.cache_write_1h_tokens
            + self.output * usage.output_tokens
        ) * self._factor(prompt_tokens)
        return (per_million / _MILLION).quantize(_SIX_PLACES, ROUND_HALF_UP)

    def _factor(self, prompt_tokens: int) -> Decimal:
        limit = self.long_above_tokens
        is_long = limit is not None and prompt_tokens > limit
        return self.long_factor if is_long else Decimal(1)


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one file: implements the port's ``Prices``."""

    version: str
    """The day it takes effect, ISO."""
    models: dict[tuple[str, str], Price]
    """By provider and model."""

    def price(self, ref: ModelRef) -> Price:
        """Return what a model costs.

        Raises:
            UnknownModel: The list does not have it.
        """
        return self._price(ref.provider, ref.name)

    def check(self, provider: str, models: Iterable[str]) -> None:
        """Raise UnknownModel unless each of ``models`` has a price. For the boot."""
        for model in models:
            self._price(provider, model)

    def cost_usd(self, provider: str, model: str, usage: Usage) -> Decimal:
        """Return what ``usage`` costs, in US dollars, to six places.

        Raises:
            UnknownModel: The list does not have the model.
        """
        return self._price(provider, model).cost_usd(usage)

    def ceiling_usd(self, provider: str, model: str, prompt: Prompt) -> Decimal:
        """Return the most ``prompt`` can cost: all of it written to a cache, none read.

        Raises:
            UnknownModel: The list does not have the model.
        """
        price = self._price(provider, model)
        marked = any(block.cache for block in prompt.system)
        marked = marked or any(turn.cache for turn in prompt.turns)
        tokens = most_tokens(prompt)
        return price.cost_usd(
            Usage(
                input_tokens=0 if marked else tokens,
                cache_write_5m_tokens=tokens if marked else 0,
                output_tokens=prompt.max_tokens,
            )
        )

    def _price(self, provider: str, model: str) -> Price:
        price = self.models.get((provider, model))
        if price is None:
            known = [name for owner, name in self.models if owner == provider]
            raise UnknownModel(model, known, self.version)
        return price


def most_tokens(prompt: Prompt) -> int:
    """Return a number of tokens that ``prompt`` cannot pass, without asking anybody.

    A byte-level tokenizer never makes more tokens than there are bytes. Prose is three
    to four times below that; the rest comes back when the call is settled.
    """
    texts = [block.text for block in prompt.system] + [
        turn.text for turn in prompt.turns
    ]
    texts += [_declared(tool) for tool in prompt.tools]
    texts += [text for turn in prompt.turns for text in _exchanged(turn)]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    frame = _TOOL_FRAME_TOKENS if prompt.tools else 0
    seen = _IMAGE_TOKENS * sum(len(turn.images) for turn in prompt.turns)
    return size + frame + seen + _FRAME_TOKENS * (len(texts) + 1)


def _exchanged(turn: Turn) -> list[str]:
    asked = [
        f"{use.id}{use.name}{json.dumps(dict(use.input))}" for use in turn.tool_uses
    ]
    return asked + [f"{came.id}{came.content}" for came in turn.tool_results]


def _declared(tool: Tool) -> str:
    return f"{tool.name}{tool.description}{json.dumps(dict(tool.schema))}"


def in_force(on: date) -> PriceList:
    """Return the newest list whose day is not after ``on``, else the oldest."""
    days = sorted(
        entry.name.removesuffix(".yaml")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".yaml")
    )
    past = [day for day in days if day <= on.isoformat()]
    return read(past[-1] if past else days[0])


@cache
def read(version: str) -> PriceList:
    """Return the list of the file ``version``."""
    text = files(__name__).joinpath(f"{version}.yaml").read_text("utf-8")
    given: dict[str, dict[str, Any]] = yaml.safe_load(text)
    models = {
        (provider, name): _price(fields)
        for provider, its in given.items()
        for name, fields in its.items()
    }
    return PriceList(version, models)


def _price(fields: dict[str, Any]) -> Price:
    long = fields.get("long_prompt")
    return Price(
        Decimal(fields["input"]),
        Decimal(fields["output"]),
        Decimal(fields["cache_write_5m"]),
        Decimal(fields["cache_write_1h"]),
        Decimal(fields["cache_read"]),
        long["above_tokens"] if long else None,
        Decimal(long["factor"]) if long else Decimal(1),
        Tier(fields["tier"]) if "tier" in fields else None,
        bool(fields.get("deprecated")),
    )
