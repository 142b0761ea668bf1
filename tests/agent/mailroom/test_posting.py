"""The postman's statements: lost senders, previews that are whole, looks and pauses."""

import asyncio
from dataclasses import replace
from uuid import UUID

from agent.ctx import Caller
from agent.gate import invoke
from agent.mailroom import deliveries, post_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Delivery, Message, Place
from agent.runs.operations import start_run
from bot import owed, previews
from bot.letters import Letter
from bot.losses import MOST, Losses
from channels.contract import Outgoing
from db.tenancy import system
from tests.agent.world import AS_ANA, World, asked
from tests.db.asking import one, run

HERE = Place("telegram", "7", "1/")
PROMISE = Message("On it...", placeholder="On it...")
LEASES_END = """
    UPDATE deliveries SET claimed_until = now() - interval '1 s'
    WHERE claimed_until IS NOT NULL
"""


async def plan(world: World, message: Message, key: str, to: Place = HERE) -> UUID:
    owner = Owner(AS_ANA.workspace_id)
    async with world.tenant(AS_ANA) as session:
        planned = await deliveries.plan(session, to, message, owner=owner, key=key)
    assert planned is not None
    return planned


async def claim(world: World) -> list[Delivery]:
    async with system(world.system, "worker") as session:
        claimed = await post_queries.claim_deliveries(
            session, limit=9, lease_s=60, channels=["telegram"]
        )
        return list(await previews.become(session, claimed))


async def sent(
    world: World, one: Delivery, as_id: str = "5", *, behind: int = 0, pause: float = 0
) -> None:
    async with system(world.system, "worker") as session:
        await post_queries.mark_sent(
            session,
            one,
            external_id=as_id,
            revision=one.revision - behind,
            pause_s=pause,
        )


async def whole(world: World, which: UUID, caller: Caller = AS_ANA) -> None:
    async with world.tenant(caller) as session:
        found = await deliveries.get(session, which)
        assert found is not None
        await deliveries.show(session, found, Message("The first page."))


async def test_a_message_that_kills_its_senders_is_tried_a_few_times(
    world: World,
) -> None:
    await plan(world, PROMISE, "poison")
    losses = Losses(world.house.as_role)
    tried: list[bool] = []
    while not tried or tried[-1]:
        [delivery] = await claim(world)
        assert delivery.was_lost == bool(tried)
        async with losses.apart(delivery) as may_be_tried:
            tried.append(may_be_tried)
        await run(world.owner, LEASES_END)
        assert len(tried) < 20
    assert tried.count(True) == 1 + MOST


async def test_a_word_of_what_became_of_it_begins_the_count_anew(world: World) -> None:
    await plan(world, PROMISE, "unlucky")
    losses = Losses(world.house.as_role)
    for _ in range(3 * MOST):
        [delivery] = await claim(world)
        async with losses.apart(delivery) as may_be_tried:
            assert may_be_tried
        if delivery.was_lost:
            async with system(world.system, "worker") as session:
                await post_queries.postpone(
                    session, delivery, pause_s=0, error="unreachable: no route"
                )
            await run(world.owner, "UPDATE deliveries SET not_before = NULL")
        await run(world.owner, LEASES_END)


async def test_what_was_lost_is_tried_one_at_a_time(world: World) -> None:
    for number in range(3):
        await plan(world, PROMISE, str(number), Place("telegram", "7", f"{number}/"))
    await claim(world)
    await run(world.owner, LEASES_END)
    losses, at_once = Losses(world.house.as_role), [0]

    async def try_it(delivery: Delivery) -> None:
        async with losses.apart(delivery):
            at_once[0] += 1
            assert at_once == [1]
            await asyncio.sleep(0.01)
            at_once[0] -= 1

    async with asyncio.TaskGroup() as tasks:
        for delivery in await claim(world):
            tasks.create_task(try_it(delivery))


async def test_a_preview_that_is_whole_is_sent_before_its_next_page(
    world: World,
) -> None:
    first = await plan(world, PROMISE, "reply")
    [shown] = await claim(world)
    await sent(world, shown, "preview:1", behind=1, pause=20)
    await whole(world, first)
    second = await plan(world, Message("The second page."), "page")
    elsewhere = await plan(world, Message("Hi"), "other", Place("telegram", "7", "2/"))
    order = []
    while claimed := await claim(world):
        order += [one.id for one in claimed]
        for one_of_them in claimed:
            assert one_of_them.external_id is None
            await sent(world, one_of_them)
    assert set(order) == {first, second, elsewhere}
    assert order.index(first) < order.index(second)


async def test_what_became_whole_meanwhile_does_not_wait_for_the_next_look(
    world: World,
) -> None:
    which = await plan(world, PROMISE, "reply")
    [first] = await claim(world)
    await sent(world, first, pause=30)
    waits = "SELECT extract(epoch FROM not_before - now()) FROM deliveries"
    assert await one(world.owner, waits) > 20
    await run(world.owner, "UPDATE deliveries SET not_before = NULL, revision = 1")
    [look] = await claim(world)
    await whole(world, which)
    await sent(world, look, pause=30)
    [last] = await claim(world)
    assert (last.is_whole, last.sent_revision, last.revision) == (True, 1, 2)


async def test_pages_that_say_the_same_are_all_sent_once(world: World) -> None:
    await plan(world, Message("The first page."), "reply")
    [delivery] = await claim(world)
    shown = Outgoing("7", "1", "The first page.")
    made = Letter(shown, 0, ("la la la", "la la la", "the end"))
    for _ in range(2):
        async with system(world.system, "worker") as session:
            await owed.go_on(session, delivery, made)
    texts = await run(
        world.owner, "SELECT payload->>'text' AS said FROM deliveries ORDER BY id"
    )
    assert [row.said for row in texts] == [shown.markdown, *made.rest]


async def test_a_late_stop_of_a_draft_stops_nothing_else(world: World) -> None:
    ana = await world.settled(AS_ANA)
    origin = asked(ana, "inbox:1")
    for key in ("inbox:1", "inbox:2"):
        async with world.ctx(ana, asked(ana, key)) as ctx:
            await invoke(start_run, ctx, {"brief": "write"})
    await run(world.owner, "UPDATE deliveries SET channel = 'telegram'")
    origin = replace(origin, channel="telegram")
    drafted, queued = await run(world.owner, "SELECT * FROM deliveries ORDER BY id")
    [shown] = [one for one in await claim(world) if one.id == drafted.id]
    await sent(world, shown, "preview:9", behind=1)

    async def stopped_by(name: str) -> UUID | None:
        async with world.tenant(ana) as session:
            return await deliveries.being_answered(session, origin, name)

    assert await stopped_by("preview:9") == drafted.run_id
    await whole(world, drafted.id, ana)
    await run(
        world.owner,
        "UPDATE runs SET status = 'completed' WHERE id = :id",
        id=drafted.run_id,
    )
    assert await stopped_by("preview:9") is None
    await claim(world)
    assert await stopped_by("preview:9") is None
    assert await stopped_by("") == queued.run_id
