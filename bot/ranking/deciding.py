"""From what phrases and examples say to one answer, and how sure it is.

Confidence is a logistic curve over four facts: how well the best skill fits, how far it
stands before the next, what phrases say for it, and what they say for the next. Its
constants come from messages that the ranking had not learnt, by
``python -m bench.calibrate_router``.
"""

import json
from collections.abc import Sequence
from functools import cache
from math import exp, log1p
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.ranking.features import Floats
from bot.ranking.phrases import Evidence

FILE = Path(__file__).with_name("calibration.json")
PHRASES = 0.1
"""What the logarithm of a phrase's odds counts for, beside a view's score."""
REFUSED = 0.6
"""What a skill loses whose work is not wanted."""


class Curve(NamedTuple):
    """The constants of confidence."""

    begin: float
    fit: float
    lead: float
    phrases: float
    others: float
    warmth: float
    """Scores divided by it become shares."""

    def confidence(self, facts: Sequence[float]) -> float:
        """The chance that the best skill is meant: 0 to 1."""
        fit, lead, phrases, others = facts
        sum_ = self.begin + self.fit * fit + self.lead * lead
        sum_ += self.phrases * phrases + self.others * others
        return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, sum_))))


@cache
def curve(kind: str) -> Curve:
    """The constants for ``lexical`` scores, or those with ``meaning``."""
    return Curve(**json.loads(FILE.read_text("utf-8"))[kind])


def weighed(scores: Floats, names: Sequence[str], evidence: Evidence) -> Floats:
    """``scores`` with what phrases say."""
    if not evidence.odds and not evidence.refused:
        return scores
    said = np.array([log1p(evidence.odds.get(name, 0.0)) for name in names], np.float32)
    refused = np.array([name in evidence.refused for name in names])
    found: Floats = scores + PHRASES * said - REFUSED * (refused & (said == 0))
    return found


def ordered(scores: Floats, most: int) -> list[int]:
    """The places of the highest scores, best first; equals in their order."""
    found = np.argsort(-scores, kind="stable")[:most]
    return [int(place) for place in found]


def facts(
    scores: Floats, best: Sequence[int], names: Sequence[str], evidence: Evidence
) -> tuple[float, float, float, float]:
    """What confidence depends on."""
    first = float(scores[best[0]])
    second = float(scores[best[1]]) if len(best) > 1 else 0.0
    odds = evidence.odds
    own = odds.get(names[best[0]], 0.0)
    other = max(
        (much for name, much in odds.items() if name != names[best[0]]), default=0.0
    )
    return first, first - second, log1p(own), log1p(other)


def shares(scores: Floats, warmth: float) -> Floats:
    """Each score's share of what speaks for any; they sum to 1."""
    found: Floats = np.exp((scores - scores.max()) / np.float32(warmth))
    found /= found.sum()
    return found
