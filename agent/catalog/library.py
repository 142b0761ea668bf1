"""The library in a table: what each skill holds, counted from its files."""

from collections.abc import Sequence

from agent.catalog.sidecars import Ask
from agent.catalog.skillfile import Category, SkillFile

_INTRO = """\
# Skills

What each skill holds, counted from its files by `make catalogue`; a test compares.
Words are those a model may be told: the method, its rules and its references. Rules by
code are checked without a model; a judge answers the others, one question each. Cases
are briefs that its work is tried on, a rehearsal's too. Examples are messages that the
router learns from; phrases call a skill word for word, in seven languages.
"""
_HEAD = (
    "| Skill | Version | Sort | Tier | Words | Rules by code | by a judge | Cases "
    "| References | Examples | Phrases | Near-misses |\n"
    "|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)
_SORTS = {"simple": "", "with_rules": "rules", "complex": "complex"}


def markdown(skills: Sequence[SkillFile]) -> str:
    """The whole page."""
    parts = [_INTRO, _summary(skills)]
    for category in Category:
        shelf = [skill for skill in skills if skill.category is category]
        if shelf:
            rows = "\n".join(map(_row, shelf))
            parts.append(f"## {category.value.capitalize()}\n\n{_HEAD}{rows}\n")
    return "\n".join(parts)


def _summary(skills: Sequence[SkillFile]) -> str:
    rules = [rule for skill in skills for rule in skill.rules]
    by_code = sum(rule.check is not None for rule in rules)
    cases = sum(len(skill.cases) for skill in skills)
    references = sum(len(skill.references) for skill in skills)
    examples = sum(len(skill.examples.messages) for skill in skills)
    words = sum(map(_words, skills))
    data = sum(skill.result is not None for skill in skills)
    return (
        f"{len(skills)} skills, {words:,} words; {len(rules)} rules, {by_code} of "
        f"them checked by code; {cases} cases; {references} references; "
        f"{examples:,} example messages; {data} skills whose result is data.\n"
    )


def _row(skill: SkillFile) -> str:
    by_code = sum(rule.check is not None for rule in skill.rules)
    phrases = len(skill.triggers) + len(skill.examples.translations)
    figures = (
        f"{_words(skill):,}",
        by_code,
        len(skill.rules) - by_code,
        len(skill.cases),
        len(skill.references),
        len(skill.examples.messages),
        phrases,
        len(skill.examples.near_misses),
    )
    cells = (skill.name, skill.version, _sort(skill), skill.tier.value, *figures)
    return f"| {' | '.join(map(str, cells))} |"


def _sort(skill: SkillFile) -> str:
    said = [_SORTS[skill.type.value]]
    if skill.stages:
        said.append(f"{len(skill.stages)} steps")
    if skill.questions.ask is Ask.ALWAYS:
        said.append("interview")
    if skill.result:
        said.append("data")
    return ", ".join(filter(None, said)) or "simple"


def _words(skill: SkillFile) -> int:
    told = (skill.body, *(rule.statement for rule in skill.rules))
    return sum(len(text.split()) for text in (*told, *skill.references.values()))
