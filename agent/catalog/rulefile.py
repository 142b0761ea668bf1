"""RULES.md: a table of rules, each with its id, weight and the way it is checked."""

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.catalog import checks
from agent.catalog.problem import Problem

_ROW = re.compile(r"^\|(.+)\|\s*$")
_COLUMNS = ("id", "severity", "check", "rule", "why")
_ID = re.compile(r"^[A-Z]{1,4}\d{2}$")


class Severity(StrEnum):
    """How much a rule weighs."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a skill, citable by its id."""

    code: str
    severity: Severity
    statement: str
    rationale: str
    check: checks.Check | None
    """What code runs; None when a judge decides."""

    @property
    def checked_by(self) -> str:
        """``code`` or ``judge``."""
        return "code" if self.check else "judge"


def parse(text: str, file: str) -> tuple[tuple[Rule, ...], list[Problem]]:
    """The rules in ``text``, and what is wrong with the rows that are none."""
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for line, cells in _rows(text):
        try:
            rule = _rule(cells)
            if rule.code in rules:
                raise ValueError(f"The id {rule.code} stands here twice.")  # noqa: TRY301 - one report for every fault of a row
        except ValueError as bad:
            problems.append(Problem(file, line, str(bad), "Mend or remove the row."))
        else:
            rules[rule.code] = rule
    if not rules and not problems:
        header = f"Write a table with the columns {', '.join(_COLUMNS)}."
        problems.append(Problem(file, 1, "There are no rules in it.", header))
    return tuple(rules.values()), problems


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The table's rows with their line numbers, without header and ruler."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _ROW.match(line.strip())
        cells = [cell.strip() for cell in found[1].split("|")] if found else []
        if cells and cells[0] != _COLUMNS[0] and set(cells[0]) - set(":- "):
            rows.append((number, cells))
    return rows


def _rule(cells: list[str]) -> Rule:
    if len(cells) != len(_COLUMNS):
        raise ValueError(f"A rule has the columns {', '.join(_COLUMNS)}.")
    code, severity, check, statement, rationale = cells
    if not _ID.match(code):
        raise ValueError(f"The id {code!r} is not like C01.")
    if severity not in set(Severity):
        raise ValueError(f"Severity {severity!r} is not must, should or may.")
    if not statement:
        raise ValueError(f"Rule {code} says nothing.")
    return Rule(code, Severity(severity), statement, rationale, _check(check))


def _check(written: str) -> checks.Check | None:
    """The check behind ``code: <check>``; None for ``judge``."""
    if written == "judge":
        return None
    how, _, line = written.strip("`").partition(":")
    if how.strip() != "code":
        raise ValueError("A rule without a check: write `judge` or `code: <check>`.")
    return checks.parse(line)
