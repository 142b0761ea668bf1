"""One person's rows, one private chat's rows, and opening a chat to all members."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.tenancy import tenant
from tests.db.asking import run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA, BOB, RIVAL

PRIVATE = [name for name, table in TABLES.items() if "private_chat_id" in table.c]
FOLLOWING = ("runs", "assets")
"""They follow their conversation by themselves."""
READER = dict.fromkeys(PRIVATE, "user_id")
READER |= dict.fromkeys(FOLLOWING, "private_user_id")
"""The column that names the one reader; a run's ``user_id`` says who asked."""


@dataclass(frozen=True)
class Chat:
    """A private group of ACME's, and one conversation in it with a row of each kind."""

    id: UUID
    conversation: UUID


def fill(connection: Any) -> Chat:
    rows = Rows(connection, ACME, ANA)

    def add(name: str, **values: object) -> UUID:
        drafted = rows.draft(name) | values
        if "user_id" in drafted and name != "runs":
            drafted["user_id"] = None
        table = TABLES[name]
        added = connection.execute(insert(table).values(drafted).returning(table.c.id))
        key: UUID = added.scalar_one()
        return key

    chat = add("chats", kind="group", channel="telegram", chat_id="-7")
    talk = add("conversations", private_chat_id=chat)
    rows.use("conversations", talk)
    message = add("messages")
    add("dialogs")
    add("deliveries", conversation_id=talk)
    add("runs", conversation_id=talk)
    add("assets", conversation_id=talk, private_user_id=None, private_chat_id=chat)
    add("routing_labels", message_id=message)
    connection.execute(
        TABLES["chats"].update().where(TABLES["chats"].c.id == chat),
        {"conversation_id": talk},
    )
    return Chat(chat, talk)


@pytest.fixture
async def chat(owner_engine: AsyncEngine) -> Chat:
    async with owner_engine.begin() as connection:
        return await connection.run_sync(fill)


def owned(connection: Any, name: str) -> None:
    """A row of ANA's alone; a run is, when its conversation is."""
    rows = Rows(connection, ACME, ANA)
    drafted = rows.draft(name)
    if name == "runs":
        drafted["conversation_id"] = rows.keys("conversations")["id"]
    if name == "assets":
        drafted["private_user_id"] = ANA
    connection.execute(insert(TABLES[name]).values(drafted))


async def seen(
    engine: AsyncEngine, name: str, person: UUID, chat: UUID | None = None
) -> list[Row[Any]]:
    async with tenant(engine, ACME, person, chat) as session:
        return await run(
            session,
            f"SELECT {READER[name]}, private_chat_id FROM {name}",  # noqa: S608 - ours
        )


def test_these_tables_may_hold_what_a_private_chat_said() -> None:
    assert set(PRIVATE) == {
        *("conversations", "messages", "dialogs", "deliveries", "routing_labels"),
        *FOLLOWING,
    }


@pytest.mark.parametrize("name", PRIVATE)
async def test_a_member_outside_the_chat_finds_none_of_its_rows(
    app_engine: AsyncEngine, chat: Chat, name: str
) -> None:
    assert await seen(app_engine, name, BOB, chat.id) == [(None, chat.id)]
    assert await seen(app_engine, name, BOB) == []
    assert await seen(app_engine, name, ANA) == []


@pytest.mark.parametrize("name", PRIVATE)
async def test_a_persons_rows_are_closed_to_colleagues(
    app_engine: AsyncEngine, owner_engine: AsyncEngine, name: str
) -> None:
    async with owner_engine.begin() as connection:
        await connection.run_sync(owned, name)
    assert len(await seen(app_engine, name, ANA)) == 1
    assert await seen(app_engine, name, BOB) == []


