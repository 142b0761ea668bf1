"""A message that holds a code: sent as it is, then kept without it."""

from datetime import timedelta

import pytest

from agent.mailroom import deliveries, post_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Delivery, Message, Place
from db.tenancy import system
from tests.agent.world import AS_ANA, World
from tests.db.asking import one, run

CODE = "K7QMX-4WPT9-HC3RD"
SECRET = Message(f"Your code: {CODE}", once="A code stood here.")
TEXT = "SELECT payload ->> 'text' FROM deliveries"
WHOLE = "SELECT payload::text FROM deliveries"


async def plan(world: World, channel: str, message: Message = SECRET) -> None:
    async with world.tenant(AS_ANA) as session:
        await deliveries.plan(
            session,
            Place(channel, "", "1/"),
            message,
            owner=Owner(AS_ANA.workspace_id),
            key="k",
        )


async def claimed(world: World, channel: str) -> list[Delivery]:
    async with system(world.system, "worker") as session:
        return await post_queries.claim_deliveries(
            session, limit=9, lease_s=60, channels=[channel]
        )


async def sent(world: World, delivery: Delivery) -> None:
    async with system(world.system, "worker") as session:
        await post_queries.mark_sent(
            session,
            delivery,
            external_id="e",
            revision=delivery.revision,
            pause_s=0,
        )


@pytest.mark.parametrize("channel", ["telegram", "slack"])
async def test_it_is_sent_with_the_code_and_kept_without(
    world: World, channel: str
) -> None:
    await plan(world, channel)
    [delivery] = await claimed(world, channel)
    assert CODE in delivery.payload["text"]
    await sent(world, delivery)
    assert await one(world.owner, TEXT) == "A code stood here."
    assert CODE not in await one(world.owner, WHOLE)
    assert await claimed(world, channel) == []


@pytest.mark.parametrize("status", ["failed", "ambiguous"])
async def test_what_could_not_be_sent_keeps_no_code_either(
    world: World, status: str
) -> None:
    await plan(world, "telegram")
    [delivery] = await claimed(world, "telegram")
    async with system(world.system, "worker") as session:
        await post_queries.end(session, delivery, status=status, error="x")
    assert CODE not in await one(world.owner, WHOLE)


async def test_on_the_page_it_stands_for_a_moment_and_then_fades(world: World) -> None:
    await plan(world, "web")
    [delivery] = await claimed(world, "web")
    await sent(world, delivery)
    assert CODE in await one(world.owner, TEXT)  # the row is what the page reads
    assert await claimed(world, "web") == []
    due = "SELECT not_before - now() FROM deliveries"
    left: timedelta = await one(world.owner, due)
    assert timedelta(0) < left <= post_queries.LOOKED_AT
    await run(world.owner, "UPDATE deliveries SET not_before = now()")
    [again] = await claimed(world, "web")
    await sent(world, again)
    assert CODE not in await one(world.owner, WHOLE)
    assert await claimed(world, "web") == []


async def test_other_messages_stay_as_they_are(world: World) -> None:
    for channel in ("telegram", "web"):
        await run(world.owner, "DELETE FROM deliveries")
        await plan(world, channel, Message("Plain"))
        [delivery] = await claimed(world, channel)
        await sent(world, delivery)
        assert await one(world.owner, TEXT) == "Plain"
        assert await claimed(world, channel) == []
