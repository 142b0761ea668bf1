"""Workspaces: begun, switched, named; and the walls that hold when somebody reaches."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from agent.ctx import Caller, Role
from agent.errors import BadInput, Conflict, Forbidden, NotFound
from agent.identity import workspaces
from agent.identity.workspace_operations import (
    bind,
    list_workspaces,
    new_workspace,
    open_chat,
    rename_workspace,
    switch,
)
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place
from agent.memory import conversations
from agent.memory.schemas import Said
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB, RIVAL

JOIN = """
    INSERT INTO workspace_members (workspace_id, user_id, role) VALUES (:w, :u, :role)
"""


async def said_something(world: World, caller: Caller, words: str) -> None:
    """As intake does: what was written is kept, and an answer is planned."""
    async with world.tenant(caller) as session:
        await conversations.say(session, caller, Said(content=words, channel="web"))
        owner = Owner(caller.workspace_id, caller.conversation_id)
        place = Place("telegram", "", "1/")
        await deliveries.plan(session, place, Message(words), owner=owner, key=words)


async def test_who_begins_a_workspace_owns_it_and_nobody_else_is_in_it(
    world: World,
) -> None:
    bob = await world.settled(AS_BOB)
    made = await world.call(new_workspace, bob, name="  Yaz \u202e\x07 Agency ")
    assert (made.name, made.role, made.moved) == ("Yaz Agency", "owner", True)
    members = """SELECT user_id, role, display_name FROM workspace_members
                 WHERE workspace_id = :w"""
    [row] = await run(world.owner, members, w=made.workspace_id)
    assert tuple(row) == (BOB, "owner", "Bob")
    kinds = "SELECT kind FROM workspaces WHERE id = :w"
    assert await one(world.owner, kinds, w=made.workspace_id) == "team"
    found = await world.call(list_workspaces, bob)
    assert [(line.name, line.is_here) for line in found.lines] == [
        ("Acme", True),
        ("Yaz Agency", False),
    ]


async def test_a_name_is_needed_once_and_there_is_an_end_to_them(world: World) -> None:
    with pytest.raises(BadInput, match="needs letters"):
        await world.call(new_workspace, AS_BOB, name=" \u200b ")
    with pytest.raises(Conflict, match="called ACME already"):
        await world.call(new_workspace, AS_BOB, name="ACME")
    for number in range(workspaces.MOST_OWNED):
        await world.call(new_workspace, AS_BOB, name=f"Own {number}")
    with pytest.raises(Conflict, match="that is the most"):
        await world.call(new_workspace, AS_BOB, name="One more")


async def test_what_was_said_stays_where_it_was_said(world: World) -> None:
    await run(world.owner, JOIN, w=RIVAL, u=BOB, role="viewer")
    bob = await world.settled(AS_BOB)
    await said_something(world, bob, "a secret of Acme's")
    moved = await world.call(switch, bob, name="rival")
    assert (moved.workspace_id, moved.role) == (RIVAL, "viewer")
    there = replace(bob, workspace_id=RIVAL, conversation_id=None, role=Role.VIEWER)
    async with world.tenant(there) as session:
        query = text("SELECT count(*) FROM messages")
        assert await session.scalar(query) == 0
        begun = await conversations.ensure(session, there, is_private=True)
    assert begun != bob.conversation_id
    back = await world.call(switch, replace(there, chat_id=bob.chat_id), name="Acme")
    assert back.workspace_id == ACME


@pytest.mark.parametrize("name", ["Rival", str(RIVAL), "", "%", "riv' OR true --"])
async def test_a_workspace_one_is_not_in_cannot_be_named(
    world: World, name: str
) -> None:
    bob = await world.settled(AS_BOB)
    with pytest.raises(NotFound, match="in no workspace called"):
        await world.call(switch, bob, name=name)


async def test_a_group_with_private_words_moves_only_with_an_admin_of_both(
    world: World,
) -> None:
    await run(world.owner, JOIN, w=RIVAL, u=ANA, role="member")
    group = await world.settled(AS_ANA, chat="-5", kind="group")
    await said_something(world, group, "among us")
    with pytest.raises(Forbidden, match="admin of both"):
        await world.call(switch, group, name="Rival")
    await run(
        world.owner,
        "UPDATE workspace_members SET role = 'admin' WHERE user_id = :u "
        "AND workspace_id = :w",
        u=ANA,
        w=RIVAL,
    )
    moved = await world.call(bind, group, target="Rival")
    assert moved.chat_id != group.chat_id
    rows = await run(
        world.owner, "SELECT workspace_id, chat_id, state FROM chats ORDER BY id"
    )
    assert (rows[0].workspace_id, rows[0].state) == (ACME, "left")
    assert rows[0].chat_id.startswith("-5#")
    assert tuple(rows[1]) == (RIVAL, "-5", "active")
    eve = replace(AS_EVE, chat_id=moved.chat_id)
    async with world.tenant(eve) as session:
        assert await session.scalar(text("SELECT count(*) FROM messages")) == 0


REACHES = {
    "another's chat": "SELECT rebind_chat(:me, :chat, :mine)",
    "another's name": "SELECT rebind_chat(:ana, :here, :mine)",
    "a workspace one is not in": "SELECT rebind_chat(:me, :here, :rival)",
    "a workspace for another": "SELECT begin_workspace(:ana, uuidv7(), 'x', 'team')",
    "past the functions": "UPDATE chats SET workspace_id = :rival WHERE id = :here",
}


@pytest.mark.parametrize("reach", REACHES)
async def test_the_door_s_functions_serve_the_caller_alone(
    world: World, reach: str
) -> None:
    ana, bob = await world.settled(AS_ANA), await world.settled(AS_BOB, chat="2")
    values: dict[str, object] = {"me": BOB, "ana": ANA, "mine": ACME, "rival": RIVAL}
    values |= {"chat": ana.chat_id, "here": bob.chat_id}
    statement = REACHES[reach]
    named = {key: value for key, value in values.items() if f":{key}" in statement}

    async def try_it() -> None:
        async with world.tenant(bob) as session:
            await session.execute(text(statement), named)

    with pytest.raises(DBAPIError) as refused:
        await try_it()
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"


async def test_a_group_is_opened_with_its_threads(world: World) -> None:
    group = await world.settled(AS_ANA, chat="-5", kind="group")
    bob = replace(AS_BOB, chat_id=None)
    await said_something(world, group, "among us")
    seen = text("SELECT count(*) FROM messages WHERE content = 'among us'")
    async with world.tenant(bob) as session:
        assert await session.scalar(seen) == 0
    assert (await world.call(open_chat, group, state="open")).is_open
    async with world.tenant(bob) as session:
        assert await session.scalar(seen) == 1
    assert not (await world.call(open_chat, group, state="close")).is_open
    async with world.tenant(bob) as session:
        assert await session.scalar(seen) == 0
    private = await world.settled(AS_ANA, chat="9")
    with pytest.raises(BadInput, match="yours alone"):
        await world.call(open_chat, private, state="open")
    with pytest.raises(Forbidden):
        await world.call(open_chat, AS_BOB, state="open")


async def test_a_new_name_is_on_record_with_the_old_one(world: World) -> None:
    done = await world.call(rename_workspace, AS_ANA, name="Acme & Co")
    assert (done.name, done.before) == ("Acme & Co", "Acme")
    query = "SELECT before, after FROM events WHERE type = 'identity.rename_workspace'"
    [row] = await run(world.owner, query)
    assert (row.before, row.after) == ({"name": "Acme"}, {"name": "Acme & Co"})
    names = "SELECT name FROM workspaces WHERE id = :w"
    assert await one(world.owner, names, w=RIVAL) == "Rival"