@pytest.mark.parametrize("name", ["messages", "dialogs", "deliveries", "runs"])
async def test_nobody_writes_into_a_conversation_they_cannot_read(
    app_engine: AsyncEngine, owner_engine: AsyncEngine, chat: Chat, name: str
) -> None:
    async with owner_engine.begin() as connection:
        draft = await connection.run_sync(lambda c: Rows(c, ACME, BOB).draft(name))
    claimed = draft | {"conversation_id": chat.conversation, "user_id": BOB}
    if name == "dialogs":
        claimed["author_id"] = BOB  # one open form a person
    if name == "runs":
        claimed["number"] += 1
    with pytest.raises(DBAPIError, match="row-level security"):
        async with tenant(app_engine, ACME, BOB) as session:
            await session.execute(insert(TABLES[name]).values(claimed))
    async with tenant(app_engine, ACME, BOB, chat.id) as session:
        await session.execute(insert(TABLES[name]).values(claimed))
    assert (None, chat.id) in await seen(app_engine, name, BOB, chat.id)


@pytest.mark.parametrize(
    "name", ["messages", "dialogs", "deliveries", "routing_labels"]
)
async def test_an_update_opens_no_row(
    app_engine: AsyncEngine, chat: Chat, name: str
) -> None:
    async with tenant(app_engine, ACME, ANA, chat.id) as session:
        await run(session, f"UPDATE {name} SET private_chat_id = NULL")  # noqa: S608
    assert await seen(app_engine, name, BOB) == []


async def test_no_member_opens_a_conversation_by_hand(
    app_engine: AsyncEngine, chat: Chat
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with tenant(app_engine, ACME, ANA, chat.id) as session:
            await run(session, "UPDATE conversations SET private_chat_id = NULL")


OPEN = "SELECT set_chat_visibility(:acme, :person, :chat, :wanted) AS moved"


async def turn(
    engine: AsyncEngine, chat: UUID, wanted: str, *, person: UUID = ANA
) -> int:
    async with tenant(engine, ACME, person) as session:
        values = {"acme": ACME, "person": person, "chat": chat, "wanted": wanted}
        moved: int = (await run(session, OPEN, **values))[0].moved
        return moved


async def test_opening_a_chat_moves_it_and_all_its_rows_at_once_and_back(
    app_engine: AsyncEngine, chat: Chat
) -> None:
    moved = len(PRIVATE) - len(FOLLOWING)  # what follows is not counted
    assert await turn(app_engine, chat.id, "members") == moved
    for name in PRIVATE:
        assert await seen(app_engine, name, BOB) == [(None, None)]
    assert await turn(app_engine, chat.id, "private") == moved
    for name in PRIVATE:
        assert await seen(app_engine, name, BOB) == []
        assert await seen(app_engine, name, BOB, chat.id) == [(None, chat.id)]


async def test_a_member_opens_no_chat(app_engine: AsyncEngine, chat: Chat) -> None:
    with pytest.raises(DBAPIError, match="an owner or admin"):
        await turn(app_engine, chat.id, "members", person=BOB)


async def test_nobody_opens_a_chat_in_anothers_name_or_workspace(
    app_engine: AsyncEngine, chat: Chat
) -> None:
    for where, person in ((ACME, BOB), (RIVAL, ANA)):
        with pytest.raises(DBAPIError, match="an owner or admin"):  # noqa: PT012 - it fails at commit
            async with tenant(app_engine, where, person) as session:
                values = {"acme": ACME, "person": ANA, "chat": chat.id}
                await run(session, OPEN, wanted="members", **values)


async def test_a_one_to_one_chat_is_never_opened(
    app_engine: AsyncEngine, owner_engine: AsyncEngine, chat: Chat
) -> None:
    await run(owner_engine, "UPDATE chats SET kind = 'private'")
    with pytest.raises(DBAPIError, match="one-to-one"):
        await turn(app_engine, chat.id, "members")


async def test_deleting_a_chat_deletes_its_rows_and_opens_none(
    app_engine: AsyncEngine, owner_engine: AsyncEngine, chat: Chat
) -> None:
    await run(owner_engine, "DELETE FROM chats")
    for name in PRIVATE:
        assert await run(owner_engine, f"SELECT id FROM {name}") == []  # noqa: S608
