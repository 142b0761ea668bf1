"""Who answers a run's call: which model, and with whose key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import model_choice
from agent.catalog.model_choice import Instead
from agent.catalog.scope import Scope
from agent.ctx import Caller
from agent.llm.choice import ModelRef
from agent.llm.port import Model, Prompt, Tier
from agent.llm.providers import Providers
from agent.ports import AsRole, Sealer
from agent.runs import call_queries
from agent.vault import connections


@dataclass(frozen=True, slots=True)
class Pick:
    """Which model should answer, and which cheaper ones could."""

    ref: ModelRef
    skill_id: UUID | None
    cheaper: Sequence[ModelRef] = ()
    is_own: bool = False
    """A key of the workspace's own will pay."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A model that can be asked, and whose bill that goes on."""

    model: Model
    is_own: bool = False
    """The workspace's own key pays."""


@dataclass(frozen=True, slots=True)
class Seating:
    """Decides who answers, from the workspace's choices and keys."""

    providers: Providers
    rehearsal: Model
    """The installation's own model; it answers where nobody has a key."""
    as_role: AsRole
    key: Sealer
    watched: Callable[[Model], Model] = lambda model: model
    """Has calls counted and traced."""

    async def pick(self, session: AsyncSession, run_id: UUID, prompt: Prompt) -> Pick:
        """Which model answers ``prompt`` for this run."""
        about = await call_queries.about(session, run_id)
        ref = await self._chosen(session, about, prompt)
        skill_id, own = about["skill_id"], set(about["own"])
        if self.rehearsal.is_rehearsal and not self._is_reachable(ref, own):
            name = self.rehearsal.model_for(prompt)
            return Pick(ModelRef(self.rehearsal.provider, name), skill_id)
        less = model_choice.cheaper(self.providers, ref, own)
        return Pick(ref, skill_id, less, ref.provider in own)

    async def quick(self, session: AsyncSession) -> Pick | None:
        """The fast model for a small question; None where nobody has a key for it."""
        ref = self.providers.tiers[Tier.FAST]
        own = await model_choice.own_providers(session)
        if not self._is_reachable(ref, own):
            return None
        return Pick(ref, None, is_own=ref.provider in own)

    async def aside(
        self, session: AsyncSession, scope: Scope, prompt: Prompt
    ) -> Pick | None:
        """Who would write such a piece, for no run; None where nobody has a key."""
        tier = prompt.tier
        ref = await model_choice.choose(session, self.providers, scope, tier)
        own = await model_choice.own_providers(session)
        if not self._is_reachable(ref, own):
            return None
        return Pick(ref, scope.skill_id, is_own=ref.provider in own)

    async def instead(
        self, session: AsyncSession, caller: Caller, run_id: UUID
    ) -> tuple[Instead, set[str]]:
        """Who answers when a model fails, and the providers of the workspace's keys."""
        about = await call_queries.about(session, run_id)
        found = await model_choice.instead(session, self.providers, caller.workspace_id)
        return found, set(about["own"])

    async def seat(self, caller: Caller, ref: ModelRef, *, is_own: bool) -> Seat:
        """The model itself, called with the workspace's own key or the installation's.

        Raises:
            ModelRejected: That key is not there.
        """
        if ref.provider == self.rehearsal.provider and self.rehearsal.is_rehearsal:
            return Seat(self.watched(self.rehearsal))
        key = await self._own_key(caller, ref.provider) if is_own else None
        model = self.providers.model(ref.provider, key or "")
        return Seat(self.watched(model), is_own=key is not None)

    def _is_reachable(self, ref: ModelRef, own: set[str]) -> bool:
        return ref.provider in own or self.providers.has_key(ref.provider)

    async def _chosen(
        self, session: AsyncSession, about: RowMapping, prompt: Prompt
    ) -> ModelRef:
        said = about["pinned"] or prompt.model
        if said and (ref := ModelRef.parse(said)) in self.providers.listed():
            return ref
        scope = Scope(about["skill_id"], about["client_id"])
        return await model_choice.choose(session, self.providers, scope, prompt.tier)

    async def _own_key(self, caller: Caller, provider: str) -> str | None:
        async with self.as_role("vault") as session:
            return await connections.secret_of(
                session, self.key, caller.workspace_id, provider, caller.client_id
            )
