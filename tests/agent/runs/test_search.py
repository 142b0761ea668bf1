"""Runs and outputs are found by what they are, within what one may see."""

import pytest

from agent.runs.search_operations import search_outputs, search_runs
from agent.shapes import BadCursor
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.bot.web.console.furnished import furnish


async def numbers(world: World, caller: object = AS_ANA, **wanted: object) -> list[int]:
    found = await world.call(search_runs, caller, **wanted)  # type: ignore[arg-type]
    return [line.number for line in found.lines]


async def test_filters_narrow_together(world: World) -> None:
    await furnish(world)
    assert await numbers(world) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await numbers(world, status="failed") == [3]
    assert await numbers(world, status="alive") == [8, 7, 6]
    assert await numbers(world, skill="copywriting", person="BO") == [7, 5, 3, 1]
    assert await numbers(world, client="acm", status="completed") == [5, 2]
    # What is typed is no pattern.
    assert await numbers(world, client="%") == []
    assert await numbers(world, person="_") == []


async def test_pages_join_without_gap_or_repeat(world: World) -> None:
    await furnish(world)
    cursor, seen = "", []
    for _ in range(4):
        page = await world.call(search_runs, AS_ANA, limit=3, cursor=cursor)
        seen += [line.number for line in page.lines]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [8, 7, 6, 5, 4, 3, 2, 1]
    with pytest.raises(BadCursor):
        await world.call(search_outputs, AS_ANA, cursor=f"{cursor}x")


async def test_what_row_security_hides_is_not_found(world: World) -> None:
    await furnish(world)
    assert 40 in await numbers(world, AS_BOB)
    assert 40 not in await numbers(world, AS_ANA)
    assert await numbers(world, AS_EVE) == [41]


async def test_outputs_are_found_by_their_title_with_their_score(world: World) -> None:
    await furnish(world)
    found = await world.call(search_outputs, AS_ANA, title="GO HOME")
    assert [line.number for line in found.lines] == [2, 1]
    assert [line.votes for line in found.lines] == [7, 7]
    assert found.lines[0].score == pytest.approx(4.0)
    assert (await world.call(search_outputs, AS_EVE)).lines == []
    assert (await world.call(search_outputs, AS_ANA, title="%")).lines == []
