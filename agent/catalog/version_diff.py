"""What differs between two versions of a skill, so that a person can read it. Pure."""

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice

from agent.catalog.rulefile import Rule
from agent.catalog.skillfile import SkillFile
from agent.catalog.version_schemas import Difference

APART = ("SKILL.md", "RULES.md")
"""Files told by what they say, and not by their names alone."""


def differences(old: SkillFile, new: SkillFile) -> list[Difference]:
    """What differs: rules by id, the method line by line, other files by name."""
    return [*_rules(old, new), *_words(old, new), *_files(old, new)]


def as_text(changes: list[Difference]) -> str:
    """All of it, as a file: ``-`` went, ``+`` came."""
    return "\n\n".join(_block(one) for one in changes) + "\n"


def said(rule: Rule) -> str:
    """A rule in a line."""
    return f"({rule.severity}, {rule.checked_by}) {rule.statement}"


def _rules(old: SkillFile, new: SkillFile) -> Iterator[Difference]:
    before = {rule.code: rule for rule in old.rules}
    after = {rule.code: rule for rule in new.rules}
    for code in sorted(before.keys() | after.keys()):
        was, now = before.get(code), after.get(code)
        if was != now:
            yield Difference(
                what="rule",
                name=code,
                before=said(was) if was else "",
                after=said(now) if now else "",
            )


def _words(old: SkillFile, new: SkillFile) -> Iterator[Difference]:
    lines = unified_diff(old.body.splitlines(), new.body.splitlines(), lineterm="", n=0)
    gone: list[str] = []
    came: list[str] = []
    for line in islice(lines, 2, None):
        if line.startswith("@@"):
            yield from _passage(gone, came)
            gone, came = [], []
        else:
            (gone if line.startswith("-") else came).append(line[1:])
    yield from _passage(gone, came)


def _passage(gone: list[str], came: list[str]) -> Iterator[Difference]:
    before, after = "\n".join(gone).strip(), "\n".join(came).strip()
    if before != after:
        yield Difference(what="words", name="SKILL.md", before=before, after=after)


def _files(old: SkillFile, new: SkillFile) -> Iterator[Difference]:
    before = {entry.path: entry.sha256 for entry in old.files}
    after = {entry.path: entry.sha256 for entry in new.files}
    for path in sorted(before.keys() | after.keys()):
        if path in APART or before.get(path) == after.get(path):
            continue
        yield Difference(
            what="file",
            name=path,
            before="there" if path in before else "",
            after="changed"
            if path in before and path in after
            else "there"
            if path in after
            else "",
        )


def _block(one: Difference) -> str:
    if one.what == "file":
        fate = "changed" if one.before and one.after else "new" if one.after else "gone"
        return f"## {one.name}: {fate}"
    minus = [f"- {line}" for line in one.before.splitlines()]
    plus = [f"+ {line}" for line in one.after.splitlines()]
    return "\n".join([f"## {one.name}", "", *minus, *plus])
