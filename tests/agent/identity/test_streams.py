"""Domain streams: facts in order, one writer first, and the state as of then."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from agent.identity import streams
from agent.identity.streams import Fact, Stale, Stream
from tests.agent.world import AS_ANA, AS_EVE, World
from tests.db.asking import one, run

ROTA = Stream("rota", "7")


def shift(name: str) -> Fact:
    return Fact("rota.given", {"to": name})


async def give(world: World, name: str, expected: int) -> int:
    async with world.tenant(AS_ANA) as session:
        return await streams.append(
            session, AS_ANA, ROTA, shift(name), expected=expected
        )


def names(so_far: list[str], fact: Fact) -> list[str]:
    return [*so_far, fact.data["to"]]


async def given(world: World, until: int | datetime | None = None) -> list[str]:
    async with world.tenant(AS_ANA) as session:
        nobody: list[str] = []
        return await streams.replay(session, ROTA, names, nobody, until=until)


async def test_facts_are_numbered_from_one(world: World) -> None:
    assert await give(world, "Ana", 0) == 1
    assert await give(world, "Bob", 1) == 2
    assert await given(world) == ["Ana", "Bob"]


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_a_stale_write_is_refused_and_leaves_nothing(
    world: World, expected: int
) -> None:
    await give(world, "Ana", 0)
    with pytest.raises(Stale, match="changed this rota"):
        await give(world, "Bob", expected)
    assert await given(world) == ["Ana"]


async def test_a_stream_cannot_begin_in_the_middle(world: World) -> None:
    with pytest.raises(Stale):
        await give(world, "Bob", 3)


async def test_of_two_writers_at_once_one_is_stale(world: World) -> None:
    results = await asyncio.gather(
        *(give(world, name, 0) for name in ("Ana", "Bob", "Eve")),
        return_exceptions=True,
    )
    assert sorted(map(str, map(type, results))).count(str(Stale)) == 2
    assert len(await given(world)) == 1


async def test_retried_work_reads_anew_and_all_of_it_stands(world: World) -> None:
    async def give_next(name: str) -> int:
        async with world.tenant(AS_ANA) as session:

            async def once() -> int:
                nobody: list[str] = []
                so_far = await streams.replay(session, ROTA, names, nobody)
                await asyncio.sleep(0)
                return await streams.append(
                    session, AS_ANA, ROTA, shift(name), expected=len(so_far)
                )

            return await streams.retried(once)

    people = [f"p{n}" for n in range(6)]
    numbers = await asyncio.gather(*map(give_next, people))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert sorted(await given(world)) == people


async def test_retrying_has_an_end() -> None:
    tries = []

    async def always_late() -> None:
        tries.append(1)
        raise Stale("rota")

    with pytest.raises(Stale):
        await streams.retried(always_late)
    assert len(tries) == streams.TIMES


async def test_only_staleness_is_retried() -> None:
    tries = []

    async def broken() -> None:
        tries.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        await streams.retried(broken)
    assert len(tries) == 1


async def test_the_state_is_rebuilt_as_of_a_number_or_a_moment(world: World) -> None:
    for at, name in enumerate(("Ana", "Bob", "Eve")):
        await give(world, name, at)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    for number in (1, 2, 3):
        await run(
            world.owner,
            "UPDATE events SET occurred_at = :at WHERE version = :number "
            "AND category = 'domain'",
            at=long_ago + timedelta(days=number),
            number=number,
        )
    assert await given(world, until=2) == ["Ana", "Bob"]
    assert await given(world, until=long_ago) == []
    assert await given(world, until=long_ago + timedelta(days=1, hours=1)) == ["Ana"]


async def test_something_older_than_its_stream_begins_at_its_own_number(
    world: World,
) -> None:
    for name, at in (("whole", 4), ("late", 4), ("other", 9)):
        async with world.tenant(AS_ANA) as session:
            await streams.begin(session, AS_ANA, ROTA, shift(name), at=at)
    assert await given(world) == ["whole"]
    assert await give(world, "Bob", 4) == 5


async def test_another_workspace_has_a_stream_of_its_own(world: World) -> None:
    await give(world, "Ana", 0)
    async with world.tenant(AS_EVE) as session:
        nobody: list[str] = []
        assert await streams.replay(session, ROTA, names, nobody) == []
        await streams.append(session, AS_EVE, ROTA, shift("Eve"), expected=0)
    assert await given(world) == ["Ana"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}'",
        "UPDATE events SET before = NULL, after = NULL",
        "DELETE FROM events",
        "TRUNCATE events",
    ],
)
async def test_what_happened_cannot_be_changed_by_the_app(
    world: World, statement: str
) -> None:
    await give(world, "Ana", 0)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with world.tenant(AS_ANA) as session:
            await run(session, statement)
    assert await one(world.owner, "SELECT data ->> 'to' FROM events") == "Ana"
