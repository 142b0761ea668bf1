"""What a working skill may still get wrong, each with its file, line and mend."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agent.catalog.folding import Folding
from agent.catalog.problem import Problem
from agent.catalog.sidecars import Ask
from agent.catalog.skillfile import SkillFile, SkillType, load_all

MIN_TRIGGERS = 12
MAX_BODY_LINES = 500
MIN_DESCRIPTION = 80
_ASSISTANT = "assistant"
_LINK = re.compile(r"references/[\w.-]+\.md")
_THIN_FROM_WORDS = 3


def lint(root: Path) -> list[Problem]:
    """Every problem of the skills below ``root``; none when they are fit to ship."""
    skills, broken = load_all(root)
    fold = Folding(phrase for skill in skills for phrase in _phrases(skill))
    names = {skill.name for skill in skills} | {
        found.file.split("/")[0] for found in broken
    }
    problems = list(broken)
    for skill in skills:
        problems += _shape(skill)
        problems += _references(skill)
        problems += _neighbours(skill, names)
        problems += _words(skill, fold)
    problems += _overlaps(skills, fold)
    return sorted(problems)


def _shape(skill: SkillFile) -> Iterator[Problem]:
    if len(skill.description) < MIN_DESCRIPTION:
        mend = "Say what it does, when to use it and what it is not for."
        yield _at(skill, "description", "The description is too short.", mend)
    if len(skill.triggers) < MIN_TRIGGERS:
        fault = f"There are {len(skill.triggers)} triggers."
        yield _at(skill, "metadata/triggers", fault, f"Give {MIN_TRIGGERS} or more.")
    if len(skill.body.splitlines()) > MAX_BODY_LINES:
        fault = f"The instructions have more than {MAX_BODY_LINES} lines."
        yield _at(skill, "", fault, "Move detail to references/.")
    if not skill.cases:
        yield _of(skill, "cases.yaml", "There are no cases.", "Write two briefs.")
    yield from _type(skill)


def _type(skill: SkillFile) -> Iterator[Problem]:
    has_interview = skill.questions.ask is Ask.ALWAYS and bool(skill.questions.steps)
    if skill.type is SkillType.WITH_RULES and not skill.rules:
        mend = "Write RULES.md, or make the type simple."
        yield _at(skill, "metadata/type", "There are no rules.", mend)
    if skill.type is SkillType.SIMPLE and skill.rules:
        mend = "Make the type with_rules."
        yield _at(skill, "metadata/type", "A simple skill has rules.", mend)
    if skill.type is SkillType.COMPLEX and not (has_interview and skill.references):
        mend = "Write questions.yaml with `ask: always`, and references/."
        fault = "A complex skill needs an interview and references."
        yield _at(skill, "metadata/type", fault, mend)


def _references(skill: SkillFile) -> Iterator[Problem]:
    linked = set(_LINK.findall(skill.body))
    for path in sorted(linked - skill.references.keys()):
        yield _at(skill, "", f"{path} is named but missing.", "Write it.")
    for path in sorted(skill.references.keys() - linked):
        fault = "SKILL.md never names it, so it is never read."
        yield _of(skill, path, fault, "Say in SKILL.md when to read it.")


def _neighbours(skill: SkillFile, names: set[str]) -> Iterator[Problem]:
    others = names - {skill.name}
    for name in skill.related:
        if name not in others:
            fault = f"There is no other skill {name!r}."
            yield _at(skill, "metadata/related", fault, "Remove or mend it.")
    for number, handoff in enumerate(skill.handoffs, 1):
        if handoff.to not in others | {_ASSISTANT}:
            fault = f"It hands over to {handoff.to!r}, which is no other skill."
            yield _at(skill, "metadata/hand-offs", fault, "Mend it.", number)


def _words(skill: SkillFile, fold: Folding) -> Iterator[Problem]:
    """Phrases of which too little is left, and those said twice."""
    seen: dict[tuple[bytes, ...], str] = {}
    for key, number, phrase in _listed(skill):
        words = fold.phrase(phrase)
        if not words:
            yield _at(skill, key, f"{phrase!r} can never match.", "Remove it.", number)
        elif len(words) == 1 and len(phrase.split()) >= _THIN_FROM_WORDS:
            fault = f"Of {phrase!r} only {words[0].decode()!r} counts."
            yield _at(skill, key, fault, "List that word, or add another.", number)
        elif words in seen:
            fault = f"{phrase!r} says the same as {seen[words]!r}."
            yield _at(skill, key, fault, "Remove one.", number)
        seen.setdefault(words, phrase)


def _overlaps(skills: Sequence[SkillFile], fold: Folding) -> Iterator[Problem]:
    """Triggers that two skills claim; neither would ever be sure of them."""
    owner: dict[tuple[bytes, ...], str] = {}
    for skill in skills:
        for number, phrase in enumerate(skill.triggers, 1):
            other = owner.setdefault(fold.phrase(phrase), skill.name)
            if other != skill.name:
                fault = f"{phrase!r} is a trigger of {other} too."
                mend = "Keep it in one, or make it a hint of both."
                yield _at(skill, "metadata/triggers", fault, mend, number)


def _listed(skill: SkillFile) -> Iterator[tuple[str, int, str]]:
    for number, handoff in enumerate(skill.handoffs, 1):
        yield "metadata/hand-offs", number, handoff.phrase
    for key, phrases in (("triggers", skill.triggers), ("hints", skill.hints)):
        for number, phrase in enumerate(phrases, 1):
            yield f"metadata/{key}", number, phrase


def _phrases(skill: SkillFile) -> Iterable[str]:
    return (phrase for _, _, phrase in _listed(skill))


def _at(skill: SkillFile, key: str, fault: str, mend: str, entry: int = 0) -> Problem:
    """A problem in SKILL.md at ``key``, or at the ``entry`` of the list below it."""
    line = skill.lines.get(key, 0)
    return Problem(f"{skill.name}/SKILL.md", line + entry if line else 0, fault, mend)


def _of(skill: SkillFile, path: str, fault: str, mend: str) -> Problem:
    return Problem(f"{skill.name}/{path}", 0, fault, mend)
