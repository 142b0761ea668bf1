"""Whether a skill's template, rules, cases and rehearsal speak of the same piece."""

import re
from collections.abc import Iterator, Sequence

from agent.catalog.checks import Check
from agent.catalog.folding import tokens
from agent.catalog.places import at, line_with, of, yaml_lines
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$")
_FENCE = re.compile(r"^(```|~~~)")
_GAP = re.compile(r"<[^<>]*>")

Heading = tuple[int, str]
"""Its level, 1 to 6, and its text."""


def template(skill: SkillFile) -> Iterator[Problem]:
    """What is wrong with the template, and with the rules and cases held against it."""
    if not skill.template:
        fault = "There is no fenced template below `## Deliver`."
        mend = "Write the headings of the piece between ``` lines."
        yield at(skill, "", fault, mend)
        return
    planned = headings(skill.template)
    yield from _rules(skill, planned)
    yield from _cases(skill, planned)


def _rules(skill: SkillFile, planned: Sequence[Heading]) -> Iterator[Problem]:
    for rule in skill.rules:
        for section in _unplanned(rule.check, planned) if rule.check else ():
            fault = f"{rule.code} speaks of {section!r}, no heading of the template."
            line = line_with(skill, "RULES.md", f"| {rule.code} ")
            yield of(skill, "RULES.md", fault, "Spell it as the template.", line)


def _cases(skill: SkillFile, planned: Sequence[Heading]) -> Iterator[Problem]:
    lines = yaml_lines(skill, "cases.yaml")
    for index, case in enumerate(skill.cases):
        for number, check in enumerate(case.expect):
            line = lines.get(("cases", index, "expect", number), 0)
            for section in _unplanned(check, planned):
                fault = f"It speaks of {section!r}, no heading of the template."
                yield of(skill, "cases.yaml", fault, "Spell it as the template.", line)


def headings(text: str) -> list[Heading]:
    """The headings of ``text``, in order; what stands in code is none."""
    found: list[Heading] = []
    is_code = False
    for line in text.splitlines():
        if _FENCE.match(line.lstrip()):
            is_code = not is_code
        elif not is_code and (heading := _HEADING.match(line)):
            found.append((len(heading[1]), heading[2]))
    return found


def missing(planned: Sequence[Heading], text: str) -> list[str]:
    """The headings planned that ``text`` lacks, or has out of their order."""
    given = headings(text)
    lacking: list[str] = []
    at_ = 0
    for level, said in planned:
        wanted = _pattern(said)
        place = next(
            (
                n
                for n in range(at_, len(given))
                if given[n][0] == level and wanted.fullmatch(given[n][1])
            ),
            None,
        )
        if place is None:
            lacking.append(f"{'#' * level} {said}")
        else:
            at_ = place + 1
    return lacking


def _pattern(heading: str) -> re.Pattern[str]:
    """What a heading looks like once its ``<gaps>`` are filled.

    What it begins with is kept to; "<page> of <brand>" may become "the demo page".
    """
    fixed, gap, _ = heading.partition("<")
    if fixed:
        return re.compile(re.escape(fixed) + (".+" if gap else ""))
    return re.compile(".+".join(map(re.escape, _GAP.split(heading))))


def _sections(check: Check) -> Iterator[str]:
    """The headings that ``check`` speaks of."""
    if check.section:
        yield check.section
    if check.name == "has-section":
        yield check.argument
    elif check.name == "headings":
        yield check.argument.partition(" ")[2]
    elif check.name == "order":
        yield from (part.strip() for part in check.argument.split(";") if part.strip())


def _unplanned(check: Check, planned: Sequence[Heading]) -> Iterator[str]:
    """The headings that ``check`` speaks of and no piece will have."""
    for section in _sections(check):
        if not any(_may_be(tokens(section), said) for _, said in planned):
            yield section


def _may_be(wanted: list[bytes], heading: str) -> bool:
    """Whether a heading of a template, once filled, may begin with ``wanted``."""
    fixed, gap, _ = heading.partition("<")
    words = tokens(fixed)
    begins_alike = wanted[: len(words)] == words[: len(wanted)]
    return begins_alike and (len(wanted) <= len(words) or bool(gap))
