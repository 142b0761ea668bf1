"""A view for thousands of skills: each skill is the mean of its examples.

Weaker than ridge weights, but learnt in one pass and small: of each feature only the
skills it says most about are kept.

Source: Rocchio 1971.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.ranking.features import Block, Floats, Read, found_in, vocabulary
from bot.ranking.lessons import Lesson
from bot.ranking.ridge import Sparse, stacked

KEPT = 48
"""Skills that a feature speaks for."""
FEWEST = 2
"""Examples that have a feature worth keeping."""


class Averaged:
    """A view by the likeness to each skill's mean example."""

    def __init__(
        self, blocks: Sequence[Block], lessons: Sequence[Lesson], skills: int
    ) -> None:
        """Learn ``lessons``. Some seconds for thousands of skills."""
        self._blocks, self._lessons, self._skills = blocks, tuple(lessons), skills
        found = [found_in(lesson.said, blocks) for lesson in lessons]
        self._vocabulary = vocabulary(found, FEWEST)
        rows = [self._vocabulary.row(one) for one in found]
        seen = stacked(rows, len(self._vocabulary))
        features, who, much = _means(seen, lessons, skills)
        self._who, self._much = _heaviest(features, who, much, seen.columns)

    def scores(self, said: Read) -> Floats:
        """One number a skill."""
        row = self._vocabulary.row(found_in(said, self._blocks))
        much = self._much.take(row.ids, axis=0) * row.weights[:, None]
        who = self._who.take(row.ids, axis=0)
        found = np.bincount(who.ravel(), much.ravel(), self._skills)
        return found.astype(np.float32)

    def taught(self, lessons: Sequence[Lesson], skills: int) -> "Averaged":
        """The same view, learnt anew with ``lessons`` besides."""
        return Averaged(self._blocks, (*self._lessons, *lessons), skills)

    def without(self, skill: int) -> "Averaged":
        """The same view, learnt anew without the lessons of ``skill``."""
        kept = [lesson for lesson in self._lessons if lesson.skill != skill]
        return Averaged(self._blocks, kept, self._skills)


Numbers = NDArray[np.intp]


def _means(
    seen: Sparse, lessons: Sequence[Lesson], skills: int
) -> tuple[Numbers, Numbers, Floats]:
    """(feature, skill, weight), sorted by feature; each skill is of length one."""
    skill = np.array([lesson.skill for lesson in lessons])
    trust = np.array([lesson.trust for lesson in lessons], np.float32)
    keys = seen.ids * skills + skill[seen.owners]
    order = np.argsort(keys, kind="stable")
    begins = np.flatnonzero(np.diff(keys[order], prepend=-1))
    given = (seen.weights * trust[seen.owners])[order]
    much = np.add.reduceat(given, begins)
    features, who = np.divmod(keys[order][begins], skills)
    lengths = np.sqrt(np.bincount(who, much * much, skills))
    return features, who, (much / lengths[who]).astype(np.float32)


def _heaviest(
    features: Numbers, who: Numbers, much: Floats, columns: int
) -> tuple[NDArray[np.int32], Floats]:
    """``[columns, KEPT]`` twice: the skills of each feature, and its weight there."""
    order = np.lexsort((-much, features))
    counts = np.bincount(features, minlength=columns)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = rank < KEPT
    place = features[order][kept], rank[kept]
    found = np.zeros((columns, KEPT), np.int32), np.zeros((columns, KEPT), np.float32)
    found[0][place] = who[order][kept]
    found[1][place] = much[order][kept]
    return found
