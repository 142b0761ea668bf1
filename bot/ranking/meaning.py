"""A view by meaning: a sentence's vector, where an embedder is installed."""

from collections.abc import Sequence

import numpy as np

from agent.llm.embedder import Embedder
from bot.ranking import ridge
from bot.ranking.features import Floats, Read
from bot.ranking.lessons import Lesson, wanted

_SMOOTH = 1.0


class Meaning:
    """Scores by weights of the numbers that a sentence's vector has."""

    def __init__(self, embedder: Embedder, weights: Floats) -> None:
        """Score by ``weights``: ``[numbers, skills]``."""
        self._embedder = embedder
        self._weights = weights

    @classmethod
    def learnt(
        cls, embedder: Embedder, lessons: Sequence[Lesson], skills: int
    ) -> "Meaning":
        """The view that ``lessons`` teach."""
        seen = embedder.embed([lesson.text for lesson in lessons])
        trust = np.array([lesson.trust for lesson in lessons], np.float32)
        weights = ridge.by_columns(seen, wanted(lessons, skills), trust, _SMOOTH)
        return cls(embedder, weights)

    def scores(self, said: Read) -> Floats:
        """One number a skill."""
        found: Floats = self._embedder.embed([said.text])[0] @ self._weights
        return found

    def taught(self, lessons: Sequence[Lesson], skills: int) -> "Meaning":
        """The same view, ``lessons`` learnt besides; ``skills`` in all."""
        more = skills - self._weights.shape[1]
        weights = np.pad(self._weights, ((0, 0), (0, more)))
        if lessons:
            seen = self._embedder.embed([lesson.text for lesson in lessons])
            trust = np.ones(len(lessons), np.float32)
            missing = wanted(lessons, skills) - seen @ weights
            weights = weights + ridge.by_columns(seen, missing, trust, _SMOOTH)
        return Meaning(self._embedder, weights)

    def without(self, skill: int) -> "Meaning":
        """The same view, in which nothing speaks for ``skill``."""
        weights = self._weights.copy()
        weights[:, skill] = 0
        return Meaning(self._embedder, weights)
