"""The agent over a real database: callers, their chats, and the calls they make."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent import recognise
from agent.billing.budgets import Budgets
from agent.ctx import Caller, Ctx, Origin, Role
from agent.gate import invoke
from agent.identity import callers
from agent.identity.callers import Spot
from agent.identity.history import History
from agent.llm.providers import Providers
from agent.memory import conversations
from agent.operation import Operation, P, R
from agent.plots import Plots
from agent.ports import House, SystemRole, Trials
from agent.runs.approvals import TableApprovals
from agent.vault.keys import InstallationKey
from bot.ports import TimeOrderedIds
from db.tenancy import system, tenant
from tests.fakes.ports import Files, Letters, Outbox, Skills, Still
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

AS_ANA = Caller(ACME, ANA, Role.OWNER, channel="telegram")
AS_BOB = Caller(ACME, BOB, Role.MEMBER, channel="telegram")
AS_EVE = Caller(RIVAL, EVE, Role.OWNER, channel="telegram")
PEPPER = b"a pepper"


@dataclass
class World:
    """Opens calls; everything but the database's own ports is a fake."""

    app: AsyncEngine
    system: AsyncEngine
    owner: AsyncEngine
    budgets: Budgets = field(default_factory=lambda: Budgets(Decimal(10), Decimal(100)))
    outbox: Outbox = field(default_factory=Outbox)
    files: Files = field(default_factory=Files)
    skills: Skills = field(default_factory=Skills)
    mail: Letters = field(default_factory=Letters)
    trials: Trials | None = None
    models: Providers | None = None
    plots: Plots | None = None

    def tenant(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        """The caller's transaction."""
        return tenant(self.app, caller.workspace_id, caller.user_id, caller.chat_id)

    @asynccontextmanager
    async def ctx(
        self, caller: Caller, origin: Origin | None = None
    ) -> AsyncIterator[Ctx]:
        """One call's world; it commits on a clean exit."""
        async with self.tenant(caller) as session:
            yield Ctx(
                caller=caller,
                session=session,
                approvals=TableApprovals(),
                budget=self.budgets,
                audit=History(recognise.redact),
                clock=Still(),
                events=self.outbox,
                ids=TimeOrderedIds(),
                objects=self.files,
                skills=self.skills,
                origin=origin,
                house=self.house,
            )

    @property
    def house(self) -> House:
        """What calls may use that reach beyond the tenant's rows."""

        def as_role(role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
            return system(self.system, role)

        return House(
            as_role,
            PEPPER,
            InstallationKey(b"k" * 32),
            mail=self.mail,
            trials=self.trials,
            models=self.models,
            plots=self.plots,
            usual_limits=(self.budgets.day_usd, self.budgets.month_usd),
            most_limits=(self.budgets.most_day_usd, self.budgets.most_month_usd),
        )

    async def call(self, op: Operation[P, R], caller: Caller, **raw: object) -> R:
        """One operation, through the gate, in a transaction of its own."""
        async with self.ctx(caller) as ctx:
            return await invoke(op, ctx, raw)

    async def settled(
        self, caller: Caller, chat: str = "1", kind: str = "private"
    ) -> Caller:
        """The caller, speaking in a chat that has a conversation."""
        spot = Spot(caller.channel, "", chat, "", kind)
        async with self.door() as session:
            chat_id = await callers.bind_chat(session, spot, caller.workspace_id)
        placed = replace(caller, chat_id=chat_id)
        async with self.tenant(placed) as session:
            begun = await conversations.ensure(
                session, placed, is_private=kind == "private"
            )
        return replace(placed, conversation_id=begun)

    def door(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction of the door's role."""
        return system(self.system, "door")


def asked(caller: Caller, key: str, text: str = "write an ad") -> Origin:
    """What the inbox row ``key`` said, in the caller's chat."""
    return Origin(
        key=key,
        channel=caller.channel,
        account="",
        chat="1",
        thread="",
        message_id=key,
        text=text,
        routing={"method": "phrase", "confidence": 0.9, "reasons": ["ad"]},
    )
