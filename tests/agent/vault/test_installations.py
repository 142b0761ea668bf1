"""Installations: sealed, one workspace's, renewed by one, ended for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.vault import connections, installations, keys
from agent.vault.installations import Grant, Home, Installed, Taken
from bot.ports import TimeOrderedIds
from tests.agent.world import World
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, EVE, RIVAL

NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - compared with the database's clock
ZEN = "T0ZEN"


def grant(**changes: Any) -> Grant:
    given = {
        "provider": "slack",
        "account": ZEN,
        "name": "Zen",
        "bot": "UBOT",
        "token": "xoxb-1",
        "scopes": ("chat:write",),
    }
    return Grant(**{**given, **changes})


async def save(world: World, given: Grant, *, rival: bool = False) -> None:
    place = (RIVAL, EVE) if rival else (ACME, ANA)
    home = Home(TimeOrderedIds().new(), *place)
    async with world.house.as_role("vault") as session:
        await installations.save(session, world.house.key, home, given, NOW)


async def find(world: World) -> Installed:
    async with world.house.as_role("vault") as session:
        found = await installations.find(session, world.house.key, "slack", ZEN)
    assert found is not None
    return found


async def test_a_token_comes_back_as_it_was_given_and_is_kept_sealed(
    world: World,
) -> None:
    await save(world, grant(refresh="xoxe-1"))
    found = await find(world)

    assert (found.token, found.refresh, found.bot) == ("xoxb-1", "xoxe-1", "UBOT")
    row = (await run(world.owner, "SELECT connections::text AS it FROM connections"))[0]
    assert "xoxb-1" not in row.it
    assert b"xoxb-1".hex() not in row.it
    assert "xoxb-1" not in repr(found) + repr(grant())


async def test_installed_again_the_newer_token_counts(world: World) -> None:
    await save(world, grant(refresh="xoxe-1"))
    await save(world, grant(token="xoxb-2"))
    found = await find(world)

    assert (found.token, found.refresh) == ("xoxb-2", "")
    assert await one(world.owner, "SELECT count(*) FROM connections") == 1


async def test_a_team_stays_with_the_workspace_it_works_with(world: World) -> None:
    await save(world, grant())
    with pytest.raises(Taken):
        await save(world, grant(token="xoxb-thief"), rival=True)

    found = await find(world)
    assert (found.workspace_id, found.token) == (ACME, "xoxb-1")


async def test_bound_to_another_workspace_its_token_moves_in_there(
    world: World,
) -> None:
    await save(world, grant(refresh="xoxe-1"))
    await run(world.owner, "UPDATE connections SET workspace_id = :id", id=RIVAL)
    first, second = await find(world), await find(world)

    assert (first.token, first.refresh) == ("xoxb-1", "xoxe-1")
    assert second == first
    kids = "SELECT kid FROM workspace_keys WHERE workspace_id = :id"
    key = await one(world.owner, kids, id=RIVAL)
    assert await one(world.owner, "SELECT key_id FROM connections") == key


async def test_it_opens_after_the_workspace_s_key_was_changed(world: World) -> None:
    await save(world, grant(refresh="xoxe-1"))
    async with world.house.as_role("vault") as session:
        await keys.rotate(session, world.house.key, ACME)
        assert await connections.reseal(session, world.house.key, ACME) == 1
    found = await find(world)

    assert (found.token, found.refresh) == ("xoxb-1", "xoxe-1")


async def may_renew(world: World) -> bool:
    found = await find(world)
    async with world.house.as_role("vault") as session:
        return await installations.may_renew(session, found)


async def test_one_at_a_time_renews_a_token_whose_end_is_near(world: World) -> None:
    far, near = NOW + timedelta(hours=12), NOW + timedelta(hours=1)
    await save(world, grant(refresh="xoxe-1", expires_at=far))
    assert not await may_renew(world)
    await save(world, grant(refresh="xoxe-1", expires_at=near))
    assert [await may_renew(world), await may_renew(world)] == [True, False]
    async with world.house.as_role("vault") as session:
        await installations.not_renewed(session, await find(world))
    assert await may_renew(world)


async def renew(world: World, found: Installed, *tokens: str) -> None:
    later = NOW + timedelta(hours=12)
    async with world.house.as_role("vault") as session:
        pair = (tokens[0], tokens[1])
        await installations.renewed(session, world.house.key, found, pair, later)


async def test_what_is_renewed_replaces_both_tokens_unless_one_is_empty(
    world: World,
) -> None:
    near = NOW + timedelta(hours=1)
    await save(world, grant(refresh="xoxe-1", expires_at=near))
    found = await find(world)
    assert await may_renew(world)
    with pytest.raises(ValueError, match="empty"):
        await renew(world, found, "xoxb-2", "")
    await renew(world, found, "xoxb-2", "xoxe-2")

    assert ((now := await find(world)).token, now.refresh) == ("xoxb-2", "xoxe-2")
    assert not await may_renew(world)


async def test_a_renewal_that_comes_after_the_end_raises_nothing_from_the_dead(
    world: World,
) -> None:
    near = NOW + timedelta(hours=1)
    await save(world, grant(refresh="xoxe-1", expires_at=near))
    found = await find(world)
    assert await may_renew(world)
    assert await end(world, NOW + timedelta(seconds=1))
    await renew(world, found, "xoxb-2", "xoxe-2")

    assert ((now := await find(world)).status, now.token) == ("revoked", "")


async def end(world: World, at: datetime) -> bool:
    async with world.house.as_role("vault") as session:
        done = await installations.end(session, "slack", ZEN, "removed", at)
    return done is not None


async def test_an_end_erases_the_token_once_and_says_why(world: World) -> None:
    await save(world, grant())
    assert [await end(world, NOW), await end(world, NOW)] == [True, False]
    found = await find(world)

    assert (found.status, found.token, found.reason) == ("revoked", "", "removed")


async def test_news_of_an_earlier_end_does_not_end_what_was_made_anew(
    world: World,
) -> None:
    await save(world, grant())
    assert not await end(world, NOW - timedelta(minutes=1))
    assert (await find(world)).token == "xoxb-1"


async def test_the_history_has_each_step_and_no_secret(world: World) -> None:
    await save(world, grant())
    await end(world, NOW)
    rows = await run(
        world.owner,
        "SELECT type, after::text FROM events WHERE category = 'secret' ORDER BY id",
    )

    assert [tuple(row) for row in rows] == [
        ("installation.saved", "{}"),
        ("installation.revoked", "{}"),
    ]
