"""Whether a skill's rehearsal is a piece as the skill promises it."""

from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

from agent.catalog import plays, resultfile
from agent.catalog.checks import Verdict
from agent.catalog.lint_template import headings, missing
from agent.catalog.places import of, yaml_lines
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile

FILE = "rehearsal.yaml"
FROM_BRIEF = ("product", "what", "audience", "brief", "excerpt", "client")
FROM_PROFILE = (
    *("offer", "action", "proof", "voice"),
    *("problem", "rivals", "price", "site"),
)


def rehearsal(skill: SkillFile) -> Iterator[Problem]:
    """What is wrong with the script, and with the piece it makes of each case."""
    if FILE not in skill.texts:
        mend = "Write what it shows where no model is connected."
        yield of(skill, FILE, "There is no rehearsal.", mend)
        return
    yield from _placeholders(skill)
    if skill.result:
        yield from _data(skill)
    elif skill.rehearsal.data is not None:
        mend = "Write a list of parts, or add output.schema.json."
        yield of(skill, FILE, "It is data, and the skill's result is none.", mend)
    else:
        yield from _headings(skill)
        yield from _kept(skill)


def _placeholders(skill: SkillFile) -> Iterator[Problem]:
    known = {
        *FROM_BRIEF,
        *FROM_PROFILE,
        *(step.key for step in skill.questions.steps),
    }
    for number, line in enumerate(skill.texts[FILE].splitlines(), 1):
        for name in Template(line).get_identifiers():
            if name not in known:
                mend = "Use a key of questions.yaml, or write [brackets]."
                yield of(skill, FILE, f"Nothing fills ${name}.", mend, number)


def _data(skill: SkillFile) -> Iterator[Problem]:
    assert skill.result is not None  # noqa: S101 - asked before
    if skill.rehearsal.data is None:
        mend = "Begin with `data:` and give a value that fits output.schema.json."
        yield of(skill, FILE, "There is no data in it.", mend, 1)
        return
    misfits = list(_misfits(skill, skill.result.schema))
    yield from misfits
    if not misfits:
        yield from _headings(skill)
        yield from _kept(skill)


def _misfits(skill: SkillFile, schema: Mapping[str, Any]) -> Iterator[Problem]:
    lines = yaml_lines(skill, FILE)
    for path, fault in resultfile.misfits(schema, skill.rehearsal.data):
        place = ("data", *path)
        line = next(
            (lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines),
            0,
        )
        shown = "/".join(map(str, path)) or "The value"
        mend = "Make it as output.schema.json says."
        yield of(skill, FILE, f"{shown}: {fault}", mend, line)


def _headings(skill: SkillFile) -> Iterator[Problem]:
    brief = skill.cases[0].brief if skill.cases else ""
    for heading in missing(headings(skill.template), plays.piece(skill, brief)):
        fault = f"It lacks {heading!r}, or has it out of order."
        yield of(skill, FILE, fault, "Take over every heading of the template.")


def _kept(skill: SkillFile) -> Iterator[Problem]:
    """The code rules and the cases, tried on the piece made of each case's brief."""
    broken: set[str] = set()
    for case in skill.cases:
        text = plays.piece(skill, case.brief)
        for rule in skill.rules:
            if rule.check and rule.check.run(text) is Verdict.BROKEN:
                broken.add(rule.code)
        for check in case.expect:
            if check.run(text) is not Verdict.MET:
                said = f"{check.name} {check.argument}"
                where = f" in {check.section}" if check.section else ""
                fault = f"Case {case.name!r} expects {said}{where}, which fails on it."
                yield of(skill, FILE, fault, "Mend the script or the case.")
    for rule in skill.rules:
        if rule.code in broken:
            fault = f"It breaks {rule.code}: {rule.statement}"
            yield of(skill, FILE, fault, "Mend the script or the rule.")
