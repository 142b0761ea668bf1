"""What there is to learn from rules: messages, by the skill they belong to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from bot.ranking.features import Floats, Read, read
from bot.ranking.rules import Rule

PHRASES_TOGETHER = 8
"""Phrases are too short to learn from one by one."""
PARTIAL = 0.5
"""The trust in what is no message that somebody meant for this skill."""


class Lesson(NamedTuple):
    """A message to learn from."""

    text: str
    said: Read
    skill: int
    """The number of the skill it belongs to."""
    trust: float = 1.0


class View(Protocol):
    """A score for every skill."""

    def scores(self, said: Read) -> Floats:
        """One number a skill: about 1 where a message is surely its own."""
        ...

    def taught(self, lessons: Sequence[Lesson], skills: int) -> "View":
        """The same view, ``lessons`` learnt besides; ``skills`` in all."""
        ...

    def without(self, skill: int) -> "View":
        """The same view, in which nothing speaks for ``skill``."""
        ...


def lessons(rules: Sequence[Rule], numbers: Mapping[str, int]) -> list[Lesson]:
    """Everything in ``rules`` that the skills in ``numbers`` can be learnt from."""
    every = sum(len(rule.examples) for rule in rules)
    found = (said for rule in rules for said in _said(rule, every))
    return [
        Lesson(text, said, numbers[skill], trust)
        for text, skill, trust in found
        if skill in numbers and (said := read(text)).words
    ]


def _said(rule: Rule, every: int) -> Iterator[tuple[str, str, float]]:
    """(message, the skill it belongs to, trust).

    In a small library the assistant's many examples would outweigh all others, so no
    skill's examples count for more than those of the others together.
    """
    others = every - len(rule.examples)
    trust = min(1.0, others / max(1, len(rule.examples))) or 1.0
    for text in rule.examples:
        yield text, rule.skill, trust
    for text in _together(rule.phrases):
        yield text, rule.skill, PARTIAL
    for text, to in rule.near_misses:
        yield text, to, 1.0


def wanted(taught: Sequence[Lesson], skills: int) -> Floats:
    """``[lessons, skills]``: 1 where the lesson is the skill's."""
    found = np.zeros((len(taught), skills), np.float32)
    found[np.arange(len(taught)), [lesson.skill for lesson in taught]] = 1
    return found


def _together(phrases: Sequence[str]) -> list[str]:
    parts = -(-len(phrases) // PHRASES_TOGETHER)
    return [" . ".join(phrases[at::parts]) for at in range(parts)]
