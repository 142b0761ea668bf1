"""What a running process holds, handed to everything that works in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.billing.budgets import Budgets
from agent.catalog.shelf import Shelf
from agent.catalog.versions import Versions
from agent.ctx import Caller, Ctx, Origin
from agent.identity.callers import Identity
from agent.identity.circuits import SharedCircuits
from agent.llm.port import Model, Prices
from agent.llm.providers import Providers
from agent.llm.transcriber import Transcriber
from agent.plots import Plots
from agent.ports import (
    Approvals,
    Audit,
    Clock,
    Engine,
    Events,
    House,
    Ids,
    Mail,
    Objects,
    Sealer,
    Trials,
)
from agent.runs.calls import Bench
from agent.runs.seating import Seating
from bot.links import Links
from bot.pace import Pace
from bot.router import Router
from bot.shelves import Shelves
from bot.suspense import FilesAtHand, PlotsAtHand, Suspense, TrialsAtHand, settled
from bot.telemetry.model import Watched
from bot.telemetry.port import NOTHING, Telemetry
from channels.contract import Channel
from db.tenancy import SystemRole, system, tenant

T = TypeVar("T")

Admits = Callable[[Identity], bool]
"""Whether a person nobody paired may come in: the allow-list, or open mode."""


@dataclass(slots=True)
class Services:
    """Engines, ports and the skills on the shelf. Made by ``bot.wiring``."""

    app: AsyncEngine
    """The pool of ``agent_app``."""
    system: AsyncEngine
    """The pool of ``agent_system``."""
    shelf: Shelf
    router: Router
    objects: Objects
    model: Model
    prices: Prices
    budgets: Budgets
    events: Events
    audit: Audit
    approvals: Approvals
    clock: Clock
    ids: Ids
    pepper: bytes
    key: Sealer
    admits: Admits
    public_url: str = ""
    local_url: str = "http://127.0.0.1:8000"
    mail: Mail | None = None
    names: dict[str, str] = field(default_factory=dict)
    """What the bot is called at each messenger."""
    messages_per_minute: int = 30
    """Of one person; 0: as many as they like."""
    join_s: float = 8.0
    """How soon after a request more words are part of it; 0: never."""
    guess_s: float = 3.0
    """How long a model may take to say which skill is meant; 0: it is not asked."""
    propose_after: int = 3
    """From how many like complaints a rule is proposed, unless a workspace differs."""
    try_freely_usd: Decimal = Decimal("0.25")
    """What trying a proposed rule may cost without being asked about."""
    trials: Trials | None = None
    links: Links | None = None
    """None where PUBLIC_URL is not set."""
    file_bytes: int = 20_000_000
    """The largest file that is taken."""
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """For files: each takes memory while it is looked at."""
    transcriber: Transcriber | None = None
    """None: voice messages are kept, and not understood."""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    telemetry: Telemetry = NOTHING
    providers: Providers | None = None
    """Whom models can be had from; None: ``model`` alone answers."""
    shelves: Shelves | None = None
    """What ``shelf`` and ``router`` come from; None: they never change."""
    versions: Versions | None = None
    """The files of skill versions, current and older."""
    plots: Plots | None = None
    progress: Engine | None = None
    """How runs get on, to be told to people."""

    def tenant(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        """Open the caller's transaction."""
        return tenant(self.app, caller.workspace_id, caller.user_id, caller.chat_id)

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        return system(self.system, role)

    def restocked(self) -> None:
        """Serve with what is in force now; what is under way has its own version."""
        if self.shelves is not None:
            self.shelf, self.router = self.shelves.shelf, self.shelves.router

    def has_off(self, skill: str) -> bool:
        """Whether the house has that skill, and this workspace does without it."""
        known = self.shelves.shelf if self.shelves else self.shelf
        return self.shelf.file(skill) is None and known.file(skill) is not None

    async def within(self, workspace_id: UUID) -> "Services":
        """The same, with the skills that answer in that workspace."""
        if self.shelves is None:
            return self
        shelf, router = await self.shelves.of(workspace_id)
        return (
            self if shelf is self.shelf else replace(self, shelf=shelf, router=router)
        )

    async def call(
        self,
        work: Callable[[Ctx], Awaitable[T]],
        caller: Caller,
        origin: Origin | None = None,
    ) -> T:
        """What ``work`` comes to in the caller's transaction, whatever files it needs.

        It may begin several times: see ``bot.suspense``.
        """

        async def begin(suspense: Suspense) -> T:
            async with self.ctx(caller, origin, suspense) as ctx:
                return await work(ctx)

        return await settled(begin)

    @asynccontextmanager
    async def ctx(
        self,
        caller: Caller,
        origin: Origin | None = None,
        suspense: Suspense | None = None,
    ) -> AsyncIterator[Ctx]:
        """Open the caller's transaction as the world of one call.

        For what needs no file and draws nothing; else ``call``.
        """
        suspense = suspense or Suspense()
        here = await self.within(caller.workspace_id)
        async with self.tenant(caller) as session:
            yield Ctx(
                caller=caller,
                session=session,
                approvals=self.approvals,
                budget=self.budgets,
                audit=self.audit,
                clock=self.clock,
                events=self.events,
                ids=self.ids,
                objects=FilesAtHand(self.objects, suspense),
                skills=here.shelf,
                origin=origin,
                engine=self.progress,
                house=self._house(suspense),
            )

    @property
    def sees(self) -> bool:
        """Whether pictures are shown to the model that answers."""
        return not self.model.is_rehearsal

    def _house(self, suspense: Suspense) -> House:
        """What calls may use that reach beyond the tenant's rows."""
        return House(
            as_role=self.as_role,
            pepper=self.pepper,
            key=self.key,
            public_url=self.public_url,
            local_url=self.local_url,
            mail=self.mail,
            names=self.names,
            trials=TrialsAtHand(self.trials, suspense) if self.trials else None,
            propose_after=self.propose_after,
            models=self.providers,
            plots=PlotsAtHand(self.plots, suspense) if self.plots else None,
            usual_limits=(self.budgets.day_usd, self.budgets.month_usd),
            most_limits=(self.budgets.most_day_usd, self.budgets.most_month_usd),
        )

    @property
    def bench(self) -> Bench:
        """What writing needs."""
        return Bench(
            open=self.tenant,
            model=self._watched(self.model),
            prices=self.prices,
            budgets=self.budgets,
            objects=self.objects,
            clock=self.clock,
            seating=self._seating,
            circuits=SharedCircuits(self.as_role, self.pace.circuit),
            versions=self.versions,
        )

    @property
    def _seating(self) -> Seating | None:
        if self.providers is None:
            return None
        return Seating(
            self.providers, self.model, self.as_role, self.key, self._watched
        )

    def _watched(self, model: Model) -> Model:
        return Watched(model, self.telemetry)
