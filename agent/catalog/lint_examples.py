"""What may be wrong with the messages a skill learns from."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from agent.catalog.examples import LANGUAGES
from agent.catalog.folding import tokens
from agent.catalog.places import of, yaml_lines
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile
from agent.catalog.yamlfile import Lines

FILE = "examples.yaml"
MIN_EXAMPLES = 30
MIN_NEAR_MISSES = 5
MIN_PHRASES = 4
"""Calling phrases of each language."""
TOO_LIKE = 0.8
"""Of the words of two examples: from this share in common on they teach the same."""
_ASSISTANT = "assistant"

_Words = frozenset[bytes]


def examples(skills: Sequence[SkillFile], names: set[str]) -> Iterator[Problem]:
    """The problems of every skill's examples; ``names`` are the skills there are."""
    for skill in skills:
        if FILE not in skill.texts:
            mend = f"Write it, with {MIN_EXAMPLES} messages or more."
            yield of(skill, FILE, "There are no examples.", mend)
            continue
        lines = yaml_lines(skill, FILE)
        yield from _counts(skill, lines)
        yield from _alike(skill, lines)
        yield from _near_misses(skill, names, lines)
    yield from _claimed_twice(skills)


def _counts(skill: SkillFile, lines: Lines) -> Iterator[Problem]:
    found = len(skill.examples.messages)
    if found < MIN_EXAMPLES:
        mend = f"Give {MIN_EXAMPLES} or more, each said in another way."
        line = lines.get(("examples",), 0)
        yield of(skill, FILE, f"There are {found} examples.", mend, line)
    found = len(skill.examples.near_misses)
    if found < MIN_NEAR_MISSES:
        mend = f"Give {MIN_NEAR_MISSES} or more, with the skill each belongs to."
        line = lines.get(("near-misses",), 0)
        yield of(skill, FILE, f"There are {found} near-misses.", mend, line)
    for language in LANGUAGES:
        found = len(skill.examples.phrases.get(language, ()))
        if found < MIN_PHRASES:
            line = lines.get(("phrases", language), lines.get(("phrases",), 0))
            fault = f"There are {found} phrases in {language!r}."
            yield of(skill, FILE, fault, f"Give {MIN_PHRASES} or more.", line)


def _alike(skill: SkillFile, lines: Lines) -> Iterator[Problem]:
    seen: list[tuple[_Words, str]] = []
    for text, line in _messages(skill, lines):
        words = frozenset(tokens(text))
        other = next((said for given, said in seen if _too_like(words, given)), None)
        if other is not None:
            fault = f"{_short(text)} says nearly the same as {_short(other)}."
            yield of(skill, FILE, fault, "Say it in another way, or remove it.", line)
        seen.append((words, text))


def _too_like(one: _Words, other: _Words) -> bool:
    return len(one & other) >= TOO_LIKE * max(len(one | other), 1)


def _near_misses(skill: SkillFile, names: set[str], lines: Lines) -> Iterator[Problem]:
    others = (names - {skill.name}) | {_ASSISTANT}
    own = {tuple(tokens(text)) for text in skill.examples.messages}
    for index, miss in enumerate(skill.examples.near_misses):
        line = lines.get(("near-misses", index), 0)
        if miss.to not in others:
            fault = f"A near-miss belongs to {miss.to!r}, which is no other skill."
            yield of(skill, FILE, fault, "Name the skill that answers it.", line)
        if tuple(tokens(miss.say)) in own:
            fault = f"{_short(miss.say)} is an example and a near-miss."
            yield of(skill, FILE, fault, "Decide whose it is.", line)


def _claimed_twice(skills: Sequence[SkillFile]) -> Iterator[Problem]:
    owner: dict[tuple[bytes, ...], str] = {}
    for skill in skills:
        lines = yaml_lines(skill, FILE)
        for text, line in _messages(skill, lines):
            other = owner.setdefault(tuple(tokens(text)), skill.name)
            if other != skill.name:
                fault = f"{_short(text)} is an example of {other} too."
                yield of(skill, FILE, fault, "Keep it where it belongs.", line)


def _messages(skill: SkillFile, lines: Lines) -> Iterator[tuple[str, int]]:
    """Every example with its line."""
    said: Mapping[str, tuple[str, ...]] = skill.examples.said
    return chain.from_iterable(
        (
            (text, lines.get(("examples", kind, index), 0))
            for index, text in enumerate(texts)
        )
        for kind, texts in said.items()
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")  # noqa: PLR2004 - a line's worth
