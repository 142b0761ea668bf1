"""Messages of ours: planned once, changed without moving their buttons."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from agent.ctx import Caller
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Choice, Message, Place, StoredFile
from agent.runs.operations import cancel_run, start_run
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.db.asking import one, run

HERE = Place("telegram", "7", "1/", {"callback": "9"})
STOP = Choice("Stop", "runs.cancel", {"run_id": "r"})
GOOD, BAD = (Choice(str(n), "runs.score", {"score": n}) for n in (5, 1))


async def plan(
    world: World, caller: Caller, message: Message, key: str = "k"
) -> UUID | None:
    owner = Owner(caller.workspace_id, caller.conversation_id)
    async with world.tenant(caller) as session:
        return await deliveries.plan(session, HERE, message, owner=owner, key=key)


async def show(world: World, caller: Caller, which: UUID, message: Message) -> None:
    async with world.tenant(caller) as session:
        delivery = await deliveries.get(session, which)
        assert delivery is not None
        await deliveries.show(session, delivery, message)


async def buttons(world: World) -> list[tuple[str, str, bool]]:
    payload: dict[str, Any] = await one(world.owner, "SELECT payload FROM deliveries")
    return [(b["label"], b["operation"], b["shown"]) for b in payload["buttons"]]


async def test_a_message_is_planned_once_per_key(world: World) -> None:
    first = await plan(world, AS_ANA, Message("Hello"))
    assert first is not None
    assert await plan(world, AS_ANA, Message("Hello again")) is None
    assert await plan(world, AS_EVE, Message("Hello")) is not None  # her workspace's
    [text] = await run(
        world.owner, "SELECT payload->>'text' FROM deliveries WHERE id = :id", id=first
    )
    assert text[0] == "Hello"


async def test_a_message_knows_where_it_went_for_another_to_follow(
    world: World,
) -> None:
    file = StoredFile("tea.md", "text/markdown", "outputs/1.md", 3)
    planned = await plan(world, AS_ANA, Message("Tea", files=(file,), note="rate"))
    assert planned is not None
    async with world.tenant(AS_ANA) as session:
        found = await deliveries.get(session, planned)
    assert found is not None
    assert deliveries.place_of(found) == HERE
    assert found["payload"]["files"][0]["storage_key"] == "outputs/1.md"
    assert found["payload"]["note"] == "rate"


async def test_a_message_is_seen_by_those_its_conversation_is_for(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    planned = await plan(world, ana, Message("private"))
    assert planned is not None
    for reader, sees in ((AS_ANA, True), (AS_BOB, False), (AS_EVE, False)):
        async with world.tenant(reader) as session:
            assert (await deliveries.get(session, planned) is not None) == sees


async def test_buttons_keep_their_numbers_whatever_is_shown(world: World) -> None:
    which = await plan(world, AS_ANA, Message("Working", choices=(STOP,)))
    assert which is not None
    await show(world, AS_ANA, which, Message("Done", choices=(BAD, GOOD)))
    assert await buttons(world) == [
        ("Stop", "runs.cancel", False),
        ("1", "runs.score", True),
        ("5", "runs.score", True),
    ]
    marked = Choice("• 5 •", GOOD.operation, GOOD.params)
    await show(world, AS_ANA, which, Message("Done", choices=(marked, BAD)))
    assert await buttons(world) == [
        ("Stop", "runs.cancel", False),
        ("1", "runs.score", True),
        ("• 5 •", "runs.score", True),
    ]
    await show(world, AS_ANA, which, Message("Again", choices=(STOP,)))
    assert await buttons(world) == [
        ("Stop", "runs.cancel", True),
        ("1", "runs.score", False),
        ("• 5 •", "runs.score", False),
    ]


async def test_showing_raises_the_revision_and_ends_the_draft(world: World) -> None:
    which = await plan(
        world, AS_ANA, Message("x", placeholder="Thinking..."), key="reply"
    )
    assert which is not None
    await run(world.owner, "UPDATE deliveries SET partial = 'so far', revision = 4")
    await show(world, AS_ANA, which, Message("Done"))
    [row] = await run(world.owner, "SELECT partial, revision, payload FROM deliveries")
    assert (row.partial, row.revision) == (None, 5)
    assert row.payload["text"] == "Done"
    assert row.payload["placeholder"] == "Thinking..."
    assert row.payload["extra"] == {"callback": "9"}


async def test_two_who_change_a_message_at_once_lose_no_button(world: World) -> None:
    which = await plan(world, AS_ANA, Message("x", choices=(STOP,)))
    assert which is not None
    more = [Choice(str(n), "runs.score", {"score": n}) for n in range(8)]
    async with asyncio.timeout(20):
        await asyncio.gather(
            *(show(world, AS_ANA, which, Message("x", choices=(one,))) for one in more)
        )
    labels = [label for label, _, _ in await buttons(world)]
    assert labels[0] == "Stop"
    assert sorted(labels[1:]) == [str(n) for n in range(8)]


@pytest.fixture
async def running(world: World) -> tuple[Caller, UUID]:
    """A run being written, and who asked for it."""
    ana = await world.settled(AS_ANA)
    async with world.ctx(ana, asked(ana, "inbox:1")) as ctx:
        started = await invoke(start_run, ctx, {"brief": "write"})
    await run(world.owner, "UPDATE runs SET status = 'running'")
    return ana, started.run_id


async def stream(
    world: World, caller: Caller, run_id: UUID, text: str, attempt: int = 1
) -> bool:
    async with world.tenant(caller) as session:
        return await deliveries.stream(session, run_id, attempt, text)


async def test_a_running_run_s_text_is_shown_as_it_grows(
    world: World, running: tuple[Caller, UUID]
) -> None:
    ana, run_id = running
    assert await stream(world, ana, run_id, "Tea")
    assert await stream(world, ana, run_id, "Tea is")
    [row] = await run(world.owner, "SELECT partial, revision FROM deliveries")
    assert tuple(row) == ("Tea is", 2)


async def test_an_attempt_that_lives_on_writes_nothing_into_the_next(
    world: World, running: tuple[Caller, UUID]
) -> None:
    """Stopped and started again while the model was still thinking."""
    ana, run_id = running
    await run(world.owner, "UPDATE runs SET attempt = 2")
    assert await stream(world, ana, run_id, "new", attempt=2)
    assert not await stream(world, ana, run_id, "old", attempt=1)
    assert await one(world.owner, "SELECT partial FROM deliveries") == "new"


async def test_nothing_is_streamed_into_a_run_that_was_stopped(
    world: World, running: tuple[Caller, UUID]
) -> None:
    ana, run_id = running
    await stream(world, ana, run_id, "Tea")
    await world.call(cancel_run, ana, run_id=run_id)
    assert not await stream(world, ana, run_id, "Tea is")
    [row] = await run(world.owner, "SELECT partial, payload FROM deliveries")
    assert row.partial is None
    assert row.payload["text"] == "Tea"
    assert row.payload["note"].startswith("Stopped.")


async def test_a_stop_that_meets_the_stream_has_the_last_word(
    world: World, running: tuple[Caller, UUID]
) -> None:
    ana, run_id = running
    async with world.ctx(ana) as ctx:
        await invoke(cancel_run, ctx, {"run_id": run_id})
        late = asyncio.create_task(stream(world, ana, run_id, "too late"))
        await asyncio.sleep(0.1)  # it waits for the stop to commit
        assert not late.done()
    assert await late is False
    assert await one(world.owner, "SELECT partial FROM deliveries") is None
