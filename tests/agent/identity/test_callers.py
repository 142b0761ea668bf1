"""Who is speaking: the first owner, pairing, joining, and the chats people speak in."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.errors import Conflict
from agent.identity import callers, codes
from agent.identity.callers import Identity, Membership, Spot
from agent.identity.schemas import Grant
from bot.ports import TimeOrderedIds
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.conftest import connected
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

PEPPER = b"pepper"
IDS = TimeOrderedIds()
FIRST = Membership(EVE, RIVAL)
"""The seeds' workspace with the lowest id, and its owner."""
STRANGER = Identity("telegram", "", "999", "Zoe Zero")


async def code(
    engine: AsyncEngine, grant: Grant, *, purpose: str = callers.PAIR
) -> str:
    async with system(engine, "door") as session:
        return await codes.issue(
            session,
            purpose=purpose,
            ttl=timedelta(hours=1),
            grant=grant,
            pepper=PEPPER,
        )


async def pair(
    engine: AsyncEngine, typed: str, identity: Identity = STRANGER
) -> Membership | None:
    async with system(engine, "door") as session:
        return await callers.pair(session, identity, typed, PEPPER)


async def join(engine: AsyncEngine, identity: Identity = STRANGER) -> Membership:
    async with system(engine, "door") as session:
        return await callers.join(session, identity, IDS)


async def resolved(
    engine: AsyncEngine, identity: Identity, chat: str = "x"
) -> Row[Any]:
    async with system(engine, "door") as session:
        found = await session.execute(
            text("SELECT * FROM resolve_sender(:channel, :team, :who, '', :chat, '')"),
            {
                "channel": identity.channel,
                "team": identity.team,
                "who": identity.sender,
                "chat": chat,
            },
        )
        return found.one()


async def bind(engine: AsyncEngine, spot: Spot, workspace_id: UUID = ACME) -> UUID:
    async with system(engine, "door") as session:
        return await callers.bind_chat(session, spot, workspace_id)


async def test_all_who_race_to_the_first_start_make_one_owner(
    bare_database: Urls,
) -> None:
    async with (
        connected(bare_database.system) as engine,
        connected(bare_database.owner) as owner,
    ):

        async def first() -> Membership:
            async with system(engine, "door") as session:
                return await callers.ensure_owner(session, IDS)

        made = await asyncio.gather(*(first() for _ in range(8)))
        assert len(set(made)) == 1
        assert await one(owner, "SELECT count(*) FROM users") == 1
        assert await one(owner, "SELECT count(*) FROM workspaces") == 1
        [member] = await run(owner, "SELECT user_id, role FROM workspace_members")
        assert tuple(member) == (made[0].user_id, "owner")


async def test_an_installation_with_an_owner_keeps_them(
    system_engine: AsyncEngine,
) -> None:
    async with system(system_engine, "door") as session:
        found = await callers.ensure_owner(session, IDS)
    assert found == FIRST


async def test_a_code_makes_a_messenger_s_id_its_account(
    system_engine: AsyncEngine,
) -> None:
    typed = await code(system_engine, Grant(ANA, ACME, "owner"))
    assert await pair(system_engine, typed) == Membership(ANA, ACME)
    found = await resolved(system_engine, STRANGER)
    assert (found.user_id, found.workspace_id, found.role) == (ANA, ACME, "owner")
    assert await pair(system_engine, typed) is None  # once


async def test_no_code_and_a_wrong_one_pair_nobody(system_engine: AsyncEngine) -> None:
    for typed in ("", "hello", "AAAAA-AAAAA-AAAAA"):
        assert await pair(system_engine, typed) is None
    assert (await resolved(system_engine, STRANGER)).user_id is None


async def test_a_code_for_something_else_does_not_pair(
    system_engine: AsyncEngine,
) -> None:
    login = await code(system_engine, Grant(ANA, ACME), purpose="login")
    assert await pair(system_engine, login) is None
    nobody_s = await code(system_engine, Grant())
    with pytest.raises(Conflict, match="not for pairing"):
        await pair(system_engine, nobody_s)


