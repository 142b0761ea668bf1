"""Messages that may not have arrived: owned up to once, sent again when asked."""

from uuid import UUID

import pytest

from agent.mailroom import deliveries, post_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.operations import NothingToResend, resend
from agent.mailroom.schemas import Choice, Message, Place
from db.tenancy import system
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run

HERE = Place("telegram", "7", "1/")
RATE = Choice("5", "runs.score", {"score": 5})
LOSE = "UPDATE deliveries SET status = 'ambiguous' WHERE id = :id"


async def lost(world: World, *, purpose: str = "reply", key: str = "k") -> UUID:
    """A message of which nobody knows whether it went out."""
    ana = await world.settled(AS_ANA)
    owner = Owner(ana.workspace_id, ana.conversation_id)
    message = Message("Page two", choices=(RATE,), purpose=purpose)
    async with world.tenant(ana) as session:
        planned = await deliveries.plan(session, HERE, message, owner=owner, key=key)
    assert planned is not None
    await run(world.owner, LOSE, id=planned)
    return planned


async def unsure(world: World, *channels: str) -> list[UUID]:
    async with system(world.system, "worker") as session:
        return [row["id"] for row in await post_queries.unsure(session, channels)]


async def test_a_lost_message_is_sent_again_with_all_it_had(world: World) -> None:
    which = await lost(world)
    done = await world.call(resend, AS_ANA, delivery_id=which)
    [copy] = await run(
        world.owner, "SELECT * FROM deliveries WHERE id = :id", id=done.delivery_id
    )
    [first] = await run(
        world.owner, "SELECT * FROM deliveries WHERE id = :id", id=which
    )
    assert (copy.status, copy.payload, copy.recipient, copy.conversation_id) == (
        "planned", first.payload, first.recipient, first.conversation_id,
    )  # fmt: skip


async def test_it_is_sent_again_once_however_often_that_is_asked(world: World) -> None:
    which = await lost(world)
    await world.call(resend, AS_ANA, delivery_id=which)
    with pytest.raises(NothingToResend):
        await world.call(resend, AS_ANA, delivery_id=which)
    assert await one(world.owner, "SELECT count(*) FROM deliveries") == 2


async def test_what_arrived_is_not_sent_again(world: World) -> None:
    which = await lost(world)
    await run(world.owner, "UPDATE deliveries SET status = 'sent', sent_revision = 0")
    with pytest.raises(NothingToResend):
        await world.call(resend, AS_ANA, delivery_id=which)


async def test_only_who_may_see_a_message_has_it_sent_again(world: World) -> None:
    which = await lost(world)
    for other in (AS_BOB, AS_EVE):
        with pytest.raises(NothingToResend):
            await world.call(resend, other, delivery_id=which)


async def test_a_lost_message_is_owned_up_to_once(world: World) -> None:
    which = await lost(world)
    assert await unsure(world, "slack") == []
    assert await unsure(world, "telegram") == [which]
    await lost(world, purpose="notice", key="k:unsure")
    assert await unsure(world, "telegram") == []


async def test_a_notice_that_was_lost_is_not_told_of_in_turn(world: World) -> None:
    await lost(world, purpose="notice")
    assert await unsure(world, "telegram") == []


async def test_a_press_is_taken_up_once_in_a_workspace(world: World) -> None:
    async with world.ctx(AS_ANA) as ctx:
        assert await ctx.audit.once(ctx.session, AS_ANA, key="inbox:1")
        assert not await ctx.audit.once(ctx.session, AS_ANA, key="inbox:1")
        assert await ctx.audit.once(ctx.session, AS_ANA, key="inbox:2")
    async with world.ctx(AS_EVE) as ctx:
        assert await ctx.audit.once(ctx.session, AS_EVE, key="inbox:1")
