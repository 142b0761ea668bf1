"""Brands: finding one by what people call it, and what is learnt about it."""

import asyncio
from dataclasses import replace

import pytest

from agent.clients import brands, editing
from agent.clients.errors import ClientExists, ClientGone, NearClients, NoSuchClient
from agent.clients.facts import COLUMNS
from agent.clients.operations import list_clients, new_client, show_client
from agent.ctx import Role
from agent.errors import BadInput, Forbidden
from tests.agent.clients.making import add, learn, picked
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run


async def test_a_brand_is_found_by_its_name_a_beginning_or_a_part(world: World) -> None:
    await add(world, "Acme", "Acme Clinics", "Beacon", "Blue Ace")
    assert await picked(world, "acme") == "Acme"  # though another begins so
    assert await picked(world, "ACME cli") == "Acme Clinics"
    assert await picked(world, "bea") == "Beacon"
    assert await picked(world, "ace") == "Blue Ace"
    with pytest.raises(NearClients, match="'ac' fits Acme, Acme Clinics"):
        await picked(world, "ac")  # a beginning, so the parts do not count
    with pytest.raises(NoSuchClient) as refused:
        await picked(world, "Zeta")
    assert refused.value.said == (
        "I know no client called 'Zeta'. There are: Acme, Acme Clinics, Beacon, "
        "Blue Ace. /client new <name> adds one."
    )


async def test_signs_alone_mean_no_brand(world: World) -> None:
    await add(world, "Client One")
    with pytest.raises(NoSuchClient):
        await picked(world, "!?")


async def test_a_refusal_names_ten_brands_at_most(world: World) -> None:
    await add(world, *(f"Brand {number:02}" for number in range(13)))
    with pytest.raises(NoSuchClient, match=r"Brand 09 and 3 more\."):
        await picked(world, "zeta")
    with pytest.raises(NearClients, match=r"Brand 09 and 3 more\."):
        await picked(world, "brand")


async def test_a_name_is_taken_whatever_its_spelling(world: World) -> None:
    await add(world, "Acme, Inc.")
    with pytest.raises(ClientExists) as refused:
        await add(world, "ACME  inc")
    assert refused.value.said == (
        "Acme, Inc. is there already. /client use Acme, Inc. works on it."
    )


async def test_a_name_is_kept_with_its_spaces_put_right(world: World) -> None:
    made = await world.call(new_client, AS_ANA, name="  Blue \n Ace ")
    assert (made.name, made.created) == ("Blue Ace", True)
    for bad in ("", "   ", "x" * 81):
        with pytest.raises(BadInput, match=r"^name: "):
            await world.call(new_client, AS_ANA, name=bad)


async def test_two_who_add_one_brand_at_once_add_one(world: World) -> None:
    results = await asyncio.gather(
        *(world.call(new_client, who, name="Acme") for who in (AS_ANA, AS_BOB)),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results].count("ClientExists") == 1
    assert await one(world.owner, "SELECT count(*) FROM clients") == 1


async def test_another_workspace_has_its_own_brands(world: World) -> None:
    [acme] = await add(world, "Acme")
    assert (await world.call(list_clients, AS_EVE)).lines == []
    await world.call(new_client, AS_EVE, name="Acme")  # the name is free there
    async with world.ctx(AS_EVE) as ctx:
        with pytest.raises(ClientGone, match="not here any more"):
            await brands.profile_of(ctx.session, acme)
        with pytest.raises(ClientGone):
            await brands.learn(ctx, acme, {"offer": "stolen"})
        assert await brands.known(ctx.session, acme) == {}
        assert await brands.summary_of(ctx.session, acme) == ""
    async with world.tenant(AS_ANA) as session:
        assert (await brands.profile_of(session, acme)).version == 0


async def test_the_list_comes_in_pages_by_name(world: World) -> None:
    _, beacon, *_ = await add(world, "acme", "Beacon", "Cobalt", "Delta", "echo")
    seen, cursor = [], ""
    for _ in range(3):
        here = replace(AS_ANA, client_id=beacon)
        page = await world.call(list_clients, here, limit=2, cursor=cursor)
        assert page.current == "Beacon"
        seen += [line.name for line in page.lines]
        cursor = page.next_cursor
    assert seen == ["acme", "Beacon", "Cobalt", "Delta", "echo"]
    assert cursor == ""
    with pytest.raises(BadInput, match="cursor"):
        await world.call(list_clients, AS_ANA, cursor="not one")


