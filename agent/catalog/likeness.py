"""How alike short texts are by their words: folded, without fillers, by their stems.

Rough on purpose. Where a model can be asked what people mean, it is asked; this is what
stands in for it, and what tells a rule that was rejected from one that is new.
"""

import re
from collections.abc import Iterable

from agent.catalog.folding import FILLERS, STOP, tokens

_ENDINGS = b"""
    ations ation ingly edly ness ments ment able ible ings ing ies ied ers est ed es ly
    al er s y e
""".split()
"""Of several, the first is cut."""
_ROOT = 3
"""Letters that a stem has at least."""
_MORE = frozenset(
    b"""
    too much more less many bit little again always still way quite far feel sound like
    piece text copy one
    """.split()
)
"""Words about a piece that say nothing of what is the matter with it."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


def stems(text: str) -> frozenset[bytes]:
    """The words that carry the meaning, cut to their stems."""
    words = (word for word in tokens(text) if word != STOP and word not in _MORE)
    return frozenset(stem(word) for word in words if word.decode() not in FILLERS)


def stem(word: bytes) -> bytes:
    """A word without its endings, doubled letters at its end written once."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT:
            return stem(word[: -len(ending)])
    return word[:-1] if len(word) > _ROOT and word[-1:] == word[-2:-1] else word


def alike(one: str, other: str) -> float:
    """Of the words of the shorter one, how many the other has, 0 to 1."""
    ours, theirs = stems(one), stems(other)
    if not ours or not theirs:
        return 0.0
    return len(ours & theirs) / min(len(ours), len(theirs))


def same(one: str, other: str) -> float:
    """Of the words of both together, how many they share, 0 to 1."""
    ours, theirs = stems(one), stems(other)
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


def phrases(text: str, words: int) -> frozenset[tuple[bytes, ...]]:
    """Every run of so many words, folded; none goes across a sentence's end."""
    found: set[tuple[bytes, ...]] = set()
    run: list[bytes] = []
    for word in tokens(text):
        run = [] if word == STOP else [*run, word][-words:]
        if len(run) == words:
            found.add(tuple(run))
    return frozenset(found)


def names(text: str) -> frozenset[str]:
    """Words that look like names: capitals within a sentence, letters with digits."""
    found = set()
    for sentence in re.split(r"[.!?:;\n]+\s*", text):
        words = _WORD.findall(sentence)
        found |= {word for at, word in enumerate(words) if _is_name(word, at)}
    return frozenset(found)


def any_like(text: str, others: Iterable[str], least: float) -> bool:
    """Whether one of ``others`` shares so much with ``text``."""
    return any(same(text, other) >= least for other in others)


def _is_name(word: str, at: int) -> bool:
    has_capital = word[:1].isupper() and (at > 0 or not word[1:].islower())
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return (has_capital and len(word) > 1) or mixed
