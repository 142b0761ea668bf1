"""Who makes models, by name: how each is called, and with whose key.

A new provider is a factory here, its prices, and its two settings; callers only ever
see the port.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from agent.llm.choice import ModelRef
from agent.llm.claude import Claude
from agent.llm.openai import OpenAI
from agent.llm.port import Model, ModelRejected, Tier
from agent.llm.prices import PriceList

MOST_KEYS = 64
"""Workspaces' own keys whose connections stay open; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Account:
    """How a provider is reached, and the installation's key, if it has one."""

    base_url: str
    key: str = field(default="", repr=False)
    timeout_s: float = 120.0


Factory = Callable[[Account, Mapping[Tier, str]], Model]


def _claude(account: Account, tiers: Mapping[Tier, str]) -> Model:
    return Claude(account.key, account.base_url, tiers, account.timeout_s)


def _openai(account: Account, tiers: Mapping[Tier, str]) -> Model:
    return OpenAI(account.key, account.base_url, tiers, account.timeout_s)


FACTORIES: Mapping[str, Factory] = {"anthropic": _claude, "openai": _openai}


@runtime_checkable
class Closes(Protocol):
    """A model that holds connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


@runtime_checkable
class Warms(Protocol):
    """A model whose first call is slower unless it is warmed."""

    async def open(self) -> object:
        """Load what the first call would load."""
        ...


@dataclass
class Providers:
    """The providers this installation can call, their models, and what those cost."""

    accounts: Mapping[str, Account]
    """By provider; with an empty key only a workspace's own serves."""
    tiers: Mapping[Tier, ModelRef]
    prices: PriceList
    fallback: ModelRef | None = None
    """Answers when another model fails, unless a workspace chose differently."""
    factories: Mapping[str, Factory] = field(default_factory=lambda: FACTORIES)
    _made: OrderedDict[tuple[str, str], Model] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        """Refuse models that would be called without a price.

        Raises:
            UnknownModel: A tier's model or the fallback has none.
        """
        for ref in (*self.tiers.values(), *([self.fallback] if self.fallback else [])):
            self.prices.price(ref)

    def has_key(self, provider: str) -> bool:
        """Whether the installation itself can call ``provider``."""
        return bool(provider in self.accounts and self.accounts[provider].key)

    def listed(self) -> list[ModelRef]:
        """The models that can be called at all: priced, of a known provider."""
        return [
            ref
            for provider, name in self.prices.models
            if (ref := ModelRef(provider, name)).provider in self.factories
        ]

    def model(self, provider: str, key: str = "") -> Model:
        """The provider's model for a key; empty is the installation's.

        Raises:
            ModelRejected: There is no such provider, or no key for it.
        """
        account = self.accounts.get(provider)
        if account is None or not (key or account.key):
            raise ModelRejected(
                f"There is no key for {provider}.",
                hint="An admin can add one, or choose another model: /models.",
                is_account=True,
            )
        key = key or account.key
        if (provider, key) not in self._made:
            self._made[provider, key] = self._make(provider, key, account)
        self._made.move_to_end((provider, key))
        while len(self._made) > MOST_KEYS:
            self._made.popitem(last=False)  # a call under way keeps its own reference
        return self._made[provider, key]

    def _make(self, provider: str, key: str, account: Account) -> Model:
        tiers = {
            tier: ref.name
            for tier, ref in self.tiers.items()
            if ref.provider == provider
        }
        reached = Account(account.base_url, key, account.timeout_s)
        return self.factories[provider](reached, tiers)

    async def warm(self) -> None:
        """Load what first calls with the installation's keys would load."""
        for provider in {ref.provider for ref in self.tiers.values()}:
            if self.has_key(provider):
                model = self.model(provider)
                if isinstance(model, Warms):
                    await model.open()

    async def aclose(self) -> None:
        """Close every connection."""
        made, self._made = self._made, OrderedDict()
        for model in made.values():
            if isinstance(model, Closes):
                await model.aclose()
