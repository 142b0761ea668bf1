"""Settings become the models this installation can ask."""

from agent.llm import prices
from agent.llm.choice import ModelRef
from agent.llm.port import Model, Tier
from agent.llm.prices import PriceList
from agent.llm.providers import Account, Providers
from agent.llm.rehearsal import Rehearsal
from agent.llm.transcriber import OverHttp, Transcriber
from agent.ports import Clock
from bot.settings import Anthropic, OpenAI, Settings, Transcription


def open_providers(settings: Settings, clock: Clock) -> Providers:
    """Every provider we can call, with the installation's keys as far as it has any.

    Raises:
        UnknownModel: A tier's model, or the fallback, has no price today.
    """
    listed: PriceList = prices.in_force(clock.now().date())
    models = settings.models
    return Providers(
        accounts={
            "anthropic": _account(settings.anthropic),
            "openai": _account(settings.openai),
        },
        tiers={
            Tier.FAST: ModelRef.parse(models.fast),
            Tier.BALANCED: ModelRef.parse(models.balanced),
            Tier.DEEP: ModelRef.parse(models.deep),
        },
        prices=listed,
        fallback=ModelRef.parse(models.fallback) if models.fallback else None,
    )


def _account(given: Anthropic | OpenAI) -> Account:
    key = given.api_key.get_secret_value() if given.api_key else ""
    return Account(given.base_url, key, given.timeout_s)


def answering(providers: Providers) -> Model:
    """The installation's own model; without a key, the rehearsal."""
    usual = providers.tiers[Tier.BALANCED].provider
    return providers.model(usual) if providers.has_key(usual) else Rehearsal()


def transcriber(given: Transcription) -> Transcriber | None:
    """Who writes down voice messages; None: nobody."""
    if not given.base_url:
        return None
    key = given.api_key.get_secret_value() if given.api_key else ""
    return OverHttp(given.base_url, key, given.model, timeout_s=given.timeout_s)
