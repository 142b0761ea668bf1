"""The desk over PostgreSQL: every read is made anew, with the person's own rights."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.errors import NotFound
from agent.identity import callers, codes, sessions, throttles
from agent.identity.callers import Identity, Membership, Spot
from agent.identity.linking import LINK
from agent.identity.schemas import Grant
from agent.identity.sessions import Client
from agent.ports import Objects
from bot.ears import Ears, Heard
from bot.web import pg_queries, shown
from bot.web.desk import Batch, Shown, TooManyTries, Visitor, WebCaller
from channels.contract import ChannelName, Keep, OutFile
from db.tenancy import system, tenant

LOGIN = "login"
TRIES, WINDOW = 10, timedelta(minutes=1)
"""Sign-ins from one address."""
LATEST = 50
"""How much of the chat a page begins with."""
BURST = 200
"""How much may change between two looks; beyond, the page begins anew."""
BEAT_S = 10.0
OVERLAP = timedelta(seconds=15)
"""A row is dated when its transaction begins, and seen when it commits."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a page has read, and in which conversation."""

    at: datetime
    conversation_id: UUID | None

    def __str__(self) -> str:
        return f"{shown.micros(self.at)}@{self.conversation_id or ''}"

    @classmethod
    def parse(cls, given: str) -> "Cursor | None":
        """Read it back; None for anything else."""
        at, _, conversation = given.partition("@")
        try:
            where = UUID(conversation) if conversation else None
            return cls(shown.moment(int(at)), where)
        except (ValueError, OverflowError):
            return None


class Backing(Protocol):
    """What the desk works with; `bot.services.Services` has it all."""

    @property
    def app(self) -> AsyncEngine:
        """A pool of ``agent_app``."""
        ...

    @property
    def system(self) -> AsyncEngine:
        """A pool of ``agent_system``."""
        ...

    @property
    def objects(self) -> Objects:
        """Where files are."""
        ...

    @property
    def pepper(self) -> bytes:
        """What codes are hashed with."""
        ...


