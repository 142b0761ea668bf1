"""Settings become the models this installation can ask."""

from agent.llm import prices
from agent.llm.choice import ModelRef
from agent.llm.port import Model, Tier
from agent.llm.prices import PriceList
from agent.llm.providers import Account, Providers
from agent.llm.rehearsal import Rehearsal
from agent.ports import Clock
from bot.settings import Settings


def open_providers(settings: Settings, clock: Clock) -> Providers:
    """Every provider we can call, with the installation's keys as far as it has any.

    Raises:
        UnknownModel: A tier's model, or the fallback, has no price today.
    """
    listed: PriceList = prices.in_force(clock.now().date())
    given, models = (settings.anthropic, settings.openai), settings.models
    return Providers(
        accounts={
            name: Account(
                one.base_url,
                one.api_key.get_secret_value() if one.api_key else "",
                one.timeout_s,
            )
            for name, one in zip(("anthropic", "openai"), given, strict=True)
        },
        tiers={
            Tier.FAST: ModelRef.parse(models.fast),
            Tier.BALANCED: ModelRef.parse(models.balanced),
            Tier.DEEP: ModelRef.parse(models.deep),
        },
        prices=listed,
        fallback=ModelRef.parse(models.fallback) if models.fallback else None,
    )


def answering(providers: Providers) -> Model:
    """The installation's own model; without a key, the rehearsal."""
    usual = providers.tiers[Tier.BALANCED].provider
    return providers.model(usual) if providers.has_key(usual) else Rehearsal()
