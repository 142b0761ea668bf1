"""A seeded database's web chat, with what the rest of the house writes into it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.errors import NotFound
from agent.identity import codes
from agent.identity.schemas import Grant
from bot.web.desk import Batch, Visitor, WebCaller
from bot.web.pg_desk import LOGIN, PgDesk
from channels.contract import Received
from db.tenancy import system
from tests.seeds import ACME, ANA

PEPPER = b"pepper"
HERE = Visitor("127.0.0.1", "Chromium")
TALK = UUID(int=0x7A)
SOON_S = 5


class Shelf:
    """An object store of one file."""

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        raise NotImplementedError

    async def get(self, key: str) -> bytes:
        if key != "outputs/acme.md":
            raise NotFound("no such file")
        return b"# Acme"

    async def delete(self, key: str) -> None:
        raise NotImplementedError

    async def ping(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Backing:
    app: AsyncEngine
    system: AsyncEngine
    objects: Shelf
    pepper: bytes = PEPPER


async def keep(received: Sequence[Received]) -> None:
    raise NotImplementedError


async def code_for(pg: PgDesk, user_id: UUID = ANA, workspace_id: UUID = ACME) -> str:
    async with system(pg._backing.system, "door") as session:
        return await codes.issue(
            session,
            purpose=LOGIN,
            ttl=timedelta(minutes=10),
            grant=Grant(user_id, workspace_id),
            pepper=PEPPER,
        )


async def enter(
    pg: PgDesk, user_id: UUID = ANA, workspace_id: UUID = ACME
) -> WebCaller:
    token = await pg.redeem(await code_for(pg, user_id, workspace_id), HERE)
    assert token is not None
    caller = await pg.who(token)
    assert caller is not None
    return caller


class Chat:
    """A person's chat, and what the rest of the house writes into it."""

    def __init__(self, pg: PgDesk, owner: AsyncEngine, ana: WebCaller) -> None:
        self.pg, self.ana, self._owner = pg, ana, owner

    async def do(self, statement: str, **facts: object) -> UUID:
        async with self._owner.begin() as connection:
            result = await connection.execute(text(statement), facts)
            return result.scalar() if result.returns_rows else UUID(int=0)  # type: ignore[return-value]

    async def hears(self, words: str, client_id: str = "") -> UUID:
        return await self.do(
            "INSERT INTO messages (workspace_id, conversation_id, author_id, role,"
            " channel, content, channel_message_id)"
            " VALUES (:ws, :c, :u, 'user', 'web', :t, :m) RETURNING id",
            ws=ACME, c=TALK, u=ANA, t=words, m=client_id or None,
        )  # fmt: skip

    async def says(self, words: str, **payload: object) -> UUID:
        shown = {"text": words, "buttons": [], "files": [], **payload}
        return await self.do(
            "INSERT INTO deliveries (workspace_id, conversation_id, channel, recipient,"
            " purpose, dedupe_key, payload) VALUES (:ws, :c, 'web', :u, 'reply',"
            " gen_random_uuid()::text, CAST(:p AS jsonb)) RETURNING id",
            ws=ACME, c=TALK, u=f"{ANA}/", p=json.dumps(shown),
        )  # fmt: skip

    async def streams(self, row_id: UUID, words: str) -> None:
        await self.do(
            "UPDATE deliveries SET partial = :t, revision = revision + 1"
            " WHERE id = :id",
            t=words,
            id=row_id,
        )

    async def finishes(self, row_id: UUID, words: str) -> None:
        await self.do(
            "UPDATE deliveries SET partial = NULL, revision = revision + 1,"
            " payload = payload || CAST(:p AS jsonb) WHERE id = :id",
            p=json.dumps({"text": words}),
            id=row_id,
        )

    @asynccontextmanager
    async def follow(self, after: str = "") -> "AsyncIterator[Page]":
        async with aclosing(self.pg.changes(self.ana, after)) as changes:  # type: ignore[type-var]
            yield Page(changes)


class Page:
    """One open page."""

    def __init__(self, changes: AsyncIterator[Batch]) -> None:
        self._changes = changes

    async def next(self) -> Batch:
        """The next batch that says something."""
        async with asyncio.timeout(SOON_S):
            async for batch in self._changes:
                if batch.shown or batch.whole:
                    return batch
        raise AssertionError("the changes ended")


async def begun(pg: PgDesk, owner: AsyncEngine) -> Chat:
    """Ana at her page, with a conversation begun."""
    made = Chat(pg, owner, await enter(pg))
    await made.do(
        "INSERT INTO conversations (id, workspace_id, user_id) VALUES (:id, :ws, :u)",
        id=TALK,
        ws=ACME,
        u=ANA,
    )
    await made.do("UPDATE chats SET conversation_id = :id", id=TALK)
    return made
