"""How good a skill is, and how sure that is."""

from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.catalog.quality_operations import HIGHEST, LOWEST, interval, show_quality
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.bot.web.console.furnished import furnish


def test_the_interval_is_students() -> None:
    # Worked by hand: mean 4, s = 1, n = 4, t(3) = 3.182, half = 1.591.
    low, high = interval([3, 4, 4, 5]) or (0.0, 0.0)
    assert low == pytest.approx(4 - 3.182 * (2 / 3) ** 0.5 / 2, abs=1e-9)
    assert high == HIGHEST


@pytest.mark.parametrize("scores", [[], [5.0]])
def test_too_few_scores_say_nothing(scores: list[float]) -> None:
    assert interval(scores) is None


@settings(max_examples=50)
@given(st.lists(st.integers(1, 5).map(float), min_size=2, max_size=80))
def test_the_interval_holds_the_mean_and_stays_on_the_scale(
    scores: list[float],
) -> None:
    low, high = interval(scores) or (0.0, 0.0)
    assert LOWEST <= low <= fmean(scores) + 1e-9
    assert fmean(scores) - 1e-9 <= high <= HIGHEST


async def test_a_skill_has_its_scores_its_interval_and_its_weeks(world: World) -> None:
    await furnish(world)
    [line] = (await world.call(show_quality, AS_BOB, skill="cold-email")).lines
    assert (line.n, line.runs, line.version) == (7, 2, "1.2.0")
    assert line.mean == pytest.approx(4.0)
    assert line.low is not None
    assert line.high is not None
    assert 1 <= line.low < 4 < line.high <= 5
    assert [week.n for week in line.weeks] == [1] * 7
    assert line.weeks == sorted(line.weeks, key=lambda week: week.starts_on)


async def test_another_workspace_has_no_part_in_it(world: World) -> None:
    await furnish(world)
    found = await world.call(show_quality, AS_EVE)
    assert [(line.n, line.runs, line.mean) for line in found.lines] == [
        (0, 0, None)
    ] * 3


async def test_a_rehearsal_says_nothing(world: World) -> None:
    await furnish(world)
    async with world.owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE runs SET provider = 'rehearsal'")
    found = await world.call(show_quality, AS_ANA)
    assert {line.n for line in found.lines} == {0}
