"""Means of scores, and how sure they are: for few scores, few people, few pieces. Pure.

What is measured is how this team finds this skill's pieces, so the piece is what was
drawn: several people's scores of one piece are one observation. One person is one
voice, as with complaints (`evidence`): beyond ``MOST_OF_ONE`` scores they share that
weight, so that whoever scores everything does not speak for all.

Scores of 1 to 5 agree easily: three fives have no spread at all, and an interval of no
width. So the interval is counted as if one more piece had been given 1 and one 5, which
is Agresti and Coull's "add two failures and two successes" for a bounded scale. It is
wide while there is little, and makes no odds once there is much.
Source: Agresti and Coull (1998), The American Statistician 52 (2); effective number of
weighted observations: Kish (1965), Survey Sampling, 11.7.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from agent.catalog.evidence import MOST_OF_ONE

LOWEST, HIGHEST = 1.0, 5.0
ENOUGH = 5
"""Pieces that an interval takes; of fewer it would span nearly the whole scale."""
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Score:
    """What one person gave one piece."""

    person: str
    piece: str
    value: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and where the true one likely lies; without both, nobody scored."""

    n: int = 0
    """Scores."""
    pieces: int = 0
    people: int = 0
    mean: float | None = None
    low: float | None = None
    """The 95 % interval's ends; None: too few pieces."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """How much better it became, and where the true difference likely lies."""

    by: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether nought lies outside the interval."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class _Sample:
    """Pieces with their weights, and the two imagined ones."""

    mean: float
    centre: float
    variance: float
    """Of ``centre``."""
    freedom: float


def estimate(scores: Sequence[Score]) -> Estimate:
    """The mean of people's scores and its interval."""
    found = _sample(scores)
    if found is None:
        return Estimate()
    pieces = len({one.piece for one in scores})
    people = len({one.person for one in scores})
    if pieces < ENOUGH:
        return Estimate(len(scores), pieces, people, found.mean)
    half = student(SURE, found.freedom) * sqrt(found.variance)
    low = max(LOWEST, found.centre - half)
    high = min(HIGHEST, found.centre + half)
    return Estimate(len(scores), pieces, people, found.mean, low, high)


def change(
    before: Sequence[Score], after: Sequence[Score], sure: float = SURE
) -> Change | None:
    """How the mean moved; None while either side has too few pieces.

    Of several skills looked at together, ``sure`` is higher by their number.
    Source: Welch (1947), Biometrika 34.
    """
    if min(len({one.piece for one in side}) for side in (before, after)) < ENOUGH:
        return None
    old, new = _sample(before), _sample(after)
    if old is None or new is None:
        return None
    variance = old.variance + new.variance
    freedom = variance**2 / (
        old.variance**2 / old.freedom + new.variance**2 / new.freedom
    )
    half = student(sure, freedom) * sqrt(variance)
    by = new.centre - old.centre
    return Change(new.mean - old.mean, by - half, by + half)


def student(sure: float, freedom: float) -> float:
    """Student's t, two-sided; right to three digits from 5 degrees of freedom on.

    Source: Abramowitz and Stegun (1964), 26.7.5.
    """
    z = NormalDist().inv_cdf((1 + sure) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def _sample(scores: Sequence[Score]) -> _Sample | None:
    drawn = list(_pieces(scores))
    if not drawn:
        return None
    total = sum(weight for _, weight in drawn)
    effective = total**2 / sum(weight**2 for _, weight in drawn)
    mean = sum(value * weight for value, weight in drawn) / total
    scaled = [(value, weight * effective / total) for value, weight in drawn]
    scaled += [(LOWEST, 1.0), (HIGHEST, 1.0)]
    count = effective + 2
    centre = sum(value * weight for value, weight in scaled) / count
    squares = sum(weight * (value - centre) ** 2 for value, weight in scaled)
    variance = squares / (count - 1) / count
    return _Sample(mean, centre, variance, count - 1)


def _pieces(scores: Iterable[Score]) -> Iterable[tuple[float, float]]:
    """What each piece was given, and its weight: 1 at most, however many scored it."""
    scores = list(scores)
    voices = Counter(one.person for one in scores)
    of_piece: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in scores:
        weight = min(1.0, MOST_OF_ONE / voices[one.person])
        of_piece[one.piece].append((one.value, weight))
    for given in of_piece.values():
        weight = sum(each for _, each in given)
        yield sum(value * each for value, each in given) / weight, min(1.0, weight)
