"""Editing a profile: versions, who comes first, and the way back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from agent.clients import editing
from agent.clients.errors import ClientGone, NoSuchClient, NoSuchVersion, StaleEdit
from agent.clients.facts import COLUMNS, MOST
from agent.clients.operations import show_client
from agent.clients.version_operations import (
    client_history,
    client_version,
    compare_versions,
    restore_version,
)
from agent.ctx import Role, Via
from agent.errors import BadInput, Forbidden
from agent.identity.days import NoSuchDay
from tests.agent.clients.making import add, edit, learn
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.fakes.ports import Still

CHANGED = """
    SELECT type, before, after, actor_id, metadata FROM events
    WHERE category = 'audit' AND stream_type = 'client' ORDER BY id DESC LIMIT 1
"""


async def versions(world: World) -> list[tuple[int, str, str]]:
    rows = await run(
        world.owner,
        "SELECT number, origin, changelog FROM client_versions ORDER BY number",
    )
    return [(row.number, row.origin, row.changelog) for row in rows]


async def test_an_edit_is_a_new_version_with_a_line_and_its_author(
    world: World,
) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    done = await edit(world, acme, "voice", "warm", caller=AS_BOB)
    assert (done.part, done.version, done.before, done.after, done.is_new) == (
        ("Voice", 2, "calm", "warm", True)
    )
    listed = await world.call(client_history, AS_ANA, name="Acme")
    assert [(line.number, line.author, line.changelog) for line in listed.lines] == [
        (2, "Bob", "How it sounds changed"),
        (1, "Ana", "How it sounds changed"),
    ]
    [event] = await run(world.owner, CHANGED)
    assert (event.type, event.before, event.after) == (
        ("clients.edit", {"voice": "calm"}, {"voice": "warm"})
    )
    assert (event.actor_id, event.metadata) == (
        (AS_BOB.user_id, {"channel": "telegram", "label": "Acme"})
    )


async def test_what_a_voice_must_not_do_is_added_to_its_taboos(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    await edit(world, acme, "avoid", "cheap")
    done = await edit(world, acme, "voice", "no exclamation marks")
    assert (done.part, done.version) == ("Voice", 3)
    shown = await world.call(show_client, AS_ANA, name="Acme")
    voice = next(part for part in shown.parts if part.name == "voice")
    assert voice.facts == {
        "How it sounds": "calm",
        "Never say": "cheap\nno exclamation marks",
    }


async def test_none_takes_a_fact_out_and_the_same_again_changes_nothing(
    world: World,
) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "price", "49 a month")
    again = await edit(world, acme, "pricing", "49 a month")
    assert (again.is_new, again.version) == (False, 1)
    gone = await edit(world, acme, "price", "none")
    assert (gone.before, gone.after, gone.version) == ("49 a month", "", 2)


async def test_who_may_only_look_changes_nothing(world: World) -> None:
    [acme] = await add(world, "Acme")
    with pytest.raises(Forbidden):
        await edit(world, acme, "voice", "x", caller=replace(AS_BOB, role=Role.VIEWER))
    with pytest.raises(BadInput, match="too many for a profile"):
        await edit(world, acme, "voice", "x" * (MOST + 1))
    assert await versions(world) == []


async def test_a_stale_edit_of_the_same_part_is_refused_and_told_who_did_what(
    world: World,
) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    await edit(world, acme, "voice", "warm", caller=AS_BOB, version=1)
    with pytest.raises(StaleEdit) as refused:
        await edit(world, acme, "voice", "dry", version=1)
    assert refused.value.said == (
        "Acme is at version 2 now, you looked at 1: Bob changed it meanwhile "
        "(How it sounds changed). Look at it again, then say what you want."
    )
    assert len(await versions(world)) == 2


async def test_an_edit_of_another_part_goes_on_the_new_state(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    await edit(world, acme, "price", "49", caller=AS_BOB, version=1)
    done = await edit(world, acme, "voice", "warm", version=1)
    assert done.version == 3


async def test_a_models_stale_edit_is_refused_whatever_it_edits(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    model = replace(AS_ANA, via=Via.MODEL)
    with pytest.raises(StaleEdit):
        await edit(world, acme, "price", "49", caller=model, version=0)
    with pytest.raises(NoSuchVersion):
        await edit(world, acme, "price", "49", version=7)


async def test_of_those_who_edit_one_part_at_once_one_wins_and_the_rest_are_told(
    world: World,
) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    results = await asyncio.gather(
        *(edit(world, acme, "voice", f"v{n}", version=1) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, StaleEdit) for result in results) == 4
    assert [number for number, *_ in await versions(world)] == [1, 2]


async def test_of_those_who_edit_other_parts_at_once_all_win(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "company", "Acme Ltd")
    told = {"voice": "calm", "price": "49", "edge": "ease", "about": "payroll"}
    await asyncio.gather(
        *(edit(world, acme, part, text, version=1) for part, text in told.items())
    )
    shown = await world.call(show_client, AS_ANA, name="Acme")
    known = [text for part in shown.parts for text in part.facts.values()]
    assert sorted(known) == sorted([*told.values(), "Acme Ltd"])
    assert [number for number, *_ in await versions(world)] == [1, 2, 3, 4, 5]


async def test_the_facts_of_the_stream_make_every_version(world: World) -> None:
    [acme] = await add(world, "Acme")
    await learn(world, acme, offer="payroll", look="green")
    await edit(world, acme, "colours", "primary #fff")
    await edit(world, acme, "voice", "no shouting")
    await edit(world, acme, "offer", "none")
    await world.call(restore_version, AS_ANA, name="Acme", when="1")
    rows = await run(world.owner, "SELECT * FROM client_versions ORDER BY number")
    assert len(rows) == 5
    async with world.tenant(AS_ANA) as session:
        for row in rows:
            state = await editing.replayed(session, acme, until=row.number)
            assert state == {name: row._mapping[name] for name in COLUMNS}


async def test_an_earlier_state_is_restored_as_a_new_version(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    await edit(world, acme, "voice", "warm")
    await edit(world, acme, "price", "49")
    done = await world.call(restore_version, AS_ANA, name="Acme", when="1")
    assert (done.restored, done.version, done.is_new) == (1, 4, True)
    assert (await versions(world))[-1] == (4, "restore", "Version 1 restored")
    compared = await world.call(compare_versions, AS_ANA, name="Acme", old=1)
    assert (compared.new, compared.lines) == (4, [])
    again = await world.call(restore_version, AS_ANA, name="Acme", when="1")
    assert (again.version, again.is_new) == (4, False)
    [event] = await run(world.owner, CHANGED)
    assert event.before == {"voice": "warm", "offer.price": "49"}
    assert event.after == {"voice": "calm"}


async def test_two_versions_are_compared_line_by_line(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    await edit(world, acme, "price", "49")
    await edit(world, acme, "voice", "none")
    compared = await world.call(compare_versions, AS_ANA, name="Acme", old=1, new=3)
    assert [(line.label, line.before, line.after) for line in compared.lines] == [
        ("Price", "", "49"),
        ("How it sounds", "calm", ""),
    ]
    from_nothing = await world.call(compare_versions, AS_ANA, name="Acme", old=0, new=1)
    assert [line.after for line in from_nothing.lines] == ["calm"]


async def test_history_comes_in_pages(world: World) -> None:
    [acme] = await add(world, "Acme")
    for number in range(5):
        await edit(world, acme, "price", str(number))
    first = await world.call(client_history, AS_ANA, name="Acme", limit=3)
    rest = await world.call(
        client_history, AS_ANA, name="Acme", limit=3, cursor=first.next_cursor
    )
    assert [line.number for line in (*first.lines, *rest.lines)] == [5, 4, 3, 2, 1]
    assert rest.next_cursor == ""


async def move(world: World, acme: UUID, number: int, days: int) -> None:
    """Let a version be made that many days before the clock's day."""
    await run(
        world.owner,
        "UPDATE client_versions SET created_at = :at WHERE number = :number",
        at=Still().now() - timedelta(days=days),
        number=number,
    )


