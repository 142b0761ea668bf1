"""How a piece keeps its rules, in words: a line under it, and each rule on request."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.runs.rule_operations import RuleLine, RulesChecked
from agent.runs.rulings import Outcome, Ruling
from bot.render import instructions
from bot.render.words import brief, name

NOTE, REASON, RULE = 240, 90, 200
"""Characters of the line under a piece, of a reason in it, of a rule in the list."""

_SECTION = re.compile(r"^no section .*")
"""Which one is told in the list."""

MARKS = {Outcome.KEPT: "✓", Outcome.BROKEN: "✗", Outcome.UNKNOWN: "?"}


def checked(rulings: Iterable[Ruling]) -> str:
    """What stands under a piece: its skill's rules, then standing instructions."""
    found = list(rulings)
    of_skill = [one for one in found if one.skill]
    told = instructions.kept(one for one in found if not one.skill)
    return " ".join(filter(None, (_counted(of_skill), told)))


def _counted(rulings: Sequence[Ruling]) -> str:
    """How many of all are met, and what is the matter with the others."""
    if not rulings:
        return ""
    by: dict[Outcome, list[Ruling]] = defaultdict(list)
    for one in rulings:
        by[one.outcome].append(one)
    broken, open_ones = by[Outcome.BROKEN], by[Outcome.UNKNOWN]
    said = [f"{len(by[Outcome.KEPT])}/{len(rulings)} rules met"]
    said += [f"{len(broken)} broken"] if broken else []
    said += [f"{len(open_ones)} n/a"] if open_ones else []
    reasons = [*map(_broken, broken), *_open(open_ones)]
    return brief(" ".join([", ".join(said) + ".", *reasons]), NOTE)


def _broken(one: Ruling) -> str:
    why = one.why.rstrip(".") or brief(one.rule.rstrip("."), REASON)
    return f"{one.code}: {brief(why, REASON)}."


def _open(rulings: Sequence[Ruling]) -> list[str]:
    """The rules nobody could tell, together by the reason."""
    by: dict[str, list[str]] = defaultdict(list)
    for one in rulings:
        by[_SECTION.sub("no such section", one.why.rstrip(".")) or "unclear"] += [
            one.code
        ]
    return [
        f"{_spanned(codes)}: n/a, {brief(why, REASON)}." for why, codes in by.items()
    ]


def _spanned(codes: Sequence[str]) -> str:
    """Codes in one breath: those that follow each other as a span, C10-C14."""
    spans: list[list[str]] = []
    for code in codes:
        if spans and _follows(spans[-1][-1], code):
            spans[-1].append(code)
        else:
            spans.append([code])
    many = (f"{one[0]}-{one[-1]}" if len(one) > 2 else ", ".join(one) for one in spans)  # noqa: PLR2004 - a pair is no span
    return ", ".join(many)


def _follows(code: str, other: str) -> bool:
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    stem = code.removesuffix(digits)
    return digits.isdigit() and other == f"{stem}{int(digits) + 1:0{len(digits)}}"


def _rules(value: RulesChecked) -> Message:
    head = f"**Rules of run #{value.number}**, {name(value.title)}"
    see = Choice("The run", "runs.show", {"run_id": str(value.run_id)})
    if not value.lines:
        said = "Nothing was checked: it has no rules, or it was stopped before."
        return Message(f"{head}\n\n{said}", choices=(see,))
    met = sum(line.outcome is Outcome.KEPT for line in value.lines)
    head += f": {met} of {len(value.lines)} met"
    return Message(
        "\n\n".join([head, "\n".join(map(_line, value.lines))]), choices=(see,)
    )


def _line(line: RuleLine) -> str:
    code = line.code if line.skill else f"{line.code} (yours)"
    said = f"- {MARKS[line.outcome]} **{code}** {brief(line.rule, RULE)}"
    if line.outcome is Outcome.KEPT:
        return said
    quote = f'"{line.quote}"' if line.quote and line.quote not in line.why else ""
    why = ": ".join(filter(None, (line.why.rstrip("."), quote)))
    because = f" ({brief(why, RULE)})" if why else ""
    return f"{said}{because}"


WORDS: dict[type, Callable[[Any], Message]] = {RulesChecked: _rules}