async def test_show_takes_the_current_brand_and_says_so_without_one(
    world: World,
) -> None:
    [acme] = await add(world, "Acme")
    shown = await world.call(show_client, replace(AS_ANA, client_id=acme))
    assert (shown.name, shown.version) == ("Acme", 0)
    assert [part.facts for part in shown.parts] == [{}] * 7
    with pytest.raises(BadInput, match="No client is chosen") as refused:
        await world.call(show_client, AS_ANA)
    assert "/client use <name>" in refused.value.hint


async def test_a_viewer_looks_but_adds_nothing(world: World) -> None:
    viewer = replace(AS_BOB, role=Role.VIEWER)
    assert (await world.call(list_clients, viewer)).lines == []
    with pytest.raises(Forbidden):
        await world.call(new_client, viewer, name="Acme")


async def test_answers_become_versions_that_keep_the_earlier_ones(world: World) -> None:
    [acme] = await add(world, "Acme")
    await learn(world, acme, offer="payroll")
    await learn(world, acme, audience="clinics", offer="payroll")
    await learn(world, acme, offer="better payroll")
    rows = await run(
        world.owner,
        "SELECT number, products, target_industries, summary, changelog, author_id, "
        "origin FROM client_versions ORDER BY number",
    )
    assert [(row.number, row.products, row.target_industries) for row in rows] == [
        (1, [{"name": "payroll"}], []),
        (2, [{"name": "payroll"}], ["clinics"]),
        (3, [{"name": "better payroll"}], ["clinics"]),
    ]
    assert rows[2].summary == (
        "Brand: Acme\nWhat it sells: better payroll\nFor whom: clinics"
    )
    assert {(row.author_id, row.origin) for row in rows} == {
        (AS_ANA.user_id, "interview")
    }
    assert rows[1].changelog == "Answered: For whom, What it sells"
    async with world.tenant(AS_ANA) as session:
        assert await brands.summary_of(session, acme) == rows[2].summary
        assert await brands.summary_of(session, acme, 1) == rows[0].summary


@pytest.mark.parametrize(
    "nothing", [{"offer": "payroll"}, {"offer": ""}, {"_name": "x"}, {}]
)
async def test_what_is_not_new_makes_no_version(
    world: World, nothing: dict[str, str]
) -> None:
    [acme] = await add(world, "Acme")
    await learn(world, acme, offer="payroll")
    await learn(world, acme, **nothing)
    assert await one(world.owner, "SELECT count(*) FROM client_versions") == 1


async def test_people_who_tell_at_once_lose_nothing(world: World) -> None:
    [acme] = await add(world, "Acme")
    told = {"offer": "payroll", "audience": "clinics", "edge": "ease", "voice": "dry"}
    await asyncio.gather(
        *(learn(world, acme, **{field: value}) for field, value in told.items())
    )
    async with world.tenant(AS_ANA) as session:
        assert await brands.known(session, acme) == told
    assert await one(world.owner, "SELECT version FROM clients") == 4


async def test_a_profile_of_the_first_interview_is_read_and_moved(world: World) -> None:
    [acme] = await add(world, "Acme")
    await run(
        world.owner,
        """INSERT INTO client_versions (workspace_id, client_id, number, origin, extra)
           VALUES (:workspace_id, :id, 1, 'interview', CAST(:extra AS jsonb))""",
        workspace_id=AS_ANA.workspace_id,
        id=acme,
        extra='{"voice": "dry", "offer": "payroll", "raw": 7}',
    )
    await run(world.owner, "UPDATE clients SET version = 1")
    async with world.tenant(AS_ANA) as session:
        before = await brands.known(session, acme)
    await learn(world, acme, audience="clinics")
    async with world.tenant(AS_ANA) as session:
        assert await brands.known(session, acme) == before | {"audience": "clinics"}
        replayed = await editing.replayed(session, acme)
    [row] = await run(world.owner, "SELECT * FROM client_versions WHERE number = 2")
    assert row.extra == {"raw": 7}
    assert row.brand_voice == {"summary": "dry"}
    # Its stream began with the state it was found in.
    assert {name: row._mapping[name] for name in COLUMNS} == replayed
