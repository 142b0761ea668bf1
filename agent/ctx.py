"""The one argument every operation receives besides its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import Unavailable
from agent.ports import (
    Approvals,
    Audit,
    Budget,
    Change,
    Clock,
    Engine,
    Events,
    House,
    Ids,
    Objects,
    Skills,
)


class Role(IntEnum):
    """A member's standing in a workspace, low to high."""

    VIEWER = 0
    MEMBER = 10
    ADMIN = 20
    OWNER = 30


class Via(StrEnum):
    """Whose decision the call is."""

    PERSON = "person"
    """A person pressed, typed the command or sent the request."""
    MODEL = "model"
    """A model chose the call while working for the person."""
    OPERATOR = "operator"
    """Whoever runs this installation, on its machine, in the person's place."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and from where. Built from a verified message, never from params."""

    workspace_id: UUID
    user_id: UUID
    role: Role
    via: Via = Via.PERSON
    chat_id: UUID | None = None
    """Our ``chats`` row a verified message came from; opens that chat's own rows."""
    channel: str = "web"
    conversation_id: UUID | None = None
    client_id: UUID | None = None
    """The brand this conversation is about now."""
    approval_id: UUID | None = None
    """The press that allows this very call, once."""
    timezone: str = "UTC"
    scopes: frozenset[str] | None = None
    """What an API key may call; None: whatever the person may. See ``gate``."""
    is_tainted: bool = False
    """The model that chose the call has read text nobody of the team wrote."""
    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a message: kept, or refused with a reason."""

    name: str
    kind: str = ""
    """As ``assets.kind`` has it."""
    asset_id: UUID | None = None
    """None: it is not kept."""
    facts: str = ""
    """``12 pages``."""
    said: str = ""
    """For a person: what of it was not read, or why it is not kept."""
    has_text: bool = False
    words: str = ""
    """What a voice message says."""
    is_said: bool = False
    """Its words are the person's own message, and no material."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How words without a file may be about one that was sent before."""

    answered: str = ""
    """The messenger's own id of the message that they reply to."""
    is_named: bool = False
    """Whether they speak of a file."""


ONLY = "only"
"""In an origin's ``extra``: the one person who is to see the answer."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The message or press a call came from, and where its answer goes."""

    key: str
    """Makes what is done because of it happen once: the inbox row's id."""
    channel: str
    account: str
    chat: str
    thread: str
    message_id: str = ""
    """The messenger's own id of what the person wrote."""
    sender: str = ""
    """The messenger's own id of the person."""
    text: str = ""
    quoted: tuple[tuple[str, str], ...] = ()
    """What others wrote that came along: ``(source, text)`` of what was forwarded."""
    files: tuple[SentFile, ...] = ()
    """What came along with it."""
    recall: Recall | None = None
    """None: they are about no file of before."""
    inbox_id: UUID | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """What the door needs to answer well."""
    routing: Mapping[str, object] = field(default_factory=dict)
    """How the message found its skill: method, confidence, candidates, reasons."""

    @property
    def is_whispered(self) -> bool:
        """Whether the answer goes to one person alone."""
        return bool(self.extra.get(ONLY))

    @property
    def attachments(self) -> list[dict[str, str]]:
        """The files that were kept, as ``messages.attachments`` has them."""
        return [
            {"asset_id": str(file.asset_id), "kind": file.kind}
            for file in self.files
            if file.asset_id and not file.is_said
        ]

    @property
    def recipient(self) -> str:
        """``<chat>/<thread>``, as deliveries address it."""
        return f"{self.chat}/{self.thread}"


@dataclass(frozen=True, slots=True)
class Ctx:
    """One call's world: the caller, an open tenant transaction, and the ports."""

    caller: Caller
    session: AsyncSession
    approvals: Approvals
    budget: Budget
    audit: Audit
    clock: Clock
    events: Events
    ids: Ids
    objects: Objects
    """Files. What is not at hand ends the transaction; the call is made again with it.
    So ask for it whatever else there is to do, and it may be asked for once more."""
    skills: Skills
    origin: Origin | None = None
    """None where nobody is waiting in a chat: REST, MCP."""
    engine: Engine | None = None
    """None where nobody can tell how a run gets on."""
    house: House | None = None
    """None where a call may not reach beyond the tenant's rows."""
    is_overheard: bool | None = None
    """Whether others read the answer, where it is known; None: see ``earshot``."""
    changes: list[Change] = field(default_factory=list)
    """What this call changed, for the audit; see ``changed``."""

    def changed(self, change: Change) -> None:
        """Have the gate write down what was changed, in the same transaction."""
        self.changes.append(change)

    @property
    def at_home(self) -> House:
        """The house.

        Raises:
            Unavailable: This process lends none.
        """
        if self.house is None:
            raise Unavailable("This cannot be done from here.", hint="Use the chat.")
        return self.house
