"""Tests that may be looked at after every rating: wealth won by betting on a mean.

Somebody who bets against "the mean is at most m" starts with 1 and stakes a share of
what they have on every observation. While the claim is true their wealth is a
non-negative supermartingale, so the chance that it *ever* reaches 1/alpha is at most
alpha (Ville 1939): looking often costs nothing, stopping early is allowed, and it holds
from the first observation on, whatever the shape of the scores, as long as they are
bounded. The claims m that are refuted lie outside an always-valid interval.

Here a stake is a share f of the most that could be lost (``1 - f + f (x - a)/(m - a)``
for x >= a), and the money is spread over a few f, so that no spread and no effect need
be guessed.

Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by
betting", JRSS B 86 (2024) 1-27. Two arms drawn by lot: Howard, Ramdas, McAuliffe &
Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
Statistics 49 (2021), section 4.2. The share of units in each arm: Lindon & Malek,
"Anytime-valid inference for multinomial count data", NeurIPS 2022.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STAKES = np.array([0.15, 0.4, 0.9])
MONEY = np.array([0.1, 0.35, 0.55])
"""What is staked each time, and how much of the money goes to each habit: most of it is
bold, because a team has few units."""
CLAIMS = 800
"""Means among which a bound is looked for, evenly over the range."""

BELIEF = 2.0
"""How many units' worth of trust the planned shares have against what is counted."""


def log_wealth(x: Floats, floor: Floats, claim: float | Floats) -> Floats:
    """The logarithm of the wealth after each observation, against "the mean <= claim".

    Args:
        x: Observations in their order.
        floor: The least that each could have been, known before it came.
        claim: The mean that is bet against, above every floor; a column of claims gives
            a row of wealths each.
    """
    gain = (x - floor) / (claim - floor) - 1
    logs = np.cumsum(np.log1p(np.multiply.outer(STAKES, gain)), axis=-1)
    money = np.log(MONEY).reshape(-1, *[1] * gain.ndim)
    return np.asarray(np.logaddexp.reduce(logs + money, axis=0))


def refuted(
    x: Floats, floor: Floats, claim: float | Floats, alpha: float
) -> NDArray[np.bool_]:
    """After which observations a claim was refuted; once is for ever."""
    enough = log_wealth(x, floor, claim) >= -np.log(alpha)
    return np.asarray(np.maximum.accumulate(enough, axis=-1))


def lower(x: Floats, floor: Floats, ceiling: Floats, alpha: float) -> Floats:
    """The highest mean that is refuted so far, after each observation.

    The true mean is below any of these values with a chance of at most ``alpha``, over
    all of them together. It never falls: what was refuted once stays so.
    """
    claims = np.linspace(floor.max(), ceiling.max(), CLAIMS + 1)[1:]
    # Whoever bets against a lower mean wins more: those refuted come first.
    gone = refuted(x, floor, claims[:, None], alpha).sum(axis=0)
    found = np.where(gone > 0, claims[np.maximum(gone, 1) - 1], floor.min())
    return np.asarray(found)


def upper(x: Floats, floor: Floats, ceiling: Floats, alpha: float) -> Floats:
    """The lowest mean that is refuted so far, from above; see ``lower``."""
    return -lower(-x, -ceiling, -floor, alpha)


def contrasts(
    surprise: Floats, candidate: NDArray[np.bool_], share: Floats
) -> tuple[Floats, Floats, Floats]:
    """What each unit says of the difference between two arms, least and most of it.

    A unit in the candidate's arm counts ``surprise / share``, one in the other arm
    ``-surprise / (1 - share)``. Because the arm was drawn by lot, the mean of this is
    exactly what the candidate changes, however different the units are, however raters
    drift and whoever rates for several of them.

    Args:
        surprise: How far each unit's outcome lies from what was expected of it before
            the outcome was known, within -1...1.
        candidate: Whether the unit was drawn into the candidate's arm.
        share: The chance of that at the time.
    """
    scale = np.where(candidate, 1 / share, -1 / (1 - share))
    most = np.maximum(1 / share, 1 / (1 - share))
    return scale * surprise, -most, most


def log_imbalance(arms: Sequence[int], shares: Sequence[Sequence[float]]) -> Floats:
    """The logarithm of the wealth against "units fall into the arms by their shares".

    After each unit; a Dirichlet prior around the shares bets on what was counted.
    ``arms``: the arm of each unit, 0...; ``shares``: every arm's share at that time.
    """
    counted = np.zeros(len(shares[0]) if shares else 0)
    bets = []
    for arm, now in zip(arms, shares, strict=True):
        expected = (BELIEF * now[arm] + counted[arm]) / (BELIEF + counted.sum())
        bets.append(np.log(expected / now[arm]))
        counted[arm] += 1
    return np.cumsum(bets)
