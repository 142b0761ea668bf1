"""How alike two messages are, for reasons that a person can check."""

from math import sqrt

from bot.ranking.features import Read
from bot.ranking.lexicon import shipped

_LITTLE = frozenset(
    """
    a an the our my we i you it is are to of for in on and or with me us that this can
    do so but how what at be have from not no
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
Signs = frozenset[str]
"""What a message is recognised by."""


def signs(said: Read) -> Signs:
    """The words that say something, and the concepts; little words if none other."""
    words = frozenset(said.stems)
    concepts = {f"+{one}" for one in shipped().concepts(said.stems)}
    return (words - _LITTLE or words) | concepts


def alike(left: Signs, right: Signs) -> float:
    """The share of signs that both have: 0 to 1."""
    return len(left & right) / (sqrt(len(left) * len(right)) or 1.0)
