"""Renaming, archiving, restoring."""

import asyncio

import pytest

from agent.clients import brands
from agent.clients.errors import ClientArchived, ClientExists, NoSuchClient
from agent.clients.operations import list_clients, new_client, show_client
from agent.clients.shelf_operations import (
    archive_client,
    rename_client,
    restore_client,
)
from agent.clients.version_operations import client_history
from agent.errors import BadInput
from tests.agent.clients.making import add, edit, names, picked
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import run


async def test_a_brand_is_called_otherwise_and_keeps_its_history(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    done = await world.call(rename_client, AS_BOB, name="acme", to="Acme  Health")
    assert (done.before, done.name, done.version, done.client_id) == (
        ("Acme", "Acme Health", 2, acme)
    )
    assert await picked(world, "acme health") == "Acme Health"
    assert await names(world, "copy for Acme Health") == ["Acme Health"]
    log = await world.call(client_history, AS_ANA, name="Acme Health")
    assert log.lines[0].changelog == "Renamed from Acme"
    async with world.tenant(AS_ANA) as session:
        assert await brands.summary_of(session, acme) == (
            "Brand: Acme Health\nHow it sounds: calm"
        )


async def test_two_brands_cannot_be_called_alike(world: World) -> None:
    await add(world, "Acme", "Beacon")
    with pytest.raises(ClientExists, match="ACME is there already"):
        await world.call(rename_client, AS_ANA, name="Beacon", to="ACME")
    with pytest.raises(BadInput, match="nobody could see"):
        await world.call(rename_client, AS_ANA, name="Beacon", to="\u200b")
    results = await asyncio.gather(
        *(
            world.call(rename_client, AS_ANA, name=name, to="Zeta")
            for name in ("Acme", "Beacon")
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in results) == ["ClientExists", "Renamed"]


async def test_the_same_name_in_another_spelling_is_still_its_own(world: World) -> None:
    await add(world, "Acme")
    done = await world.call(rename_client, AS_ANA, name="Acme", to="ACME")
    assert done.name == "ACME"


async def test_an_archived_brand_is_hidden_and_comes_back_whole(world: World) -> None:
    [acme, _] = await add(world, "Acme", "Beacon")
    await edit(world, acme, "voice", "calm")
    away = await world.call(archive_client, AS_BOB, name="acme")
    assert (away.is_archived, away.is_new) == (True, True)
    listed = await world.call(list_clients, AS_ANA)
    assert [line.name for line in listed.lines] == ["Beacon"]
    put_away = await world.call(list_clients, AS_ANA, archived=True)
    assert [line.name for line in put_away.lines] == ["Acme"]
    with pytest.raises(ClientArchived, match="Acme is archived"):
        await world.call(show_client, AS_ANA, name="Acme")
    with pytest.raises(ClientArchived):
        await edit(world, acme, "voice", "warm")
    with pytest.raises(ClientExists, match="already, archived"):
        await world.call(new_client, AS_ANA, name="Acme")
    back = await world.call(restore_client, AS_ANA, name="Acme")
    assert (back.is_archived, back.is_new) == (False, True)
    shown = await world.call(show_client, AS_ANA, name="Acme")
    assert shown.version == 1


async def test_archiving_or_restoring_twice_changes_nothing_more(world: World) -> None:
    await add(world, "Acme")
    for op in (archive_client, archive_client, restore_client, restore_client):
        await world.call(op, AS_ANA, name="Acme")
    rows = await run(
        world.owner,
        """SELECT before, after FROM events WHERE stream_type = 'client'
           AND type <> 'clients.new' ORDER BY id""",
    )
    assert [(row.before, row.after) for row in rows] == [
        ({"archived": False}, {"archived": True}),
        ({"archived": True}, {"archived": False}),
    ]


async def test_a_neighbour_archives_nothing(world: World) -> None:
    await add(world, "Acme")
    for op in (archive_client, restore_client):
        with pytest.raises(NoSuchClient):
            await world.call(op, AS_EVE, name="Acme")
    assert await picked(world, "Acme") == "Acme"
