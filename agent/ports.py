"""What the agent asks of the outside world; ``bot.wiring`` supplies each one."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.llm.providers import Providers
from agent.plots import Plots


class Who(Protocol):
    """The part of a caller that ports need."""

    @property
    def workspace_id(self) -> UUID:
        """The tenant."""
        ...

    @property
    def user_id(self) -> UUID:
        """The person."""
        ...

    @property
    def channel(self) -> str:
        """The door they came through."""
        ...

    @property
    def via(self) -> str:
        """Who chose it: ``person``, ``model``, ``operator``; nobody: ``itself``."""
        ...

    @property
    def address(self) -> str:
        """The network address they came from; empty where none is known."""
        ...

    @property
    def user_agent(self) -> str:
        """The program they came with; empty where none is known."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """What a call changed about one thing: the changed fields only, never a secret."""

    subject: str
    """What kind of thing: ``client``, ``member``, ``connection``."""
    id: str
    before: Mapping[str, Any] | None = None
    """None: it was made just now."""
    after: Mapping[str, Any] | None = None
    """None: it is gone."""
    category: Literal["audit", "privacy", "secret"] = "audit"
    label: str = ""
    """How people call it, so that they find it again: a brand's name."""


class Approvals(Protocol):
    """People's consents, each to one call."""

    async def use(
        self, session: AsyncSession, approval_id: UUID, *, params_hash: str
    ) -> bool:
        """Use the approval up; False unless it was given for this call and is unused.

        Of two racing calls one wins; one that fails gives its approval back.
        """
        ...


class Budget(Protocol):
    """The ceilings on what machines may cost."""

    async def ensure_left(self, session: AsyncSession, who: Who) -> None:
        """Return when there is anything left to spend.

        Raises:
            OverBudget: A day or month limit of the workspace or person is used up.
        """
        ...


class Audit(Protocol):
    """The append-only history of who did what."""

    async def record(
        self,
        session: AsyncSession,
        who: Who,
        *,
        action: str,
        changes: Sequence[Change] = (),
    ) -> None:
        """Append a line for each change, or one that says only what was done.

        It stands only if the caller's transaction commits.
        """
        ...

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        """Append that ``key`` was taken up; False when it was before."""
        ...

    async def refused(
        self, session: AsyncSession, who: Who, *, operation: str, reason: str
    ) -> bool:
        """Append that ``who`` tried what they may not; False: said this minute.

        In a transaction of its own: the refused call's is rolled back.
        """
        ...


class Clock(Protocol):
    """Time, so that tests can hold it still."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""


class Ids(Protocol):
    """New identifiers, in time order (UUIDv7)."""

    def new(self) -> UUID:
        """Return an id never returned before."""


class Events(Protocol):
    """Requests to the durable engine; they leave only if the transaction commits."""

    async def emit(
        self,
        session: AsyncSession,
        name: str,
        data: Mapping[str, object],
        *,
        key: str,
    ) -> None:
        """Queue event ``name``; a second one with the same ``key`` is dropped."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the durable engine stands with one attempt of a run."""

    failed_tries: int = 0
    """Of the step it is at."""
    next_try_at: datetime | None = None
    """When that step is tried again, if it failed and will be."""


class Engine(Protocol):
    """The durable engine, as far as people are told of it."""

    async def progress(self, event_id: str) -> Progress | None:
        """How it stands with what the event began; None when that cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class SkillRef:
    """A skill as it stands now, which version of it; ``label`` is for its button."""

    id: UUID
    version_id: UUID
    name: str
    title: str
    label: str = ""


class Skills(Protocol):
    """The skills loaded in this process."""

    def find(self, name: str) -> SkillRef | None:
        """The skill of that name, if it is loaded and active."""

    @property
    def problems(self) -> Sequence[object]:
        """What is wrong with folders that cannot be read, a line each."""


class Objects(Protocol):
    """The object store: whole files under keys, private."""

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        """Keep ``body`` under ``key``; writing the same key again replaces it.

        Raises:
            Unavailable: The store did not answer in time, or refused.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Return the file.

        Raises:
            NotFound: Nothing is kept under ``key``.
            Unavailable: The store did not answer in time, or refused.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the file; deleting what is not there is fine."""
        ...

    async def ping(self) -> None:
        """Raise Unavailable unless the store can be written and read."""
        ...


SystemRole = Literal["door", "worker", "vault", "eraser"]

AsRole = Callable[[SystemRole], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction with one narrow role's rights; it commits on a clean exit."""


class Sealer(Protocol):
    """The installation's key, which wraps the workspaces' keys."""

    id: bytes

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """Encrypt a workspace's key."""
        ...

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Decrypt a workspace's key.

        Raises:
            CannotOpen: Another installation's key wrapped it, or it was changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One plain mail to one person."""

    to: str
    subject: str
    text: str


class Mail(Protocol):
    """The way out for our own mail: codes, invitations."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the mail server.

        Raises:
            Unavailable: It did not take it for now.
            BadInput: It refuses the address.
        """
        ...


Tried = Literal["ok", "refused", "no_credit", "limited", "unreachable", "untested"]
"""What one cheap call with a key showed; ``untested``: nobody knows how to try it."""


class Trials(Protocol):
    """Trying out keys of others."""

    async def trial(self, provider: str, secret: str) -> Tried:
        """Make one cheap call with the key; it never raises, and logs nothing of it."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """What the installation lends to calls that reach beyond the tenant's rows."""

    as_role: AsRole
    pepper: bytes
    """Short codes are hashed with it."""
    key: Sealer
    public_url: str = ""
    """Where people reach the web pages; empty: on this machine only."""
    local_url: str = "http://127.0.0.1:8000"
    """Where this machine reaches them."""
    mail: Mail | None = None  # no mail server is set up
    names: Mapping[str, str] = field(default_factory=dict)
    """What the bot is called at each messenger, as soon as that is known."""
    trials: Trials | None = None  # keys cannot be tried out from here
    propose_after: int = 3  # pieces with one complaint, unless a team says otherwise
    models: Providers | None = None
    """The models there are, priced; None: nothing can be chosen from here."""
    plots: Plots | None = None
    usual_limits: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    most_limits: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    """US dollars a day and a month: without own limits; the most they may be, or 0."""
