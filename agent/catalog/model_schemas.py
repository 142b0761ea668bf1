"""Parameters and results of model choice."""

import re
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from agent.shapes import Frozen

EVERY = frozenset({"", "everything", "every skill", "all", "all skills", "workspace"})

_FOR_CLIENT = re.compile(r"(?P<model>.*?)\s*\bfor\s+(?P<client>.+)", re.IGNORECASE)
_WISHES = {
    "a cheaper model": "cheaper",
    "cheaper model": "cheaper",
    "the cheaper model": "cheaper",
    "a better model": "better",
    "better model": "better",
    "a fast model": "fast",
    "the usual model": "default",
    "its own tier": "default",
}

Payer = Literal["installation", "workspace", "nobody"]


class PickModel(Frozen):
    """Parameters that name a model, and what it is for."""

    skill: str = Field(
        default="",
        max_length=120,
        description="Which skill; empty or everything: all of them",
    )
    model: str = Field(
        default="",
        max_length=200,
        description="fast, balanced, deep, cheaper, better, default, or "
        "<provider>/<model>",
    )
    client: str = Field(
        default="", max_length=120, description="For which client; empty: for all"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_words(cls, given: Any) -> Any:
        """Take ``copywriting fast for Acme`` apart, which is how it is typed."""
        if not isinstance(given, dict):
            return given
        read = dict(given)
        for name in ("model", "skill"):
            said = " ".join(str(read.get(name, "")).split())
            if "client" not in read and (found := _FOR_CLIENT.fullmatch(said)):
                said, read["client"] = found["model"], found["client"]
            read[name] = said
        return read | _told_apart(read["skill"], read["model"])


def _told_apart(skill: str, model: str) -> dict[str, str]:
    """A skill of several words from the model after it; a model alone is for all."""
    if skill and not model:
        skill, model = "", skill
    wish = _WISHES.get(model.casefold(), model)
    *more, last = wish.split() or [""]
    return {"skill": " ".join([skill, *more]).strip(), "model": last}


class ModelCost(Frozen):
    """One model and what it costs."""

    model: str = Field(description="<provider>/<model>")
    title: str = Field(description="As people call it")
    input_usd: Decimal = Field(description="US dollars per million tokens read")
    output_usd: Decimal = Field(description="US dollars per million tokens written")
    pays: Payer = Field(description="Whose key it is called with")


class Compared(Frozen):
    """What choosing a model would change; nothing is changed yet."""

    skill: str = Field(description="For which skill; empty: for all")
    client: str = Field(description="For which client; empty: for all")
    wanted: str = Field(description="What was asked for, to be asked for again")
    before: ModelCost = Field(description="Who answers now")
    after: ModelCost = Field(description="Who would answer")
    runs: int = Field(description="How many latest runs were priced anew")
    runs_before_usd: Decimal = Field(description="What those cost")
    runs_after_usd: Decimal = Field(description="What they would have cost")


class ModelSet(Frozen):
    """A choice is in force."""

    skill: str = Field(description="For which skill; empty: for all")
    client: str = Field(description="For which client; empty: for all")
    chosen: str = Field(description="A tier, <provider>/<model>, or default")
    answers: ModelCost = Field(description="Who answers from now on")


class ModelKept(Frozen):
    """Nothing was changed."""

    skill: str = Field(description="For which skill; empty: for all")
    answers: ModelCost = Field(description="Who goes on answering")


class ModelLine(ModelCost):
    """A model in the list."""

    tier: str = Field(default="", description="fast, balanced, deep; empty: none")
    is_default: bool = Field(description="It is what its tier means here")
    is_deprecated: bool = Field(description="Nobody may newly choose it")


class ChoiceLine(Frozen):
    """A choice this workspace made."""

    skill: str = Field(description="For which skill; empty: for all")
    client: str = Field(description="For which client; empty: for all")
    chosen: str = Field(description="A tier or <provider>/<model>")


class Models(Frozen):
    """The models there are, and what was chosen."""

    lines: list[ModelLine] = Field(description="By provider, the cheapest first")
    choices: list[ChoiceLine] = Field(description="What this workspace chose")
    fallback: str = Field(description="Who answers when another fails; empty: nobody")
    house_key: bool = Field(
        description="Whether the installation pays when the own key is refused"
    )
    prices_of: str = Field(description="The day the prices are of")


class SetFallback(Frozen):
    """Parameters of ``catalog.set_fallback``."""

    model: str = Field(
        default="",
        max_length=200,
        description="<provider>/<model>, off, or default; empty: as it is",
    )
    house_key: bool | None = Field(
        default=None,
        description="Whether the installation's key may pay when yours is refused",
    )


class FallbackSet(Frozen):
    """What happens now when a model fails."""

    fallback: str = Field(description="Who answers then; empty: nobody")
    house_key: bool = Field(
        description="Whether the installation pays when the own key is refused"
    )
