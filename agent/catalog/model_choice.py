"""Which model answers for a skill, a client, a workspace; and which one instead of it.

The most specific choice wins: skill and client, then skill, then client, then the
workspace's, then the tier that the skill itself asks for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import model_queries as queries
from agent.catalog.scope import Scope
from agent.llm.choice import ModelRef
from agent.llm.port import Tier
from agent.llm.providers import Providers

OFF = "off"


@dataclass(frozen=True, slots=True)
class Instead:
    """What happens when a model fails."""

    model: ModelRef | None
    """Answers in its place; None: nobody."""
    house_key: bool = False
    """When the workspace's own key is refused, the installation's may pay."""


async def choose(
    session: AsyncSession, providers: Providers, scope: Scope, tier: Tier
) -> ModelRef:
    """The model for a skill and client whose work is of this tier.

    A choice that cannot be called any more (no price, no such provider) counts as none.
    """
    row = await queries.chosen(session, scope)
    if row is not None and row["model"]:
        ref = ModelRef.parse(row["model"])
        if ref in providers.listed():
            return ref
    if row is not None and row["model_tier"]:
        tier = Tier(row["model_tier"])
    return providers.tiers[tier]


async def own_providers(session: AsyncSession) -> set[str]:
    """Whose models the workspace has keys of its own for."""
    return await queries.own_providers(session)


async def instead(
    session: AsyncSession, providers: Providers, workspace_id: UUID
) -> Instead:
    """Who answers when a model fails, here."""
    found = await queries.settings(session, workspace_id)
    said = found.get("fallback", "")
    house_key = bool(found.get("house_key"))
    if said == OFF:
        return Instead(None, house_key)
    ref = ModelRef.parse(said) if said else providers.fallback
    return Instead(ref if ref in providers.listed() else None, house_key)


def cheaper(
    providers: Providers, than: ModelRef, keys: Collection[str]
) -> list[ModelRef]:
    """The tiers' models that cost less than ``than``, the dearest first.

    Only those that somebody has a key for: ``keys`` are the workspace's own providers.
    """
    price = providers.prices.price
    limit = price(than).output
    found = {
        ref
        for ref in providers.tiers.values()
        if price(ref).output < limit
        and (ref.provider in keys or providers.has_key(ref.provider))
    }
    return sorted(found, key=lambda ref: price(ref).output, reverse=True)
