from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.identity import sessions, throttles
from agent.identity.sessions import Client, Person
from db.tenancy import system
from tests.seeds import ACME, ANA


async def opened(engine: AsyncEngine) -> str:
    client = Client("127.0.0.1", "Chromium")
    async with system(engine, "door") as session:
        return await sessions.create(
            session, user_id=ANA, workspace_id=ACME, client=client
        )


async def found(engine: AsyncEngine, token: str) -> Person | None:
    async with system(engine, "door") as session:
        return await sessions.find(session, token)


async def behind(engine: AsyncEngine, statement: str, **facts: object) -> object:
    """Do something the door cannot."""
    async with engine.begin() as connection:
        result = await connection.execute(text(statement), facts)
        return result.scalar() if result.returns_rows else None


async def test_a_token_finds_its_person(system_engine: AsyncEngine) -> None:
    person = await found(system_engine, await opened(system_engine))
    assert person is not None
    assert (person.user_id, person.workspace_id) == (ANA, ACME)
    assert (person.name, person.chat_id) == ("Ana", None)


@pytest.mark.parametrize("token", ["", ".", "x.y", "\x00" * 9, "é" * 400])
async def test_a_made_up_token_finds_nobody(
    system_engine: AsyncEngine, token: str
) -> None:
    await opened(system_engine)
    assert await found(system_engine, token) is None


async def test_a_token_cut_or_changed_finds_nobody(system_engine: AsyncEngine) -> None:
    token = await opened(system_engine)
    for wrong in (token[:-1], f"{token}x", token.swapcase(), token.partition(".")[2]):
        assert await found(system_engine, wrong) is None


async def test_the_table_holds_no_token(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    token = await opened(system_engine)
    row = await behind(owner_engine, "SELECT t::text FROM access_tokens t")
    assert token.partition(".")[2] not in str(row)


async def test_a_session_signed_out_is_over(system_engine: AsyncEngine) -> None:
    token, other = await opened(system_engine), await opened(system_engine)
    for _ in range(2):
        async with system(system_engine, "door") as session:
            await sessions.revoke(session, token)
    assert await found(system_engine, token) is None
    assert await found(system_engine, other) is not None


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE access_tokens SET expires_at = now() - interval '1 s'",
        "UPDATE users SET is_active = false",
        "UPDATE access_tokens SET kind = 'refresh'",
        "DELETE FROM workspace_members WHERE display_name = 'Ana'",
    ],
)
async def test_a_session_ends_with_its_time_its_account_or_its_membership(
    system_engine: AsyncEngine, owner_engine: AsyncEngine, end: str
) -> None:
    token = await opened(system_engine)
    bare = "ALTER TABLE workspace_members DISABLE TRIGGER USER"
    await behind(owner_engine, bare)
    await behind(owner_engine, end)
    assert await found(system_engine, token) is None


async def test_use_prolongs_a_session_once_a_day(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    left = "SELECT expires_at - now() FROM access_tokens"
    age = "UPDATE access_tokens SET expires_at = now() + CAST(:left AS interval)"
    token = await opened(system_engine)
    for before, after in ((29.5, 29.5), (28.5, 30)):
        await behind(owner_engine, age, left=timedelta(days=before))
        await found(system_engine, token)
        days = await behind(owner_engine, left)
        assert isinstance(days, timedelta)
        assert days == pytest.approx(timedelta(days=after), abs=timedelta(minutes=1))


async def test_one_try_too_many_is_refused_until_the_window_is_over(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    async def tried(key: str = "signin:1") -> bool:
        async with system(system_engine, "door") as session:
            return await throttles.allow(
                session, key, limit=3, window=timedelta(minutes=1)
            )

    assert [await tried() for _ in range(5)] == [True, True, True, False, False]
    assert await tried("signin:2")
    await behind(owner_engine, "UPDATE throttles SET expires_at = now()")
    assert await tried()