async def test_a_profile_is_shown_as_of_a_day(world: World) -> None:
    [acme] = await add(world, "Acme")
    for number, days in ((1, 9), (2, 2), (3, 0)):
        await edit(world, acme, "voice", f"v{number}")
        await move(world, acme, number, days)
    for when, number in (
        ("yesterday", 2),
        ("today", 3),
        ("3 days ago", 1),
        ("2026-11-19", 2),
        ("version 2", 2),
        ("1", 1),
    ):
        then = await world.call(client_version, AS_ANA, name="Acme", when=when)
        assert then.version.number == number, when
        shown = await world.call(show_client, AS_ANA, name=f"Acme as of {when}")
        assert (shown.shown, shown.version) == (number, 3)
        assert shown.parts[4].facts == {"How it sounds": f"v{number}"}
    done = await world.call(restore_version, AS_ANA, name="Acme", when="yesterday")
    assert (done.restored, done.version) == (2, 4)


async def test_what_never_was_cannot_be_shown_or_restored(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    for when in ("9", "a month ago", "last month", "99999 days ago", "2999-13-01"):
        with pytest.raises((NoSuchVersion, NoSuchDay)):
            await world.call(restore_version, AS_ANA, name="Acme", when=when)
    assert len(await versions(world)) == 1


async def test_a_neighbour_sees_and_restores_nothing(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    for call in (
        world.call(client_history, AS_EVE, name="Acme"),
        world.call(client_version, AS_EVE, name="Acme"),
        world.call(restore_version, AS_EVE, name="Acme"),
    ):
        with pytest.raises(NoSuchClient, match="no client called"):
            await call
    with pytest.raises(ClientGone):
        await edit(world, acme, "voice", "stolen", caller=AS_EVE)
    assert await one(world.owner, "SELECT version FROM clients") == 1


async def test_a_version_cannot_be_changed_by_the_app(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm")
    for statement in (
        "UPDATE client_versions SET summary = 'x'",
        "DELETE FROM client_versions",
    ):
        async with world.tenant(AS_ANA) as session:
            with pytest.raises(DBAPIError, match="permission denied"):
                await run(session, statement)
            await session.rollback()
