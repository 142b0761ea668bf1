"""Comparisons read from ratings: who counts how much, and when there is a verdict."""

from dataclasses import replace

import pytest

from agent.catalog import foresight
from agent.catalog.foresight import HORIZON, remaining, smallest_team, units_needed
from agent.catalog.trial_shapes import Aims, Before, Rating
from agent.catalog.trials import ALPHA, Trial
from bench.experiments import Team, simulate


def ratings(*scores: float, unit: str = "acme", by: str = "ana") -> list[Rating]:
    is_new = unit.startswith("new")
    return [Rating(unit, is_new, 0.5, by, score) for score in scores]


def units(n: int, new: float, old: float) -> list[Rating]:
    """``n`` units on each side, who gave three times the same, turn by turn."""
    found: list[Rating] = []
    for at in range(n):
        found += ratings(new, new, new, unit=f"new-{at}")
        found += ratings(old, old, old, unit=f"old-{at}")
    return found


def test_a_better_version_wins_and_what_was_won_stays_won() -> None:
    trial = Trial(units(8, new=5, old=3))
    reading = trial.read()
    assert reading.verdict == "better"
    assert reading.at < reading.ratings == 48
    later = Trial([*trial.ratings, *units(2, new=3, old=5)]).read()
    assert (later.verdict, later.at) == ("better", reading.at)
    assert reading.difference is not None
    assert 0 < reading.low <= reading.difference <= reading.high


def test_a_worse_version_is_called_worse_not_just_no_better() -> None:
    assert Trial(units(8, new=2, old=4)).read().verdict == "worse"


def test_alike_versions_come_to_no_verdict_and_late_to_no_better() -> None:
    assert Trial(units(5, new=4, old=4)).read().verdict == "none"
    assert Trial(units(90, new=4, old=4)).read().verdict == "same"


def test_less_than_what_is_worth_it_does_not_win() -> None:
    trial = Trial(units(8, new=5, old=3), aims=Aims(min_effect=2.5))
    assert trial.read().verdict != "better"


def test_nobody_is_heard_before_three_ratings() -> None:
    reading = Trial([*ratings(5, 5, unit="new-1"), *ratings(1, 1)]).read()
    assert (reading.rated, reading.heard) == ((1, 1), (0, 0))
    assert reading.difference is None


def test_a_flood_by_one_person_moves_a_unit_no_more_than_one_score() -> None:
    """Whoever rates last or most: each person counts once in a unit."""
    both = [*ratings(1, by="ana"), *ratings(5, by="bob"), *ratings(1, by="ana")]
    [value] = Trial(both).heard.value
    assert value == 3.0
    flooded = Trial([*both, *ratings(*[1] * 200, by="ana")])
    assert flooded.heard.value.tolist() == [3.0]
    assert flooded.read().heard == (1, 0)


def test_people_who_disagree_widely_are_pointed_out() -> None:
    trial = Trial([*ratings(1, 2, by="ana"), *ratings(5, by="bob")])
    assert trial.read().disagreeing == 1


def test_strict_people_are_compared_with_themselves() -> None:
    """Who always gave 2 and now gives 3 says the same as who went from 4 to 5."""
    given = [*ratings(3, 3, 3, unit="strict"), *ratings(5, 5, 5, unit="kind")]
    known = {"strict": Before(2, 100), "kind": Before(4, 100)}
    first, second = Trial(given, known).heard.surprise
    assert first == pytest.approx(second, abs=0.06)


def test_uneven_sides_allow_no_verdict() -> None:
    """All who rate are on one side, though half were to be."""
    given = units(8, new=5, old=3)
    loud = [one for one in given if one.candidate]
    more = [replace(one, unit=f"{one.unit}b") for one in loud]
    reading = Trial([*loud, *more]).read()
    assert reading.verdict == "imbalanced"
    assert reading.imbalance < 0.01


def test_a_candidate_that_changes_nothing_hardly_ever_wins() -> None:
    """Looked at after every rating; 2,000 tests a line are in ``bench.experiments``."""
    found = simulate(Team(clients=30, share=0.5), tests=150)
    won = sum(verdict == "better" for verdict, _ in found)
    assert won <= ALPHA * 150


@pytest.mark.long
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_false_promotions_stay_within_five_in_a_hundred(share: float) -> None:
    for team in (
        Team(40, share),
        Team(40, share, drift=0.6),
        Team(40, share, people=2),
    ):
        found = simulate(team, tests=2000)
        assert sum(verdict == "better" for verdict, _ in found) <= 100


def test_a_much_better_version_is_found() -> None:
    found = simulate(Team(clients=60, share=0.5, effect=1.0), tests=40)
    verdicts = [verdict for verdict, _ in found]
    assert verdicts.count("better") >= 30
    assert "worse" not in verdicts


def test_with_fewer_than_the_smallest_team_no_test_can_end() -> None:
    least = smallest_team(0.5)
    assert least == 6
    assert Trial(units(least // 2, new=5, old=1)).read().verdict == "better"
    assert Trial(units(least // 2 - 1, new=5, old=1)).read().verdict == "none"
    assert smallest_team(0.2) > smallest_team(0.3) > least


def test_a_larger_difference_takes_fewer_units() -> None:
    assert units_needed(0.5, 1.0) < units_needed(0.5, 0.5) < units_needed(0.2, 0.5)
    assert units_needed(0.2, 0.05) == HORIZON


def test_what_remains_is_a_guess_until_both_sides_are_heard_and_then_shrinks() -> None:
    young = remaining(Trial(units(2, new=5, old=3.4)), 0.5)
    assert not young.is_observed
    assert young.ratings == 3 * young.units
    told = [remaining(Trial(units(n, new=4.5, old=4)), 0.5).ratings for n in (3, 5, 8)]
    assert told == sorted(told, reverse=True)
    nothing = remaining(Trial([]), 0.5)
    assert nothing.units == units_needed(0.5)


def test_ratings_that_units_still_lack_are_what_is_asked_for() -> None:
    begun = [*units(4, new=5, old=4), *ratings(4, 4, unit="new-9")]
    whole = remaining(Trial(begun[:-2]), 0.5)
    less = remaining(Trial(begun), 0.5)
    assert less.units == whole.units
    assert less.ratings == whole.ratings - 2


def test_a_test_that_leads_nowhere_says_so() -> None:
    assert foresight.Remaining(HORIZON, 1200, is_observed=True).is_out_of_reach
