"""One way of looking at messages, learnt from examples as weights of features."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.ranking import ridge
from bot.ranking.averages import Averaged
from bot.ranking.features import (
    Block,
    Floats,
    Ids,
    Read,
    Row,
    Vocabulary,
    found_in,
    vocabulary,
)
from bot.ranking.lessons import Lesson, View, wanted

MOST_ROWS = 6_000
"""Beyond it the examples' likeness to each other takes too much room (144 MB)."""
FEW_FEATURES = 500


class Features(NamedTuple):
    """What a view looks at, and what of it is known."""

    blocks: Sequence[Block]
    known: Vocabulary

    def row(self, said: Read) -> Row:
        """The message as a row."""
        return self.known.row(found_in(said, self.blocks))

    def grown(self, texts: Sequence[Read]) -> "Features":
        """The same with what is new in ``texts``."""
        found = [found_in(said, self.blocks) for said in texts]
        return Features(self.blocks, self.known.grown(found))


class Weighed:
    """A view by weights of features."""

    def __init__(self, features: Features, weights: Floats, smooth: float) -> None:
        """Score by ``weights``: ``[features, skills]``; ``smooth`` is the ridge."""
        self._features = features
        self._weights = weights
        self._smooth = smooth

    def scores(self, said: Read) -> Floats:
        """One number a skill."""
        row = self._features.row(said)
        found: Floats = row.weights @ self._weights.take(row.ids, axis=0)
        return found

    def taught(self, lessons: Sequence[Lesson], skills: int) -> "Weighed":
        """The same view, ``lessons`` learnt besides; ``skills`` in all.

        Learnt is by how far the view as it is misses the lessons, so that nothing has
        to be learnt again.
        """
        features = self._features.grown([lesson.said for lesson in lessons])
        added = len(features.known) - len(self._features.known)
        more = skills - self._weights.shape[1]
        weights = np.pad(self._weights, ((0, added), (0, more)))
        if lessons:
            rows = [features.row(lesson.said) for lesson in lessons]
            now = [row.weights @ weights.take(row.ids, axis=0) for row in rows]
            seen, columns = _packed(rows)
            missing = wanted(lessons, skills) - np.stack(now)
            weights[columns] += ridge.by_few(seen, missing, self._smooth)
        return Weighed(features, weights, self._smooth)

    def without(self, skill: int) -> "Weighed":
        """The same view, in which nothing speaks for ``skill``."""
        weights = self._weights.copy()
        weights[:, skill] = 0
        return Weighed(self._features, weights, self._smooth)


def learnt(
    blocks: Sequence[Block], lessons: Sequence[Lesson], skills: int, smooth: float
) -> View:
    """The view over ``blocks`` of features that ``lessons`` teach."""
    if len(lessons) > MOST_ROWS:
        return Averaged(blocks, lessons, skills)
    found = [found_in(lesson.said, blocks) for lesson in lessons]
    known = vocabulary(found)
    is_small = len(known) <= FEW_FEATURES
    solve = ridge.by_features if is_small else ridge.by_examples
    trust = np.array([lesson.trust for lesson in lessons], np.float32)
    seen = ridge.stacked([known.row(one) for one in found], len(known))
    weights = solve(seen, wanted(lessons, skills), trust, smooth)
    return Weighed(Features(blocks, known), weights, smooth)


class _Packed(NamedTuple):
    seen: ridge.Sparse
    columns: Ids


def _packed(rows: Sequence[Row]) -> _Packed:
    """``rows`` over those features that they have, and which those are."""
    every = np.concatenate([row.ids for row in rows])
    columns, ids = np.unique(every, return_inverse=True)
    ends = np.cumsum([len(row.ids) for row in rows])[:-1]
    parts = zip(np.split(ids, ends), rows, strict=True)
    packed = [Row(part, row.weights) for part, row in parts]
    return _Packed(ridge.stacked(packed, len(columns)), columns)
