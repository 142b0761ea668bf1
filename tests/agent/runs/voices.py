"""Models of two providers that say what they are told, under their own names."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from agent.billing.budgets import Budgets
from agent.identity.circuits import SharedCircuits
from agent.llm.breaker import Rule
from agent.llm.choice import ModelRef
from agent.llm.port import (
    Completion,
    Delta,
    Model,
    ModelFailed,
    ModelRejected,
    Piece,
    Prompt,
    Stop,
    Tier,
    Usage,
)
from agent.llm.prices import in_force
from agent.llm.providers import Account, Providers
from agent.runs.calls import Bench
from agent.runs.seating import Seating
from tests.agent.world import World
from tests.fakes.ports import Still

SONNET = ModelRef.parse("claude-sonnet-5-5")
HAIKU = ModelRef.parse("claude-haiku-5-5")
OPUS = ModelRef.parse("claude-opus-5-5")
GPT = ModelRef.parse("openai/gpt-5-mini")
TIERS = {Tier.FAST: HAIKU, Tier.BALANCED: SONNET, Tier.DEEP: OPUS}
PRICES = in_force(date(2026, 11, 21))
WORDS = Usage(input_tokens=1000, output_tokens=500)


def busy() -> Exception:
    """The model cannot answer, whoever asks."""
    return ModelFailed("The model is overloaded.")


def limited() -> Exception:
    """This key asked too often."""
    return ModelFailed("The model's rate limit is reached.", is_outage=False)


def no_credit() -> Exception:
    """The account behind the key is empty."""
    return ModelRejected("Anthropic refuses for a billing reason.", is_account=True)


def not_good() -> Exception:
    """The request itself is refused."""
    return ModelRejected("The model refused the request: no.")


Fails = Callable[[], Exception]
Said = str | Fails | tuple[str, Fails]
"""What a call comes to: words, a failure, or words and then a failure."""


@dataclass
class Voice:
    """One provider with one key."""

    provider: str
    key: str
    desk: "Desk"
    is_rehearsal = False

    def model_for(self, prompt: Prompt) -> str:
        return prompt.model or TIERS[prompt.tier].name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        ref = ModelRef(self.provider, self.model_for(prompt))
        self.desk.asked.append((str(ref), self.key))
        if self.desk.meanwhile is not None:
            await self.desk.meanwhile()
        said = self.desk.next_of(ref)
        if callable(said):
            raise said()
        text, failure = said if isinstance(said, tuple) else (said, None)
        yield Delta(text)
        if failure:
            raise failure()
        yield Completion(text, WORDS, Stop.END, self.provider, ref.name, 7, 3)


@dataclass
class Desk:
    """What each model will say, and who was asked with which key."""

    says: dict[str, deque[Said]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens between asking and the answer."""

    def tell(self, ref: ModelRef, *said: Said) -> None:
        """Let a model's next calls come to this; after them it says ``done``."""
        self.says.setdefault(str(ref), deque()).extend(said)

    def next_of(self, ref: ModelRef) -> Said:
        waiting = self.says.get(str(ref))
        return waiting.popleft() if waiting else "done"

    @property
    def refs(self) -> list[str]:
        """Who was asked, in order."""
        return [ref for ref, _ in self.asked]

    def make(self, account: Account, tiers: Mapping[Tier, str]) -> Model:
        return Voice(account.base_url, account.key, self)


def providers(desk: Desk, **given: Any) -> Providers:
    """Both providers, with a key of the installation's each."""
    accounts = {
        name: Account(name, f"house-{name}") for name in ("anthropic", "openai")
    }
    plain: dict[str, Any] = {
        "accounts": accounts,
        "tiers": TIERS,
        "prices": PRICES,
        "factories": dict.fromkeys(accounts, desk.make),
    }
    return Providers(**{**plain, **given})


def bench(world: World, desk: Desk, **given: Any) -> Bench:
    """All that a call needs; ``fallback`` and ``rule`` may be given."""
    rule: Rule = given.pop("rule", Rule())
    budgets: Budgets = given.pop("budgets", world.budgets)
    found = providers(desk, **given)
    own = found.model("anthropic")
    house = world.house
    return Bench(
        open=world.tenant,
        model=own,
        prices=PRICES,
        budgets=budgets,
        objects=world.files,
        clock=Still(),
        seating=Seating(found, own, house.as_role, house.key),
        circuits=SharedCircuits(house.as_role, rule),
    )


def cost(ref: ModelRef) -> Decimal:
    """What one call costs."""
    return PRICES.cost_usd(ref.provider, ref.name, WORDS)