async def test_pairing_again_moves_the_identity(system_engine: AsyncEngine) -> None:
    bob = Identity("telegram", "", "102", "Bob")
    assert (await resolved(system_engine, bob)).user_id == BOB
    typed = await code(system_engine, Grant(EVE, RIVAL, "owner"))
    await pair(system_engine, typed, bob)
    found = await resolved(system_engine, bob)
    assert (found.user_id, found.workspace_id) == (EVE, RIVAL)


async def test_one_id_in_two_teams_is_two_people(system_engine: AsyncEngine) -> None:
    here, there = (Identity("slack", team, "U1") for team in ("T1", "T2"))
    first, second = await join(system_engine, here), await join(system_engine, there)
    assert first.user_id != second.user_id
    assert (await resolved(system_engine, here)).user_id == first.user_id


async def test_who_joins_is_a_member_of_the_first_workspace(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    joined = await join(system_engine)
    assert joined.workspace_id == FIRST.workspace_id
    found = await resolved(system_engine, STRANGER)
    assert (found.user_id, found.role) == (joined.user_id, "member")
    [row] = await run(
        owner_engine,
        "SELECT u.full_name, m.display_name, k.channel_username FROM users u "
        "JOIN workspace_members m ON m.user_id = u.id "
        "JOIN user_channels k ON k.user_id = u.id WHERE u.id = :id",
        id=joined.user_id,
    )
    assert set(row) == {"Zoe Zero"}


async def test_who_joins_twice_at_once_is_one_person(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    before = await one(owner_engine, "SELECT count(*) FROM users")
    joined = await asyncio.gather(*(join(system_engine) for _ in range(5)))
    assert len(set(joined)) == 1
    assert await one(owner_engine, "SELECT count(*) FROM users") == before + 1


@pytest.mark.parametrize(
    ("kind", "visibility"),
    [("private", "private"), ("group", "private"), ("channel", "members")],
)
async def test_a_chat_is_bound_once_and_as_private_as_its_kind(
    system_engine: AsyncEngine, owner_engine: AsyncEngine, kind: str, visibility: str
) -> None:
    spot = Spot("telegram", "7", "-5", "", kind)
    bound = await asyncio.gather(*(bind(system_engine, spot) for _ in range(4)))
    assert len(set(bound)) == 1
    [row] = await run(
        owner_engine, "SELECT workspace_id, kind, visibility, thread_id FROM chats"
    )
    assert tuple(row) == (ACME, kind, visibility, "")


async def test_a_thread_takes_its_chat_s_brand_and_visibility(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    await bind(system_engine, Spot("slack", "T1", "C1", "", "channel"))
    brand = await one(
        owner_engine,
        "INSERT INTO clients (workspace_id, name, slug, storage_prefix) "
        "VALUES (:w, 'Acme', 'acme', 'clients/acme/') RETURNING id",
        w=ACME,
    )
    await run(
        owner_engine,
        "UPDATE chats SET client_id = :c, visibility = 'private'",
        c=brand,
    )
    thread = Spot("slack", "T1", "C1", "9.1", "channel")
    bound = await bind(system_engine, thread)
    [row] = await run(
        owner_engine,
        "SELECT kind, visibility, client_id, thread_id FROM chats WHERE id = :id",
        id=bound,
    )
    assert tuple(row) == ("thread", "private", brand, "9.1")
    assert await bind(system_engine, thread) == bound


async def test_a_thread_s_chat_is_bound_with_it(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    await bind(system_engine, Spot("slack", "T1", "C1", "9.1", "channel"))
    rows = await run(
        owner_engine, "SELECT thread_id, visibility FROM chats ORDER BY thread_id"
    )
    assert [tuple(row) for row in rows] == [("", "members"), ("9.1", "members")]


async def test_a_chat_stays_with_the_workspace_that_has_it(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    spot = Spot("telegram", "", "-5", "", "group")
    first = await bind(system_engine, spot, ACME)
    assert await bind(system_engine, spot, RIVAL) == first
    assert await one(owner_engine, "SELECT workspace_id FROM chats") == ACME
    eve = Identity("telegram", "", "201")
    found = await resolved(system_engine, eve, "-5")
    assert (found.workspace_id, found.role) == (ACME, None)  # she is no member of it
