"""The inbox as a queue: order within a chat, leases, fencing, giving up."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db.server_bootstrap import Urls
from db.tenancy import system
from tests.db.asking import as_role, listening, run

KEEP = """
    INSERT INTO inbox (channel, event_id, chat_key, kind, body, payload)
    VALUES ('telegram', :event, :chat, 'message', '{}', '{}') RETURNING id
"""
CLAIM = "SELECT * FROM claim_inbox(:n, make_interval(secs => :lease))"
DONE = """
    UPDATE inbox SET status = 'processed', processed_at = now()
    WHERE id = :id AND attempts = :attempts RETURNING id
"""
END_LEASES = "UPDATE inbox SET claimed_until = now() - interval '1 s'"


@pytest.fixture
def engine(system_engine: AsyncEngine) -> AsyncEngine:
    return system_engine


async def keep(engine: AsyncEngine, event: str, chat: str | None = "1/") -> UUID:
    kept: UUID = (await as_role(engine, "door", KEEP, event=event, chat=chat))[0].id
    return kept


async def claim(engine: AsyncEngine, n: int = 10, lease: int = 60) -> list[UUID]:
    return [row.id for row in await as_role(engine, "worker", CLAIM, n=n, lease=lease)]


async def finish(engine: AsyncEngine, row: UUID, attempts: int = 1) -> bool:
    return bool(await as_role(engine, "worker", DONE, id=row, attempts=attempts))


async def test_a_claim_returns_what_a_worker_needs(engine: AsyncEngine) -> None:
    row = await keep(engine, "a")
    found = (await as_role(engine, "worker", CLAIM, n=1, lease=60))[0]
    assert tuple(found)[:6] == (row, "telegram", "", "message", {}, 1)
    assert found.received_at.tzinfo is not None


async def test_a_chat_is_read_in_order_one_at_a_time(engine: AsyncEngine) -> None:
    first, second = await keep(engine, "a"), await keep(engine, "b")
    assert await claim(engine) == [first]
    assert await claim(engine) == []
    assert await finish(engine, first)
    assert await claim(engine) == [second]


async def test_chats_do_not_wait_for_each_other(engine: AsyncEngine) -> None:
    here = await keep(engine, "a", "1/")
    await keep(engine, "b", "1/")
    there = await keep(engine, "c", "2/")
    assert await claim(engine) == [here, there]


async def test_what_belongs_to_no_chat_waits_for_nobody(engine: AsyncEngine) -> None:
    both = [await keep(engine, "a", None), await keep(engine, "b", None)]
    assert await claim(engine) == both


async def test_the_oldest_come_first_and_no_more_than_asked(
    engine: AsyncEngine,
) -> None:
    rows = [await keep(engine, str(n), f"{n}/") for n in range(3)]
    assert await claim(engine, n=2) == rows[:2]
    assert await claim(engine, n=2) == rows[2:]


async def test_a_lost_lease_is_claimed_again_and_fences_the_first_holder(
    engine: AsyncEngine,
) -> None:
    row = await keep(engine, "a")
    await claim(engine)
    await as_role(engine, "worker", END_LEASES)
    again = (await as_role(engine, "worker", CLAIM, n=1, lease=60))[0]
    assert (again.id, again.attempts) == (row, 2)
    assert not await finish(engine, row, attempts=1)
    assert await finish(engine, row, attempts=2)


async def test_after_four_claims_a_row_fails_and_lets_the_next_pass(
    engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    poison, healthy = await keep(engine, "a"), await keep(engine, "b")
    for _ in range(4):
        assert await claim(engine) == [poison]
        await as_role(engine, "worker", END_LEASES)
    assert await claim(engine) == [healthy]
    found = await run(owner_engine, "SELECT * FROM inbox WHERE status = 'failed'")
    assert [row.id for row in found] == [poison]
    assert found[0].error_message == "given up after 4 attempts"


async def test_the_third_holder_may_still_finish(engine: AsyncEngine) -> None:
    row = await keep(engine, "a")
    for _ in range(2):
        await claim(engine)
        await as_role(engine, "worker", END_LEASES)
    assert await claim(engine) == [row]
    assert await claim(engine) == []
    assert await finish(engine, row, attempts=3)


async def test_a_row_in_an_open_claim_is_not_waited_for(engine: AsyncEngine) -> None:
    held, free = await keep(engine, "a", "1/"), await keep(engine, "b", "2/")
    async with system(engine, "worker") as session:
        rows = await run(session, CLAIM, n=1, lease=60)
        assert [row.id for row in rows] == [held]
        async with asyncio.timeout(5):
            assert await claim(engine) == [free]


async def test_workers_that_claim_at_once_never_share_a_row(
    engine: AsyncEngine,
) -> None:
    rows = [await keep(engine, str(n), f"{n % 5}/") for n in range(20)]
    taken: list[UUID] = []

    async def work() -> None:
        while batch := await claim(engine, n=2):
            taken.extend(batch)
            for row in batch:
                assert await finish(engine, row)

    async with asyncio.timeout(20):
        await asyncio.gather(*(work() for _ in range(4)))
        await work()  # what a worker found busy when it gave up
    assert sorted(taken) == sorted(rows)
    for chat in range(5):
        mine = rows[chat::5]
        assert [row for row in taken if row in mine] == mine


async def test_a_kept_event_wakes_the_workers(
    engine: AsyncEngine, database: Urls
) -> None:
    listener = await listening(database.system)
    woken: asyncio.Queue[object] = asyncio.Queue()
    await listener.add_listener("inbox", lambda *args: woken.put_nowait(args[3]))
    await keep(engine, "a")
    async with asyncio.timeout(5):
        assert await woken.get() == ""
    await listener.close()


async def test_the_app_and_the_door_claim_nothing(
    engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    with pytest.raises(Exception, match="permission denied for function claim_inbox"):
        await as_role(engine, "door", CLAIM, n=1, lease=60)
    with pytest.raises(Exception, match="permission denied for function claim_inbox"):
        await run(app_engine, CLAIM, n=1, lease=60)
