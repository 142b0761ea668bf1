"""How alike two messages are, for reasons that a person can check."""

from functools import lru_cache
from math import sqrt

from bot.ranking.features import Read
from bot.ranking.lexicon import shipped

_LITTLE = frozenset(
    """
    a an the our my we i you it is are to of for in on and or with me us that this can
    do so but how what at be have from not no
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
_KEPT = 16_384


def alike(left: Read, right: Read) -> float:
    """The share of words and concepts that both have: 0 to 1."""
    mine, its = _signs(tuple(left.stems)), _signs(tuple(right.stems))
    return len(mine & its) / (sqrt(len(mine) * len(its)) or 1.0)


@lru_cache(_KEPT)
def _signs(stems: tuple[str, ...]) -> frozenset[str]:
    words = frozenset(stems)
    concepts = {f"+{one}" for one in shipped().concepts(stems)}
    return (words - _LITTLE or words) | concepts
