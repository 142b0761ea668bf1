"""Messages as sparse rows: which features they have, and how much each says."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.ranking.lexicon import Lexicon, shipped
from bot.ranking.words import letters, plain, stems

Floats = NDArray[np.float32]
Ids = NDArray[np.intp]


class Read(NamedTuple):
    """A message as all views look at it."""

    text: str
    words: Sequence[str]
    stems: Sequence[str]


Block = Callable[[Read], Collection[str]]
"""One kind of features. Each kind is brought to length one for itself."""


class Row(NamedTuple):
    """A message's features, as the numbers of a vocabulary, and their weights."""

    ids: Ids
    weights: Floats


def read(text: str) -> Read:
    """``text`` with its words and their stems."""
    words = plain(text)
    return Read(text, words, stems(words))


def word_block(said: Read) -> set[str]:
    """Stems, and pairs of neighbours."""
    found = set(said.stems)
    found.update(map("{} {}".format, said.stems, said.stems[1:]))
    return found


def letter_block(said: Read) -> set[str]:
    """Short sequences of letters, which survive endings and slips of the finger."""
    return set().union(*map(letters, set(said.words)))


def concept_block(said: Read, lexicon: Lexicon | None = None) -> set[str]:
    """What the words mean."""
    return (lexicon or shipped()).concepts(said.stems)


Found = Sequence[Collection[str]]
"""The features of a message, kind by kind."""


class Vocabulary:
    """The features that examples have, by number, and how rare each is."""

    def __init__(self, known: dict[str, tuple[int, float]], rare: float) -> None:
        """Know the features in ``known``; new ones will weigh ``rare``."""
        self._known = known
        self._rare = rare

    def __len__(self) -> int:
        return len(self._known)

    def row(self, found: Found) -> Row:
        """The known features of a message; each kind of them is of length one."""
        ids: list[int] = []
        weights: list[float] = []
        get = self._known.get
        for features in found:
            here = [one for one in map(get, features) if one]
            length = sqrt(sum([weight * weight for _, weight in here])) or 1.0
            ids += [at for at, _ in here]
            weights += [weight / length for _, weight in here]
        return Row(np.array(ids, np.intp), np.array(weights, np.float32))

    def grown(self, texts: Iterable[Found]) -> "Vocabulary":
        """The same vocabulary with the new features of ``texts`` at its end."""
        known = dict(self._known)
        for found in texts:
            for features in found:
                for feature in sorted(features):
                    known.setdefault(feature, (len(known), self._rare))
        return Vocabulary(known, self._rare)


def vocabulary(texts: Sequence[Found], fewest: int = 1) -> Vocabulary:
    """The features that at least ``fewest`` of ``texts`` have."""
    counts = Counter(one for found in texts for features in found for one in features)
    kept = sorted(one for one, count in counts.items() if count >= fewest)
    size = len(texts) + 1
    known = {
        feature: (at, 1.0 + log(size / (counts[feature] + 1)))
        for at, feature in enumerate(kept)
    }
    return Vocabulary(known, 1.0 + log(size / 2))


def found_in(said: Read, blocks: Sequence[Block]) -> Found:
    """The features of a message, of each kind in ``blocks``."""
    return [block(said) for block in blocks]
