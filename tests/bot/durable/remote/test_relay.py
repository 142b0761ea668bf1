"""What is committed leaves, in order, until it has arrived; and nothing else leaves."""

import asyncio
from datetime import timedelta

import pytest
import structlog
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.port import Event
from bot.durable.remote import outbox
from bot.durable.remote.breath import Breath
from db.server_bootstrap import Urls
from db.tenancy import system, tenant
from tests.bot.durable.remote.world import QUICK, Side
from tests.conftest import connected
from tests.db.asking import as_role, one, run
from tests.seeds import ACME, ANA
from tests.standins.inngest import Inngest

MANY = [f"{n:03}" for n in range(230)]


async def test_an_event_leaves_when_its_transaction_has_committed(
    side: Side, inngest: Inngest
) -> None:
    engine = await side.start(Breath())  # idles for 5 s: only the news wakes it
    await asyncio.sleep(0.3)
    await side.write(engine, "a")
    await inngest.holds(1, within_s=2)
    [event] = inngest.events.values()
    assert (event["name"], event["data"], event["user"]) == ("asked", {"n": "a"}, {})
    await side.is_empty()
    [payload] = (await side.outbox("payload"))[0]
    assert payload["internal_id"] == event["internal_id"]


async def test_an_event_of_a_transaction_that_failed_never_leaves(
    side: Side, inngest: Inngest
) -> None:
    engine = await side.start()
    async with system(side.system, "worker") as session:
        await engine.send_in(session, Event("asked", {}, "a"))
        await session.rollback()
    await side.write(engine, "b")
    await inngest.holds(1)
    await asyncio.sleep(0.3)
    assert inngest.ids == ["b"]


async def test_a_member_s_transaction_may_write_events_and_see_none(
    side: Side, app_engine: AsyncEngine, inngest: Inngest
) -> None:
    engine = side.make()
    async with tenant(app_engine, ACME, ANA) as session:
        ids = await engine.send_in(session, Event("asked", {"run_id": "7"}, "7:1"))
    assert ids == ["7:1"]
    async with tenant(app_engine, ACME, ANA) as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await run(session, "SELECT * FROM outbox")
    assert await side.outbox("workspace_id, key") == [(ACME, "7:1")]
    await engine.start()
    await inngest.holds(1)


async def test_events_arrive_in_the_order_they_were_written_many_at_a_time(
    side: Side, inngest: Inngest
) -> None:
    engine = side.make()
    for first in range(0, len(MANY), 23):
        await side.write(engine, *MANY[first : first + 23])
    await engine.start()
    await inngest.holds(len(MANY))
    assert inngest.ids == MANY
    assert [len(post) for post in inngest.posts] == [100, 100, 30]


async def test_a_second_event_with_the_same_id_is_dropped(
    side: Side, inngest: Inngest
) -> None:
    engine = side.make()
    await side.write(engine, "a", "a", "b")
    await side.write(engine, "b", "c")
    await engine.start()
    await inngest.holds(3)
    await side.is_empty()
    assert inngest.ids == ["a", "b", "c"]


async def test_a_lost_reply_is_answered_by_the_same_events_under_the_same_ids(
    side: Side, inngest: Inngest
) -> None:
    inngest.breaks("/e/", after=True, silent=True)
    engine = side.make()
    await side.write(engine, "a", "b", "c")
    await engine.start()
    await side.is_empty()
    assert [len(post) for post in inngest.posts] == [3, 1, 1, 1]
    assert inngest.ids == ["a", "b", "c"] * 2
    told = {
        key: payload["internal_id"]
        for key, payload in await side.outbox("key, payload")
    }
    assert told == {key: kept["internal_id"] for key, kept in inngest.events.items()}


async def test_a_server_that_is_away_for_a_while_costs_nothing_but_time(
    side: Side, inngest: Inngest
) -> None:
    await inngest.stop()
    engine = await side.start()
    await side.write(engine, "a", "b")
    await asyncio.sleep(0.3)
    await side.write(engine, "c")
    health = engine.health()
    assert not health.ok
    assert "does not answer" in health.detail
    assert health.queued >= 2
    await inngest.start()
    await inngest.holds(3)
    assert inngest.ids == ["a", "b", "c"]
    await side.is_empty()
    await asyncio.sleep(0.3)
    assert engine.health().ok
    assert engine.health().queued == 0


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_fault_of_the_server_is_tried_again(
    side: Side, inngest: Inngest, status: int
) -> None:
    inngest.breaks("/e/", status=status, times=3)
    engine = await side.start()
    await side.write(engine, "a")
    await inngest.holds(1)
    await side.is_empty()
    assert inngest.ids == ["a"]


async def test_a_server_that_asks_for_a_pause_gets_it(
    side: Side, inngest: Inngest
) -> None:
    inngest.breaks("/e/", status=429, headers={"retry-after": "1"})
    engine = side.make()
    await side.write(engine, "a")
    began = asyncio.get_running_loop().time()
    await engine.start()
    await inngest.holds(1)
    assert asyncio.get_running_loop().time() - began > 0.9


async def test_a_wrong_key_is_told_once_with_what_to_do_and_loses_nothing(
    side: Side, inngest: Inngest
) -> None:
    inngest.event_key = "another"
    with structlog.testing.capture_logs() as logs:
        engine = await side.start()
        await side.write(engine, "a")
        await asyncio.sleep(0.7)
    told = [log for log in logs if log["event"] == "relay.failed"]
    assert [log["hint"] for log in told] == [
        "Set INNGEST_EVENT_KEY to the key that the server has."
    ]
    assert (await side.outbox())[0][1] > 2  # it was tried all the while
    assert not engine.health().ok
    inngest.event_key = side.account.event_key
    await inngest.holds(1)
    await side.is_empty()


