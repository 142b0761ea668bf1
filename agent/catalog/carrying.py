"""A workspace's own changes carried over to the house's newer version. Pure.

Three versions are laid side by side: the house's that one's own was made from, one's
own, and the house's newer. What only one side changed is taken from that side, rule by
rule; where both changed the same rule, one's own stands, and that is told. Where both
changed the words of the method, nothing can be laid together: a person must choose.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.catalog.rule_changes import next_code
from agent.catalog.skillfile import SkillFile

RULES = "RULES.md"
SKILL = "SKILL.md"

_ROW = re.compile(r"^\s*\|\s*([A-Z]{1,4}\d{2})\s*\|")


@dataclass(frozen=True, slots=True)
class Carried:
    """The files of the newer version with one's own changes in them."""

    texts: Mapping[str, str]
    carried: tuple[str, ...]
    """What is one's own in it: rule ids, ``SKILL.md``."""
    kept: tuple[str, ...]
    """Rules that both sides changed: one's own stands."""
    is_apart: bool = False
    """Both sides changed the method; then ``texts`` are not to be used."""


def carried(base: SkillFile, own: SkillFile, new: SkillFile) -> Carried:
    """One's ``own`` changes since ``base``, made in ``new``."""
    rules, changed, kept = _rules(base, own, new)
    texts = {**new.texts, **rules}
    is_reworded = own.body != base.body
    if is_reworded:
        texts[SKILL] = new.texts[SKILL].replace(new.body, own.body, 1)
        changed = (*changed, SKILL)
    is_apart = is_reworded and new.body not in {base.body, own.body}
    return Carried(texts, changed, kept, is_apart)


def _rules(
    base: SkillFile, own: SkillFile, new: SkillFile
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """RULES.md; what of one's own is in it; what both sides had changed."""
    then, mine, now = (rows(file.texts.get(RULES, "")) for file in (base, own, new))
    changed = [c for c in {**then, **mine} if then.get(c) != mine.get(c)]
    merged, kept, taken = dict(now), [], []
    for code in changed:
        row, theirs = mine.get(code), now.get(code)
        if row == theirs:
            continue
        if theirs != then.get(code) and code not in then:
            fresh = _free(own, new, merged)
            merged[fresh] = str(row).replace(code, fresh, 1)
            taken.append(fresh)
            continue
        if theirs != then.get(code):
            kept.append(code)
        taken.append(code)
        if row is None:
            merged.pop(code, None)
        else:
            merged[code] = row
    text = _written(new.texts.get(RULES) or own.texts.get(RULES, ""), merged)
    return ({RULES: text} if merged else {}), tuple(taken), tuple(kept)


def rows(text: str) -> dict[str, str]:
    """The rows of a RULES.md by the id of their rule, as they stand there."""
    found = ((_ROW.match(line), line) for line in text.splitlines())
    return {match[1]: line for match, line in found if match}


def _free(own: SkillFile, new: SkillFile, merged: Mapping[str, str]) -> str:
    """An id that neither side gave to a rule."""
    rules = {rule.code: rule for rule in (*own.rules, *new.rules)}
    code = next_code(tuple(rules.values()), new.name)
    letters, number = code[:-2], int(code[-2:])
    while f"{letters}{number:02d}" in merged:
        number += 1
    return f"{letters}{number:02d}"


def _written(text: str, merged: Mapping[str, str]) -> str:
    """``text`` with these rows: in their places, and new ones at the table's end."""
    lines, last, seen = [], 0, set()
    for line in text.rstrip("\n").split("\n"):
        match = _ROW.match(line)
        if match and match[1] not in merged:
            continue
        lines.append(merged[match[1]] if match else line)
        if match:
            seen.add(match[1])
        if line.lstrip().startswith("|"):
            last = len(lines)
    lines[last:last] = [row for code, row in merged.items() if code not in seen]
    return "\n".join(lines) + "\n"
