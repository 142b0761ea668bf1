"""Betting on means: what it wins, what it bounds, and that it is a fair game."""

from itertools import product
from math import exp, lgamma, log

import numpy as np
import pytest

from agent.catalog.sequential import (
    BELIEF,
    MONEY,
    STAKES,
    contrasts,
    log_imbalance,
    log_wealth,
    lower,
    refuted,
    upper,
)


def flat(n: int, value: float) -> np.ndarray:
    return np.full(n, value)


def test_wins_in_a_row_multiply_each_stake() -> None:
    wealth = log_wealth(flat(4, 1.0), flat(4, 0.0), 0.5)
    by_hand = sum(money * (1 + stake) ** 4 for stake, money in zip(STAKES, MONEY))  # noqa: B905
    assert wealth[-1] == pytest.approx(log(by_hand))


def test_where_the_claim_is_true_nothing_is_won_on_average() -> None:
    """Every course of ten tosses of a fair coin, each as likely as any other."""
    ends = [
        exp(log_wealth(np.array(course, float), flat(10, 0.0), 0.5)[-1])
        for course in product((0, 1), repeat=10)
    ]
    assert sum(ends) / len(ends) == pytest.approx(1.0)


def test_a_refuted_claim_stays_refuted() -> None:
    x = np.array([1.0] * 8 + [0.0] * 30)
    gone = refuted(x, flat(38, 0.0), 0.5, 0.05)
    assert not gone[0]
    assert gone[-1]


def test_bounds_close_in_on_the_mean_and_never_give_ground() -> None:
    x = np.random.default_rng(1).choice([0.25, 0.5, 0.75, 1.0], 200)
    ends = flat(200, 0.0), flat(200, 1.0)
    low, high = lower(x, *ends, 0.025), upper(x, *ends, 0.025)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) <= 0).all()
    assert (low < 0.625).all()
    assert (high > 0.625).all()
    assert high[-1] - low[-1] < 0.2
    assert high[0] - low[0] > 0.9


def test_bounds_hold_at_every_look_at_once() -> None:
    """Of 400 courses at most 5 % are left behind by a bound at any time (seeded)."""
    rng = np.random.default_rng(7)
    x = rng.beta(2, 1, (400, 60))
    wrong = [refuted(one, flat(60, 0.0), 2 / 3, 0.05)[-1] for one in x]
    assert sum(wrong) <= 20


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_what_a_unit_says_is_on_average_what_the_candidate_changes(
    share: float,
) -> None:
    with_it, without_it = 0.4, 0.1
    arms = np.array([True, False])
    said, least, most = contrasts(np.array([with_it, without_it]), arms, flat(2, share))
    assert share * said[0] + (1 - share) * said[1] == pytest.approx(0.3)
    assert (least <= said).all()
    assert (said <= most).all()


def test_the_check_of_shares_is_the_known_bayes_factor() -> None:
    """Dirichlet-multinomial against the planned shares, in its closed form."""
    arms, shares = [0, 1, 1, 0, 1, 1, 1], [(0.8, 0.2)] * 7
    prior = [BELIEF * share for share in shares[0]]
    counts = [arms.count(0), arms.count(1)]
    closed = lgamma(BELIEF) - lgamma(BELIEF + len(arms))
    for a, n, share in zip(prior, counts, shares[0], strict=True):
        closed += lgamma(a + n) - lgamma(a) - n * log(share)
    assert log_imbalance(arms, shares)[-1] == pytest.approx(closed)


def test_units_that_all_fall_on_one_side_are_soon_uneven() -> None:
    assert log_imbalance([1] * 6, [(0.8, 0.2)] * 6)[-1] > log(100)
    even = [0, 0, 0, 1, 0] * 20
    assert max(log_imbalance(even, [(0.8, 0.2)] * 100)) < log(10)
    assert len(log_imbalance([], [])) == 0
