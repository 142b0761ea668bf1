"""A clock that is set costs nobody a lease."""

from datetime import UTC, datetime, timedelta

import pytest
import uuid_utils.compat as uuids

from bot.durable import queue
from bot.durable.database import Database
from bot.durable.leaseclock import ALWAYS, LeaseClock
from bot.durable.queue import Room
from tests.bot.durable.store import LEASE, claim, expire, started
from tests.bot.durable.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)


class Hands:
    """A monotonic clock turned by hand."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> LeaseClock:
    made = LeaseClock(timedelta(seconds=15), hands)
    assert made.latest() == ALWAYS
    assert not made.see(NOON)
    return made


def test_while_both_clocks_agree_lost_leases_are_taken_over(
    clock: LeaseClock, hands: Hands
) -> None:
    now = NOON
    for _ in range(12):
        hands.at += 5
        now += timedelta(seconds=5)
        assert clock.latest() > now
        assert not clock.see(now)


def test_after_an_absence_of_the_database_holders_may_renew_first(
    clock: LeaseClock, hands: Hands
) -> None:
    hands.at += 16
    now = NOON + timedelta(seconds=16)
    assert clock.latest() < now
    assert not clock.see(now)
    hands.at += 14
    now += timedelta(seconds=14)
    assert clock.latest() < now
    assert not clock.see(now)
    hands.at += 2
    assert clock.latest() > now + timedelta(seconds=2)


def test_set_forward_nothing_is_taken_over_for_the_time_of_a_lease(
    clock: LeaseClock, hands: Hands
) -> None:
    hands.at += 1
    jumped = NOON + TEN
    assert clock.latest() < jumped
    assert not clock.see(jumped)
    assert clock.latest() < jumped
    hands.at += 8
    assert not clock.see(jumped + timedelta(seconds=8))
    hands.at += 8
    assert clock.latest() > jumped + timedelta(seconds=16)


def test_set_back_says_so_once(clock: LeaseClock, hands: Hands) -> None:
    hands.at += 1
    assert clock.see(NOON - TEN)
    hands.at += 1
    assert not clock.see(NOON - TEN + timedelta(seconds=1))


def test_a_drifting_clock_is_no_jump(clock: LeaseClock, hands: Hands) -> None:
    now = NOON
    for _ in range(100):
        hands.at += 10
        now += timedelta(seconds=10.5)
        assert not clock.see(now)
        assert clock.latest() > now


async def test_a_claim_after_a_jump_leaves_leased_jobs_alone(
    world: World, store: Database
) -> None:
    job = await started(world, store)
    await expire(world)
    room = Room(10, 1, 2, (), ("t-go",), latest=NOON - TEN)
    async with store.connection() as connection:
        assert await queue.claim(connection, uuids.uuid7(), LEASE, room) == []
    (again,) = await claim(store)
    assert again.id == job.id


async def test_leases_that_a_jump_prolonged_are_shortened(
    world: World, store: Database
) -> None:
    await started(world, store)
    await world.tell("UPDATE engine.jobs SET due_at = now() + interval '10 min'")
    async with store.connection() as connection:
        await queue.shorten(connection, LEASE)
    left = "SELECT extract(epoch FROM due_at - now()) FROM engine.jobs"
    assert float((await world.rows(left))[0][0]) <= LEASE.total_seconds()