class PgDesk:
    """Satisfies `Desk`."""

    def __init__(self, backing: Backing, ears: Ears, keep: Keep) -> None:
        """Serve people: ``ears`` tells of news, ``keep`` commits what they do."""
        self._backing = backing
        self._ears = ears
        self.keep = keep

    async def redeem(self, code: str, visitor: Visitor) -> str | None:
        """See `Desk`."""
        key = f"signin:{visitor.address}"
        async with self._door() as session:
            allowed = await throttles.allow(session, key, limit=TRIES, window=WINDOW)
        if not allowed:
            raise TooManyTries
        async with self._door() as session:
            grant = await self._granted(session, code)
            if grant is None or grant.user_id is None or grant.workspace_id is None:
                return None
            member = Membership(grant.user_id, grant.workspace_id)
            return await open_session(session, member, visitor)

    async def _granted(self, session: AsyncSession, code: str) -> Grant | None:
        # The code that links another messenger signs in, too: the web is one.
        for purpose in (LOGIN, LINK):
            grant = await codes.redeem(
                session, purpose=purpose, code=code, pepper=self._backing.pepper
            )
            if grant is not None:
                return grant
        return None

    async def who(self, token: str) -> WebCaller | None:
        """See `Desk`."""
        async with self._door() as session:
            person = await sessions.find(session, token)
        if person is None:
            return None
        return WebCaller(
            user_id=person.user_id,
            workspace_id=person.workspace_id,
            session_id=person.session_id,
            name=person.name,
            chat_id=person.chat_id,
            role=person.role,
            workspace=person.workspace,
            timezone=person.timezone,
            is_moved=person.is_moved,
        )

    async def rotate(self, token: str, visitor: Visitor) -> str | None:
        """See `Desk`."""
        client = Client(visitor.address, visitor.user_agent)
        async with self._door() as session:
            return await sessions.rotate(session, token, client)

    async def sign_out(self, token: str) -> None:
        """See `Desk`."""
        async with self._door() as session:
            await sessions.revoke(session, token)

    async def history(
        self, caller: WebCaller, *, limit: int, before: str = ""
    ) -> list[Shown]:
        """See `Desk`."""
        position = shown.position_of(before)
        async with self._as(caller) as session:
            where = await pg_queries.conversation(session, caller.user_id)
            if where is None or (before and position is None):
                return []
            if position is None:
                rows = await pg_queries.latest(session, where, limit=limit)
            else:
                rows = await pg_queries.before(session, where, position, limit=limit)
        return [shown.from_row(row) for row in rows]

    async def changes(self, caller: WebCaller, after: str) -> AsyncIterator[Batch]:
        """See `Desk`."""
        follower = _Follower(self, caller, Cursor.parse(after))
        async with self._ears.hear(f"u_{caller.user_id}") as heard:
            async for batch in follower.batches(heard):
                yield batch

    async def file(self, caller: WebCaller, key: str) -> OutFile | None:
        """See `Desk`."""
        async with self._as(caller) as session:
            file = await _file_of(session, key)
        if file is None:
            return None
        try:
            body = await self._backing.objects.get(file["storage_key"])
        except NotFound:
            return None
        return OutFile(file["name"], file.get("media_type") or file["mime"], body)

    async def look(self, caller: WebCaller, cursor: Cursor | None) -> "_Look":
        """Read what changed since ``cursor``, or the latest when it does not fit."""
        async with self._as(caller) as session:
            where = await pg_queries.conversation(session, caller.user_id)
            if where is None:
                fresh = cursor is None or cursor.conversation_id is not None
                return _Look(None, [], whole=fresh)
            if cursor is not None and cursor.conversation_id == where:
                since = cursor.at - OVERLAP
                rows = await pg_queries.changed(session, where, since, limit=BURST)
                if len(rows) < BURST:
                    return _Look(where, rows)
            rows = await pg_queries.latest(session, where, limit=LATEST)
        return _Look(where, rows, whole=True)

    def _as(self, caller: WebCaller) -> AbstractAsyncContextManager[AsyncSession]:
        app, chat_id = self._backing.app, caller.chat_id
        return tenant(app, caller.workspace_id, caller.user_id, chat_id)

    def _door(self) -> AbstractAsyncContextManager[AsyncSession]:
        return system(self._backing.system, "door")


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the rows found."""

    conversation_id: UUID | None
    rows: list[RowMapping]
    whole: bool = False


class _Follower:
    """One page's way through the changes: which rows it has, in which revision."""

    def __init__(self, desk: PgDesk, caller: WebCaller, cursor: Cursor | None) -> None:
        self._desk = desk
        self._caller = caller
        self._cursor = cursor
        self._has: dict[UUID, tuple[int, int]] = {}

    async def batches(self, heard: Heard) -> AsyncIterator[Batch]:
        while True:
            found = await self._desk.look(self._caller, self._cursor)
            yield self._batch(found)
            await heard.wait(BEAT_S)

    def _batch(self, found: _Look) -> Batch:
        if found.whole:
            self._has.clear()
        news = [row for row in found.rows if self._has.get(row["id"]) != _state(row)]
        self._has = {row["id"]: _state(row) for row in found.rows}
        self._cursor = self._moved(found)
        ready = tuple(map(shown.from_row, news))
        return Batch(str(self._cursor), ready, whole=found.whole)

    def _moved(self, found: _Look) -> Cursor:
        before = None if found.whole else self._cursor
        moments = [row["changed_at"] for row in found.rows]
        newest = max([before.at if before else shown.EPOCH, *moments])
        return Cursor(newest, found.conversation_id)


def _state(row: RowMapping) -> tuple[int, int]:
    return row["revision"], len(row["partial"] or "")


def web_spot(user_id: UUID) -> Spot:
    """Somebody's web chat."""
    return Spot(ChannelName.WEB, "", str(user_id), "", "private")


async def open_session(
    session: AsyncSession, member: Membership, visitor: Visitor
) -> str:
    """A new session's token, in a browser that was shown to be this person's."""
    here = str(member.user_id)
    await callers.know(session, member, Identity(ChannelName.WEB, "", here))
    spot = web_spot(member.user_id)
    await callers.bind_chat(session, spot, member.workspace_id)
    # Whoever asked for the link elsewhere comes into that workspace, chat and all.
    await callers.hand_over(session, spot, member)
    return await sessions.create(
        session,
        user_id=member.user_id,
        workspace_id=member.workspace_id,
        client=Client(visitor.address, visitor.user_agent),
    )


async def _file_of(session: AsyncSession, key: str) -> Mapping[str, Any] | None:
    """A file by what the page calls it: one they sent, or one of a message of ours."""
    first, _, second = key.partition(":")
    try:
        if first == shown.SENT:
            return await pg_queries.asset(session, UUID(second))
        payload = await pg_queries.payload(session, UUID(first))
        return shown.file_at(payload or {}, int(second))
    except ValueError:
        return None
