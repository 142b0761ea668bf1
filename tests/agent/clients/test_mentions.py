"""Whom a text is for, by the names in it."""

import pytest
from sqlalchemy import text as sql

from agent.clients import brands
from agent.clients.errors import ClientArchived, NearClients
from agent.clients.operations import pick_client
from agent.clients.shelf_operations import archive_client
from tests.agent.clients.making import add, named, names
from tests.agent.world import AS_ANA, AS_EVE, World


@pytest.mark.parametrize(
    "text",
    [
        "homepage copy for Yaz Automate",
        "homepage copy for YAZ AUTOMATE!",
        "write yaz automate's homepage",
        "Yaz Automate\u2019s homepage, please",
        "Yaz-Automate homepage copy",
        "for yàz autómate: homepage copy",
    ],
)
async def test_a_name_is_found_whatever_its_spelling(world: World, text: str) -> None:
    await add(world, "Yaz Automate", "Beacon")
    assert await names(world, text) == ["Yaz Automate"]


async def test_accents_may_be_left_out_or_put_in(world: World) -> None:
    await add(world, "Café Noir", "Nestle")
    assert await names(world, "ads for cafe noir") == ["Café Noir"]
    assert await names(world, "ads for Nestlé") == ["Nestle"]


async def test_the_longest_name_at_a_place_wins(world: World) -> None:
    await add(world, "Acme", "Acme Clinics", "Clinics")
    assert await names(world, "a page for Acme Clinics") == ["Acme Clinics"]
    assert await names(world, "a page for Acme") == ["Acme"]


async def test_whom_it_is_for_outweighs_who_else_is_named(world: World) -> None:
    await add(world, "Acme", "Beacon")
    assert await names(world, "rewrite the Acme page for Beacon") == ["Beacon"]
    assert await names(world, "Acme's page, better than Beacon") == ["Acme"]
    assert await names(world, "compare Acme with Beacon") == ["Acme", "Beacon"]


async def test_a_beginning_of_a_name_is_enough_where_it_is_asked_for(
    world: World,
) -> None:
    await add(world, "Yaz Automate", "Blue Ace")
    sure = await named(world, "homepage copy for Yaz, please")
    assert ([b.name for b in sure.fits], sure.is_sure) == (["Yaz Automate"], True)
    asked = await named(world, "homepage copy for yaz")
    assert ([b.name for b in asked.fits], asked.is_sure) == (["Yaz Automate"], False)


async def test_two_near_names_are_both_offered(world: World) -> None:
    await add(world, "Yaz Automate", "Yaz Automotive", "Zeta")
    assert await names(world, "homepage copy for Yaz") == [
        "Yaz Automate",
        "Yaz Automotive",
    ]
    assert len(await names(world, "homepage copy for yaz autom")) == 2
    assert await names(world, "copy for yaz automotive") == ["Yaz Automotive"]


@pytest.mark.parametrize(
    "text",
    [
        "write homepage copy for our payroll tool for clinics",
        "an ad for blue websites",
        "Who is the target audience of our page?",
        "an ad about clinics",
        "",
        "for",
        "...",
    ],
)
async def test_ordinary_words_name_nobody(world: World, text: str) -> None:
    await add(world, "Payroll United", "Blue Ace", "Target", "The Clinics")
    assert await names(world, text) == []


async def test_another_workspace_never_answers(world: World) -> None:
    await add(world, "Topsecret")
    await add(world, "Eves Own", caller=AS_EVE)
    assert (await named(world, "copy for Topsecret", caller=AS_EVE)).fits == ()
    assert await names(world, "copy for Eves Own") == []
    assert await names(world, "copy for Topsecret") == ["Topsecret"]


async def test_the_current_brand_counts_while_it_is_in_use(world: World) -> None:
    acme, _ = await add(world, "Acme", "Beacon")
    assert (await named(world, "an ad", current=acme)).is_current_there
    await world.call(archive_client, AS_ANA, name="Acme")
    assert not (await named(world, "an ad", current=acme)).is_current_there


async def test_an_archived_one_is_told_as_such_and_one_in_use_goes_before_it(
    world: World,
) -> None:
    await add(world, "Acme", "Acme Clinics")
    await world.call(archive_client, AS_ANA, name="Acme Clinics")
    [brand] = (await named(world, "copy for Acme Clinics")).fits
    assert brand.is_archived
    async with world.tenant(AS_ANA) as session:
        with pytest.raises(ClientArchived, match="Acme Clinics is archived"):
            await brands.about(session, "copy for Acme Clinics")
        acme = (await named(world, "copy for Acme")).fits[0]
        assert await brands.about(session, "copy for Acme") == acme.id


async def test_without_a_person_to_ask_two_near_ones_are_refused(world: World) -> None:
    acme, _ = await add(world, "Acme", "Beacon")
    async with world.tenant(AS_ANA) as session:
        with pytest.raises(NearClients, match=r"with Beacon' fits Acme, Beacon"):
            await brands.about(session, "compare Acme with Beacon", current=acme)
        assert await brands.about(session, "an ad", current=acme) == acme
        assert await brands.about(session, "an ad") is None


async def test_a_model_can_ask_whom_a_text_is_about(world: World) -> None:
    await add(world, "Acme", "Beacon")
    one = await world.call(pick_client, AS_ANA, text="an ad for Acme")
    assert ([line.name for line in one.lines], one.is_sure) == (["Acme"], True)
    both = await world.call(pick_client, AS_ANA, text="Acme or Beacon")
    assert ([line.name for line in both.lines], both.is_sure) == (
        ["Acme", "Beacon"],
        False,
    )


async def test_names_are_looked_up_by_their_index(world: World) -> None:
    async with world.tenant(AS_ANA) as session:
        await session.execute(
            sql("""
                INSERT INTO clients (workspace_id, name, slug, storage_prefix)
                SELECT :workspace_id, 'Brand ' || n, 'brand-' || n, 'clients/' || n
                FROM generate_series(1, 5000) n
            """),
            {"workspace_id": AS_ANA.workspace_id},
        )
    assert await names(world, "homepage copy for Brand 4711") == ["Brand 4711"]
    assert await names(world, "homepage copy for brand 47119") == []
