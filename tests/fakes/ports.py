"""Working stand-ins for ``agent.ports``: small enough to read, no mocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import NeedsApproval, NotFound, OverBudget
from agent.ports import Change, Letter, SkillRef, Who


class Approvals:
    """Keeps each press until the call that it was given for uses it up."""

    def __init__(self) -> None:
        self._open: dict[UUID, str] = {}

    def press(self, asked: NeedsApproval, approval_id: UUID) -> None:
        """A person answers the question with yes."""
        self._open[approval_id] = asked.params_hash

    async def use(
        self, session: AsyncSession, approval_id: UUID, *, params_hash: str
    ) -> bool:
        if self._open.get(approval_id) != params_hash:
            return False
        del self._open[approval_id]
        return True


@dataclass
class Purse:
    """A budget that is empty or not, and counts who asked."""

    is_empty: bool = False
    asked: list[UUID] = field(default_factory=list)

    async def ensure_left(self, session: AsyncSession, who: Who) -> None:
        self.asked.append(who.user_id)
        if self.is_empty:
            raise OverBudget("Nothing is left.")


@dataclass
class Diary:
    """Remembers what was recorded."""

    lines: list[tuple[UUID, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    async def record(
        self,
        session: AsyncSession,
        who: Who,
        *,
        action: str,
        changes: Sequence[Change] = (),
    ) -> None:
        self.lines.append((who.user_id, action))
        self.changes += changes

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        is_new = key not in self.taken
        self.taken.add(key)
        return is_new

    async def refused(
        self, session: AsyncSession, who: Who, *, operation: str, reason: str
    ) -> bool:
        self.lines.append((who.user_id, f"refused {operation}"))
        return True


@dataclass
class Still:
    """A clock that shows one instant."""

    shows: datetime = datetime(2026, 11, 21, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.shows


class Ids:
    """Ids 1000, 1001, ..."""

    def __init__(self) -> None:
        self._next = count(1000)

    def new(self) -> UUID:
        return UUID(int=next(self._next))


@dataclass
class Outbox:
    """Keeps what was emitted, once per key."""

    sent: dict[str, tuple[str, Mapping[str, object]]] = field(default_factory=dict)

    async def emit(
        self,
        session: AsyncSession,
        name: str,
        data: Mapping[str, object],
        *,
        key: str,
    ) -> None:
        self.sent.setdefault(key, (name, data))


@dataclass
class Files:
    """An object store in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        self.kept[key] = body

    async def get(self, key: str) -> bytes:
        try:
            return self.kept[key]
        except KeyError:
            raise NotFound("That file is not kept.") from None

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    async def ping(self) -> None:
        """It is always there."""


@dataclass
class Skills:
    """A shelf of what it was given."""

    refs: tuple[SkillRef, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> SkillRef | None:
        return next((ref for ref in self.refs if ref.name == name), None)


@dataclass
class Letters:
    """A mail server that takes everything; what it got, in order."""

    sent: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        self.sent.append(letter)
