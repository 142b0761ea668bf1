"""A wish for a model becomes a model; and what it would have cost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import RowMapping

from agent.billing import usage as ledger
from agent.catalog import model_choice
from agent.catalog import model_queries as queries
from agent.catalog.model_errors import NearSkills, NoSuchModel, NoSuchSkill
from agent.catalog.model_schemas import EVERY, ModelCost, Payer, PickModel
from agent.catalog.scope import Scope
from agent.clients import brands
from agent.ctx import Ctx
from agent.errors import Unavailable
from agent.llm.choice import ModelRef
from agent.llm.port import Tier, Usage
from agent.llm.prices import UnknownModel
from agent.llm.providers import Providers

PRICED_RUNS = 5
DEFAULT, CHEAPER, BETTER = "default", "cheaper", "better"
TIERS = tuple(tier.value for tier in Tier)


@dataclass(frozen=True, slots=True)
class Target:
    """What a model is chosen for."""

    scope: Scope
    skill: str
    client: str
    tier: Tier
    """What the skill itself asks for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A model that is wanted, and how the wish is kept."""

    ref: ModelRef
    model: str = ""
    tier: str = ""
    """Both empty: no choice of one's own any more."""

    @property
    def said(self) -> str:
        """How it may be asked for again."""
        return self.model or self.tier or DEFAULT


def providers_of(ctx: Ctx) -> Providers:
    """The models there are.

    Raises:
        Unavailable: This process knows none.
    """
    found = ctx.at_home.models
    if found is None:
        raise Unavailable("Models cannot be chosen from here.", hint="Use the chat.")
    return found


async def target(ctx: Ctx, p: PickModel) -> Target:
    """What the parameters name.

    Raises:
        NoSuchSkill, NearSkills: The skill's name fits none, or several.
        NoSuchClient, NearClients: The client's does.
    """
    client_id, client = None, ""
    if p.client:
        client_id, client = (await brands.pick(ctx.session, p.client))[:2]
    if p.skill.casefold() in EVERY:
        return Target(Scope(None, client_id), "", client, Tier.BALANCED)
    skill = await _skill(ctx, p.skill)
    scope = Scope(skill["id"], client_id)
    return Target(scope, skill["title"], client, Tier(skill["tier"]))


async def answering(ctx: Ctx, at: Target) -> ModelRef:
    """Who answers for it now."""
    return await model_choice.choose(ctx.session, providers_of(ctx), at.scope, at.tier)


async def wish(ctx: Ctx, said: str, at: Target) -> Wish:
    """The model that was asked for.

    Raises:
        NoSuchModel: It is unknown, deprecated, without a price, or without a key.
    """
    providers, word = providers_of(ctx), said.strip().casefold()
    if word == DEFAULT:
        return Wish(await _without(ctx, at))
    if word in TIERS:
        return Wish(providers.tiers[Tier(word)], tier=word)
    if word in {CHEAPER, BETTER}:
        return await _next(ctx, word, at)
    ref = ModelRef.parse(said)
    _ensure_usable(providers, ref, await queries.own_providers(ctx.session))
    return Wish(ref, model=str(ref))


async def cost(ctx: Ctx, ref: ModelRef) -> ModelCost:
    """A model with its price, and whose key pays."""
    own = await queries.own_providers(ctx.session)
    return priced(providers_of(ctx), ref, own)


def priced(providers: Providers, ref: ModelRef, own: Collection[str]) -> ModelCost:
    """The same, for who knows the workspace's own keys."""
    price = providers.prices.price(ref)
    return ModelCost(
        model=str(ref),
        title=ref.title,
        input_usd=price.input,
        output_usd=price.output,
        pays=payer(providers, ref.provider, own),
    )


def payer(providers: Providers, provider: str, own: Collection[str]) -> Payer:
    """Whose key a provider is called with."""
    if provider in own:
        return "workspace"
    return "installation" if providers.has_key(provider) else "nobody"


async def repriced(
    ctx: Ctx, skill_id: UUID | None, ref: ModelRef
) -> tuple[int, Decimal, Decimal]:
    """The latest runs of a skill: how many, what they cost, and would have by ``ref``.

    Token for token: another model may need more or fewer words.
    """
    rows = await ledger.latest(ctx.session, skill_id, PRICED_RUNS)
    prices = providers_of(ctx).prices
    after = sum(
        (prices.cost_usd(ref.provider, ref.name, _usage(row)) for row in rows),
        Decimal(0),
    )
    before = sum((row["cost_usd"] for row in rows), Decimal(0))
    return len({row["run_id"] for row in rows}), before, after


def _usage(row: RowMapping) -> Usage:
    return Usage(**{name: row[name] for name in Usage.__dataclass_fields__})


async def _skill(ctx: Ctx, said: str) -> RowMapping:
    near: Sequence[RowMapping] = await queries.skills(ctx.session, said)
    if not near:
        raise NoSuchSkill(said, await queries.titles(ctx.session))
    if len(near) > 1:
        raise NearSkills(said, [row["title"] for row in near])
    return near[0]


async def _without(ctx: Ctx, at: Target) -> ModelRef:
    """Who would answer without the choice that stands for exactly this."""
    providers = providers_of(ctx)
    wider = Scope(at.scope.skill_id, None) if at.scope.client_id else Scope()
    if at.scope == Scope():
        return providers.tiers[at.tier]
    return await model_choice.choose(ctx.session, providers, wider, at.tier)


async def _next(ctx: Ctx, word: str, at: Target) -> Wish:
    """The next tier down or up whose price differs."""
    providers, now = providers_of(ctx), await answering(ctx, at)
    price = providers.prices.price
    less = word == CHEAPER
    steps = sorted(Tier, key=lambda tier: price(providers.tiers[tier]).output)
    for tier in reversed(steps) if less else steps:
        ref = providers.tiers[tier]
        differs = price(ref).output - price(now).output
        if (differs < 0) if less else (differs > 0):
            return Wish(ref, tier=tier.value)
    raise NoSuchModel(f"A {word} model", f"{now.title} is the {word} end already")


def _ensure_usable(providers: Providers, ref: ModelRef, own: Collection[str]) -> None:
    if ref.provider not in providers.factories:
        known = ", ".join(sorted(providers.factories))
        raise NoSuchModel(str(ref), f"I know no provider {ref.provider} (but {known})")
    try:
        price = providers.prices.price(ref)
    except UnknownModel as error:
        why = "it has no price in my list, and nothing is called without one"
        raise NoSuchModel(str(ref), why) from error
    if price.is_deprecated:
        raise NoSuchModel(str(ref), "it is being retired")
    if payer(providers, ref.provider, own) == "nobody":
        raise NoSuchModel(str(ref), f"nobody has a key for {ref.provider}")
