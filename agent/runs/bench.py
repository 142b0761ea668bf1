"""What a paid call is made with, and what it is made for."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Budgets
from agent.catalog.versions import Versions
from agent.ctx import Caller
from agent.errors import AgentError
from agent.llm.breaker import Circuits
from agent.llm.port import Model, Prices
from agent.ports import Clock, Objects
from agent.runs.seating import Seating

OpenTenant = Callable[[Caller], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a call to a model needs besides the prompt."""

    open: OpenTenant
    model: Model
    """Answers where there is no ``seating``."""
    prices: Prices
    budgets: Budgets
    objects: Objects
    clock: Clock
    seating: Seating | None = None
    """Decides who answers; None: ``model`` does, and nobody in its place."""
    circuits: Circuits | None = None
    """Which models fail just now, for all processes; None: that is not known."""
    versions: Versions | None = None
    """The files of skill versions; None: a version is only its prompt."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at one run, for one person; of its paid steps, this one."""

    run_id: UUID
    attempt: int
    caller: Caller
    step: str = "write"
    """``write``, ``write-2`` ...: each is a call of its own."""
    is_quiet: bool = False
    """What is said is not for the chat: nothing of it is shown as it grows."""

    @property
    def call_prefix(self) -> str:
        """Run, attempt, step; a call's number makes it a ``call_key``."""
        return f"{self.run_id}:{self.attempt}:{self.step}:"

    @property
    def store_key(self) -> str:
        """Workspace, run, attempt: under it this attempt's files lie."""
        return f"{self.caller.workspace_id}/{self.run_id}/{self.attempt}"

    @property
    def draft_key(self) -> str:
        """Where the text waits until it is an output."""
        return f"drafts/{self.store_key}/{self.step}.md"


class Cancelled(AgentError):
    """The run was stopped while it was being written; nothing more is to be done."""

    code, status = "cancelled", 409
