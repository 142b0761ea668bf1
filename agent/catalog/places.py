"""Where in a skill's files a problem stands: the file, and the line if one is known."""

from agent.catalog import yamlfile
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile


def at(skill: SkillFile, key: str, fault: str, mend: str, entry: int = 0) -> Problem:
    """A problem in SKILL.md at ``key``, or at the ``entry`` of the list below it."""
    line = skill.lines.get(key, 0)
    return Problem(f"{skill.name}/SKILL.md", line + entry if line else 0, fault, mend)


def of(skill: SkillFile, path: str, fault: str, mend: str, line: int = 0) -> Problem:
    """A problem of the file ``path`` of the skill's folder."""
    return Problem(f"{skill.name}/{path}", line, fault, mend)


def yaml_lines(skill: SkillFile, path: str) -> yamlfile.Lines:
    """The line of every key and entry of a YAML file that was read soundly before."""
    return yamlfile.parse(skill.texts.get(path, ""))[1]


def line_with(skill: SkillFile, path: str, said: str) -> int:
    """The first line of ``path`` that holds ``said``; 0 when none does."""
    lines = skill.texts.get(path, "").splitlines()
    return next((n for n, line in enumerate(lines, 1) if said in line), 0)