@pytest.mark.parametrize("status", [302, 404, 405])
async def test_an_address_where_inngest_is_not_is_named(
    side: Side, inngest: Inngest, status: int
) -> None:
    inngest.breaks("/e/", status=status, times=9)
    with structlog.testing.capture_logs() as logs:
        engine = await side.start()
        await side.write(engine, "a")
        await asyncio.sleep(0.2)
    [told] = [log for log in logs if log["event"] == "relay.failed"]
    assert "INNGEST_BASE_URL" in told["hint"]
    assert await side.left() == ["a"]


async def test_an_event_that_the_server_will_not_have_stops_no_other(
    side: Side, inngest: Inngest
) -> None:
    engine = side.make()
    await side.write(engine, "a")
    async with system(side.system, "worker") as session:
        await engine.send_in(session, Event("asked", {"much": "x" * 300_000}, "b"))
    await side.write(engine, "c", "d")
    with structlog.testing.capture_logs() as logs:
        await engine.start()
        await inngest.holds(3)
        await asyncio.sleep(1)
    assert sorted(set(inngest.ids)) == ["a", "c", "d"]
    assert await side.left() == ["b"]
    refused = [log for log in logs if log["event"] == "relay.event_refused"]
    assert [log["event_id"] for log in refused] == ["b"]
    assert "too large" in refused[0]["reason"]
    [(_, attempts, error)] = [row for row in await side.outbox() if row[0] == "b"]
    assert attempts >= 3
    assert "too large" in error
    await side.write(engine, "e")
    await inngest.holds(4)


async def test_two_relays_share_the_work_and_double_nothing(
    side: Side, inngest: Inngest
) -> None:
    slow_lease = Breath(idle_s=0.2)
    first, second = side.make(slow_lease), side.make(slow_lease)
    for n in range(0, len(MANY), 10):
        await side.write(first, *MANY[n : n + 10])
    await asyncio.gather(first.start(), second.start())
    await inngest.holds(len(MANY))
    await side.is_empty()
    assert sorted(inngest.ids) == MANY


async def test_what_a_dead_relay_had_in_hand_is_posted_by_another(
    side: Side, inngest: Inngest
) -> None:
    await side.write(side.make(), "a", "b")
    async with system(side.system, "worker") as session:
        lease = timedelta(seconds=0.6)
        seed = "1763700000000,AAAAAAAAAAAAAA=="
        dead = await outbox.claim(session, most=9, lease=lease, seed=seed)
    assert [one.key for one in dead] == ["a", "b"]
    await side.start()
    await asyncio.sleep(0.3)
    assert inngest.ids == []  # the lease still runs
    await inngest.holds(2)
    assert inngest.ids == ["a", "b"]


async def test_a_relay_that_lost_its_lease_changes_nothing_of_the_next_one_s(
    side: Side,
) -> None:
    await side.write(side.make(), "a")
    async with system(side.system, "worker") as session:
        late = await outbox.claim(session, most=9, lease=timedelta(), seed="1,x")
    async with system(side.system, "worker") as session:
        lease = timedelta(minutes=1)
        [ours] = await outbox.claim(session, most=9, lease=lease, seed="2,y")
    assert ours.payload["seed"] == "1,x"  # fixed when it was first tried
    async with system(side.system, "worker") as session:
        await outbox.again(session, late, "too late", timedelta())
    assert await side.outbox() == [("a", 2, None)]
    async with system(side.system, "worker") as session:
        assert await outbox.claim(session, most=9, lease=lease, seed="3,z") == []


async def test_a_relay_outlives_a_database_that_restarts(
    side: Side, inngest: Inngest, database: Urls
) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    await inngest.holds(1)
    cut = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND usename = 'agent_system'
            AND datname = current_database()
    """
    async with connected(database.admin) as admin:
        assert await one(admin, cut) > 0
    async with connected(database.system) as new, system(new, "worker") as session:
        await engine.send_in(session, Event("asked", {}, "b"))
    await inngest.holds(2)


async def test_only_old_news_is_forgotten(side: Side, inngest: Inngest) -> None:
    engine = await side.start()
    await side.write(engine, "old", "new")
    await inngest.holds(2)
    await side.is_empty()
    await engine.stop(timedelta(seconds=1))
    await side.write(engine, "waiting")
    await as_role(
        side.system,
        "worker",
        "UPDATE outbox SET published_at = now() - interval '8 days',"
        " created_at = now() - interval '8 days' WHERE key = 'old'",
    )
    await as_role(
        side.system,
        "worker",
        "UPDATE outbox SET created_at = now() - interval '30 days'"
        " WHERE key = 'waiting'",
    )
    async with system(side.system, "worker") as session:
        assert await outbox.prune(session) == 1
    assert sorted(key for key, *_ in await side.outbox()) == ["new", "waiting"]


def test_pauses_grow_to_minutes_and_no_further() -> None:
    breath = Breath()
    pauses = [breath.pause_s(n) for n in range(1, 40)]
    assert 0.3 < pauses[0] < 0.7
    assert max(pauses) <= 1.25 * 120
    assert all(pause > 80 for pause in pauses[10:])
    assert QUICK.pause_s(40) < 0.2
