"""Skills ranked by the examples people gave: by words, by concepts and by meaning."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from agent.llm.embedder import Embedder
from bot.ranking.alike import Signs, alike, signs
from bot.ranking.features import (
    Floats,
    Read,
    concept_block,
    letter_block,
    read,
    word_block,
)
from bot.ranking.lessons import View, lessons
from bot.ranking.meaning import Meaning
from bot.ranking.rules import Rule
from bot.ranking.views import MOST_ROWS, learnt

WORDS, CONCEPTS, MEANING = 1.0, 0.3, 0.8
"""What each view counts for."""
_SMOOTH_WORDS, _SMOOTH_CONCEPTS = 1.0, 4.0
_NEVER = -9.0
"""The score of a skill that is switched off."""
_ROUTERS = 4
"""Sets of skills whose weights are kept: reloading what is alike costs nothing."""


class ByMeaning(NamedTuple):
    """The embedder, where there is one; the same one is the same key."""

    embedder: Embedder | None = None

    @property
    def kind(self) -> str:
        """Which constants of confidence hold."""
        return "meaning" if self.embedder else "lexical"


class Seen(NamedTuple):
    """A message as the ranking looked at it."""

    said: Read
    scores: Floats
    """One number a skill, in the order of ``Ranking.names``."""
    parts: tuple[tuple[str, Floats], ...]
    """View -> what it added."""


class Ranking:
    """Ranks skills by their examples; safe to share between threads."""

    def __init__(
        self,
        names: tuple[str, ...],
        views: Mapping[str, tuple[float, View]],
        examples: Mapping[str, Sequence[tuple[Signs, str]]],
    ) -> None:
        """Rank ``names`` by ``views``: name -> (what it counts for, the view)."""
        self.names = names
        self._views = views
        self._examples = examples
        # A skill switched off keeps its place, so that no weights need be moved.
        self._silent = [at for at, name in enumerate(names) if name not in examples]

    def look(self, text: str) -> Seen:
        """The scores of ``text``: about 1 for a skill it surely means, 0 for others."""
        said = read(text)
        parts = tuple(
            (name, count * view.scores(said))
            for name, (count, view) in self._views.items()
        )
        scores: Floats = np.sum([part for _, part in parts], axis=0)
        scores[self._silent] = _NEVER
        return Seen(said, scores, parts)

    def nearest(self, seen: Seen, skill: str) -> tuple[str, float]:
        """The example of ``skill`` most like the message, and how alike: 0 to 1."""
        mine = signs(seen.said)
        known = self._examples.get(skill, ())
        likeness, text = max(
            ((alike(mine, its), text) for its, text in known), default=(0.0, "")
        )
        return text, likeness

    def with_rules(self, extra: Sequence[Rule], drop: Sequence[str] = ()) -> "Ranking":
        """The same ranking with skills added or replaced, and those in ``drop`` gone.

        What is new is learnt on top: milliseconds, not a second.
        """
        added = [rule.skill for rule in extra if rule.skill not in self.names]
        names = (*self.names, *dict.fromkeys(added))
        numbers = {name: at for at, name in enumerate(names)}
        taught = lessons(extra, numbers)
        gone = {*drop, *(rule.skill for rule in extra)} & set(self.names)
        views = dict(self._views)
        for kind, (count, view) in views.items():
            for name in gone:
                view = view.without(numbers[name])  # noqa: PLW2901 - one after another
            views[kind] = (count, view.taught(taught, len(names)))
        kept = {name: own for name, own in self._examples.items() if name not in gone}
        return Ranking(names, views, {**kept, **_examples(extra)})


@lru_cache(_ROUTERS)
def ranking(rules: tuple[Rule, ...], by_meaning: ByMeaning) -> Ranking:
    """What ``rules`` teach. About a second for forty skills."""
    embedder = by_meaning.embedder
    names = tuple(rule.skill for rule in rules)
    taught = lessons(rules, {name: at for at, name in enumerate(names)})
    blocks = (word_block, letter_block) if len(taught) <= MOST_ROWS else (word_block,)
    views: dict[str, tuple[float, View]] = {
        "words": (WORDS, learnt(blocks, taught, len(names), _SMOOTH_WORDS)),
        "concepts": (
            CONCEPTS,
            learnt((concept_block,), taught, len(names), _SMOOTH_CONCEPTS),
        ),
    }
    if embedder is not None:
        views["meaning"] = (MEANING, Meaning.learnt(embedder, taught, len(names)))
    return Ranking(names, views, _examples(rules))


def _examples(rules: Sequence[Rule]) -> dict[str, list[tuple[Signs, str]]]:
    """Skill -> its whole messages, and what each is recognised by."""
    return {
        rule.skill: [(signs(read(text)), text) for text in rule.examples]
        for rule in rules
    }
