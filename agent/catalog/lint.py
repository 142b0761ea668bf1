"""What a working skill may still get wrong, each with its file, line and mend."""

import re
from collections.abc import Iterator
from pathlib import Path

from agent.catalog.lint_examples import examples
from agent.catalog.lint_rehearsal import rehearsal
from agent.catalog.lint_template import template
from agent.catalog.lint_words import words
from agent.catalog.places import at, line_with, of, yaml_lines
from agent.catalog.problem import Problem
from agent.catalog.sidecars import Ask
from agent.catalog.skillfile import SkillFile, SkillType, load_all

MIN_TRIGGERS = 12
MAX_BODY_LINES = 500
MAX_REFERENCE_CHARS = 40_000
"""About 10,000 tokens: more does not fit beside the brief."""
MIN_DESCRIPTION = 80
MIN_CASES = 3
_NO_CASES = "There are no cases."
_ASSISTANT = "assistant"
_LINK = re.compile(r"references/[\w.-]+\.md")


def lint(root: Path) -> list[Problem]:
    """Every problem of the skills below ``root``; none when they are fit to ship."""
    skills, broken = load_all(root)
    names = {skill.name for skill in skills} | {
        found.file.split("/")[0] for found in broken
    }
    problems = list(broken)
    for skill in skills:
        problems += _shape(skill)
        problems += _references(skill)
        problems += _stages(skill, names)
        problems += _neighbours(skill, names)
        problems += template(skill)
        problems += rehearsal(skill)
    problems += words(skills)
    problems += examples(skills, names)
    return sorted(problems)


def _shape(skill: SkillFile) -> Iterator[Problem]:
    if len(skill.description) < MIN_DESCRIPTION:
        mend = "Say what it does, when to use it and what it is not for."
        yield at(skill, "description", "The description is too short.", mend)
    if len(skill.triggers) < MIN_TRIGGERS:
        fault = f"There are {len(skill.triggers)} triggers."
        yield at(skill, "metadata/triggers", fault, f"Give {MIN_TRIGGERS} or more.")
    if len(skill.body.splitlines()) > MAX_BODY_LINES:
        fault = f"The instructions have more than {MAX_BODY_LINES} lines."
        yield at(skill, "", fault, "Move detail to references/.")
    for path, text in skill.references.items():
        if len(text) > MAX_REFERENCE_CHARS:
            fault = f"It has more than {MAX_REFERENCE_CHARS} characters."
            yield of(skill, path, fault, "Split it by when it is read.")
    if len(skill.cases) < MIN_CASES:
        fault = f"There are {len(skill.cases)} cases." if skill.cases else _NO_CASES
        yield of(skill, "cases.yaml", fault, f"Write {MIN_CASES} briefs or more.")
    yield from _type(skill)


def _type(skill: SkillFile) -> Iterator[Problem]:
    has_interview = skill.questions.ask is Ask.ALWAYS and bool(skill.questions.steps)
    if skill.type is SkillType.WITH_RULES and not skill.rules:
        mend = "Write RULES.md, or make the type simple."
        yield at(skill, "metadata/type", "There are no rules.", mend)
    if skill.type is SkillType.SIMPLE and skill.rules:
        mend = "Make the type with_rules."
        yield at(skill, "metadata/type", "A simple skill has rules.", mend)
    has_parts = bool(skill.stages) or has_interview
    if skill.type is SkillType.COMPLEX and not (has_parts and skill.references):
        mend = "Write steps.yaml or questions with `ask: always`, and references/."
        fault = "A complex skill needs steps or an interview, and references."
        yield at(skill, "metadata/type", fault, mend)
    if skill.type is not SkillType.COMPLEX and has_parts:
        fault = "It has steps or an interview, and is not complex."
        yield at(skill, "metadata/type", fault, "Make the type complex.")


def _references(skill: SkillFile) -> Iterator[Problem]:
    linked = set(_LINK.findall(skill.body))
    for path in sorted(linked - skill.references.keys()):
        line = line_with(skill, "SKILL.md", path)
        fault = f"{path} is named but missing."
        yield of(skill, "SKILL.md", fault, "Write it.", line)
    read = linked | {path for stage in skill.stages for path in stage.references}
    for path in sorted(skill.references.keys() - read):
        fault = "SKILL.md never names it, so it is never read."
        yield of(skill, path, fault, "Say in SKILL.md when to read it.")


def _stages(skill: SkillFile, names: set[str]) -> Iterator[Problem]:
    lines = yaml_lines(skill, "steps.yaml")
    for index, stage in enumerate(skill.stages):
        unknown = [path for path in stage.references if path not in skill.references]
        for path in unknown:
            line = lines.get(("steps", index, "references"), 0)
            yield of(skill, "steps.yaml", f"{path} is missing.", "Write it.", line)
        if stage.skill and stage.skill not in names - {skill.name}:
            line = lines.get(("steps", index, "skill"), 0)
            fault = f"{stage.skill!r} is no other skill."
            yield of(skill, "steps.yaml", fault, "Name one, or leave it out.", line)


def _neighbours(skill: SkillFile, names: set[str]) -> Iterator[Problem]:
    others = names - {skill.name}
    for name in skill.related:
        if name not in others:
            fault = f"There is no other skill {name!r}."
            yield at(skill, "metadata/related", fault, "Remove or mend it.")
    for number, handoff in enumerate(skill.handoffs, 1):
        if handoff.to not in others | {_ASSISTANT}:
            fault = f"It hands over to {handoff.to!r}, which is no other skill."
            yield at(skill, "metadata/hand-offs", fault, "Mend it.", number)
