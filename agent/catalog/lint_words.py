"""Phrases that cannot do their work: too little left of them, or claimed by two."""

from collections.abc import Iterable, Iterator, Sequence

from agent.catalog.folding import Folding
from agent.catalog.lint_examples import FILE as EXAMPLES
from agent.catalog.places import at, of, yaml_lines
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile

MOST_WORDS = 6
"""Of a trigger: people rarely type a longer one word for word."""
_THIN_FROM_WORDS = 3


def words(skills: Sequence[SkillFile]) -> Iterator[Problem]:
    """The problems of every skill's phrases, one by one and beside the others'."""
    fold = Folding(_everything(skills))
    for skill in skills:
        yield from _each(skill, fold)
        yield from _translated(skill, fold)
    yield from _overlaps(skills, fold)


def _each(skill: SkillFile, fold: Folding) -> Iterator[Problem]:
    """Phrases of which too little is left, and those said twice."""
    seen: dict[tuple[bytes, ...], str] = {}
    for key, number, phrase in _listed(skill):
        folded = fold.phrase(phrase)
        if not folded:
            yield at(skill, key, f"{phrase!r} can never match.", "Remove it.", number)
        elif len(folded) == 1 and len(phrase.split()) >= _THIN_FROM_WORDS:
            fault = f"Of {phrase!r} only {folded[0].decode()!r} counts."
            yield at(skill, key, fault, "List that word, or add another.", number)
        elif folded in seen:
            fault = f"{phrase!r} says the same as {seen[folded]!r}."
            yield at(skill, key, fault, "Remove one.", number)
        elif len(phrase.split()) > MOST_WORDS:
            fault = f"{phrase!r} has more than {MOST_WORDS} words."
            yield at(skill, key, fault, "Make it an example instead.", number)
        seen.setdefault(folded, phrase)


def _translated(skill: SkillFile, fold: Folding) -> Iterator[Problem]:
    for phrase, line in _translations(skill):
        if not fold.phrase(phrase):
            yield of(
                skill, EXAMPLES, f"{phrase!r} can never match.", "Remove it.", line
            )


def _overlaps(skills: Sequence[SkillFile], fold: Folding) -> Iterator[Problem]:
    """Phrases that two skills claim; neither would ever be sure of them."""
    owner: dict[tuple[bytes, ...], str] = {}
    for skill in skills:
        for number, phrase in enumerate(skill.triggers, 1):
            other = owner.setdefault(fold.phrase(phrase), skill.name)
            if other != skill.name:
                fault = f"{phrase!r} is a trigger of {other} too."
                mend = "Keep it in one, or make it a hint of both."
                yield at(skill, "metadata/triggers", fault, mend, number)
    for skill in skills:
        for phrase, line in _translations(skill):
            other = owner.setdefault(fold.phrase(phrase), skill.name)
            if other != skill.name:
                fault = f"{phrase!r} calls {other} too."
                yield of(skill, EXAMPLES, fault, "Keep it in one of them.", line)


def _listed(skill: SkillFile) -> Iterator[tuple[str, int, str]]:
    for number, handoff in enumerate(skill.handoffs, 1):
        yield "metadata/hand-offs", number, handoff.phrase
    for key, phrases in (("triggers", skill.triggers), ("hints", skill.hints)):
        for number, phrase in enumerate(phrases, 1):
            yield f"metadata/{key}", number, phrase


def _translations(skill: SkillFile) -> Iterator[tuple[str, int]]:
    """Every translated phrase with its line."""
    lines = yaml_lines(skill, EXAMPLES)
    for language, phrases in skill.examples.phrases.items():
        for index, phrase in enumerate(phrases):
            yield phrase, lines.get(("phrases", language, index), 0)


def _everything(skills: Sequence[SkillFile]) -> Iterable[str]:
    for skill in skills:
        yield from (phrase for _, _, phrase in _listed(skill))
        yield from skill.examples.translations
