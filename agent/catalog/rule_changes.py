"""A change of one rule of RULES.md: what it says, and the file with it made. Pure.

Only the row that is meant changes; whatever else stands in the file stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import unified_diff
from enum import StrEnum
from itertools import islice
from typing import Any

from agent.catalog.rulefile import Rule

FILE = "RULES.md"
JUDGE = "judge"

_CODE = re.compile(r"([A-Z]{1,4})(\d{2})")
_CHECKS = tuple(
    (re.compile(pattern, re.IGNORECASE), line)
    for pattern, line in (
        (r"(?:at most|no more than|under|up to) (?P<n>\d{1,5}) words", "max-words {n}"),
        (
            r"(?:no|never use|without)(?: any)? exclamation (?:marks?|points?)",
            "max-exclamations 0",
        ),
        (
            r"never (?:use|say|write)(?: the words?)? \"(?P<word>[^\";]+)\"",
            "lacks {word}",
        ),
    )
)
_EMPTY = """\
# Rules: {name}

Checked against the finished piece.

| id | severity | check | rule | why |
|---|---|---|---|---|
"""


class Change(StrEnum):
    """What is done to a rule."""

    ADD = "add"
    SHARPEN = "sharpen"
    LOOSEN = "loosen"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of one rule, as somebody would have it."""

    change: Change
    statement: str
    """The rule as it would read; of one that is removed, as it read."""
    code: str = ""
    """The rule that is changed; empty for a new one."""
    severity: str = "should"
    check: str = JUDGE
    """``judge``, or ``code: <check>``."""
    why: str = ""

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Draft":
        """It back from JSON; what else is kept beside it is passed over."""
        names = ("statement", "code", "severity", "check", "why")
        given = {name: str(kept.get(name) or "") for name in names}
        return cls(change=Change(kept["change"]), **given)

    @property
    def kept(self) -> dict[str, Any]:
        """It as JSON."""
        return {**asdict(self), "change": self.change.value}


def next_code(rules: Sequence[Rule], name: str) -> str:
    """The id of a new rule: the letters of the others, the first free number."""
    taken = [_CODE.fullmatch(rule.code) for rule in rules]
    letters = taken[0][1] if taken and taken[0] else name[:1].upper() or "R"
    numbers = {int(one[2]) for one in taken if one and one[1] == letters}
    return f"{letters}{max(numbers, default=0) + 1:02d}"


def numbered(draft: Draft, rules: Sequence[Rule], name: str) -> Draft:
    """The draft with its rule's id; a new rule's is the next one free."""
    if draft.change is not Change.ADD:
        return draft
    given = {**draft.kept, "code": next_code(rules, name)}
    return Draft.read(given)


def applied(texts: Mapping[str, str], draft: Draft, name: str) -> dict[str, str]:
    """The files of a skill with ``draft`` (which has its id) made in RULES.md."""
    before = texts.get(FILE) or _EMPTY.format(name=name)
    lines = before.rstrip("\n").split("\n")
    at = [n for n, line in enumerate(lines) if _is_row(line, draft.code)]
    if draft.change is Change.ADD:
        last = max(n for n, line in enumerate(lines) if line.lstrip().startswith("|"))
        lines.insert(last + 1, row(draft))
    elif draft.change is Change.REMOVE:
        lines = [line for n, line in enumerate(lines) if n not in at]
    else:
        lines = [row(draft) if n in at else line for n, line in enumerate(lines)]
    return {**texts, FILE: "\n".join(lines) + "\n"}


def row(draft: Draft) -> str:
    """The rule as a row of the table."""
    check = draft.check if draft.check == JUDGE else f"`{draft.check}`"
    cells = (draft.code, draft.severity, check, draft.statement, draft.why)
    return f"| {' | '.join(cells)} |"


def as_check(statement: str) -> str:
    """How a rule is checked: by code where it says just what a check does."""
    for pattern, line in _CHECKS:
        if found := pattern.fullmatch(statement.strip().rstrip(".")):
            return f"code: {line.format(**found.groupdict())}"
    return JUDGE


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What differs in RULES.md, the lines alone: ``-`` went, ``+`` came."""
    old, new = (texts.get(FILE, "").splitlines() for texts in (before, after))
    told = islice(unified_diff(old, new, lineterm="", n=0), 2, None)
    return "\n".join(line for line in told if not line.startswith("@@"))


def _is_row(line: str, code: str) -> bool:
    return bool(code) and re.match(rf"\s*\|\s*{re.escape(code)}\s*\|", line) is not None
