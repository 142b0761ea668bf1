"""How long a comparison takes: before it begins, and while it runs. Estimates, pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from statistics import median

import numpy as np
from numpy.typing import NDArray

from agent.catalog.sequential import Floats, contrasts, log_wealth
from agent.catalog.trial_shapes import MOST
from agent.catalog.trials import ALPHA, RATINGS, Trial

USUAL_EFFECT = 0.5
"""Points that a better version is assumed to be better by, where nothing is known."""
USUAL_SPREAD = 0.6
"""Points by which units usually depart from what was expected of them (sd)."""
HORIZON = 400
"""Units; beyond that the answer is "more than anybody has"."""
ENOUGH = 3
"""Units of each arm that must be heard before they can speak for those to come."""
IMAGINED = 101
"""Courses of a comparison that an estimate is the median of; always the same ones."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a comparison still needs, and on what assumption."""

    units: int
    """More that must be heard; `HORIZON`: that many do not suffice."""
    ratings: int
    is_observed: bool
    """Assumed: those to come are like those heard. Else the usual effect and spread."""

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no end is in sight."""
        return self.units >= HORIZON


@cache
def smallest_team(share: float) -> int:
    """The fewest units with which a comparison can end at all, all going one way.

    ``share``: the candidate's, 0-1.
    """
    arms = np.array(list(islice(_lots(share), HORIZON)))
    return _first(np.where(arms, 1.0, -1.0), arms, share)


@cache
def units_needed(
    share: float, effect: float = USUAL_EFFECT, spread: float = USUAL_SPREAD
) -> int:
    """About how many units it takes to see that the candidate is better.

    ``effect`` and ``spread`` in points. `HORIZON` stands for "that many or more".
    """
    rng = np.random.default_rng(HORIZON)
    found = []
    for _ in range(IMAGINED):
        arms = rng.random(HORIZON) < share
        departs = effect * (arms - share) + rng.normal(0, spread, HORIZON)
        found.append(_first(np.clip(departs / MOST, -1, 1), arms, share))
    return int(median(found))


def remaining(trial: Trial, share: float) -> Remaining:
    """How much more a comparison that runs probably needs."""
    heard = trial.heard
    here, there = int(heard.candidate.sum()), int((~heard.candidate).sum())
    if min(here, there) < ENOUGH:
        units = max(1, units_needed(share) - here - there)
        return Remaining(units, _ratings(trial, units), is_observed=False)
    units = _if_so_on(trial)
    return Remaining(units, _ratings(trial, units), is_observed=True)


def _if_so_on(trial: Trial) -> int:
    """More units until a verdict, if those heard come again and again."""
    heard = trial.heard
    n = len(heard.at)
    places = list(islice(cycle(range(n)), n + HORIZON))
    x, least, most = (one[places] for one in heard.contrasts)
    claims = (
        log_wealth(x, least, 0.0),
        log_wealth(-x, -most, 0.0),
        log_wealth(-x, -most, -trial.aims.min_effect / MOST),
    )
    ends = [_crossed(wealth) for wealth in claims]
    return min(HORIZON, max(1, min(ends) - n))


def _ratings(trial: Trial, units: int) -> int:
    """What so many more units take, begun with those that lack the least."""
    lacking = sorted(RATINGS - one.n for one in trial.units.values() if one.n < RATINGS)
    begun = lacking[:units]
    return sum(begun) + RATINGS * (units - len(begun))


def _lots(share: float) -> Iterator[bool]:
    """Arms in the planned proportion, evenly spread."""
    owed = 0.0
    while True:
        owed += share
        yield (is_candidate := owed > 1 - 1e-9)
        owed -= is_candidate


def _first(surprise: Floats, arms: NDArray[np.bool_], share: float) -> int:
    x, least, _ = contrasts(surprise, arms, np.full(len(arms), share))
    return min(HORIZON, _crossed(log_wealth(x, least, 0.0)))


def _crossed(wealth: Floats) -> int:
    """After how many observations the claim is refuted; beyond all if never."""
    found = wealth >= -np.log(ALPHA)
    return int(found.argmax()) + 1 if found.any() else HORIZON + len(wealth)
