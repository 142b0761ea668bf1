"""Checks that code can make of a finished text, written in one line each.

``max-words 12 in Headline`` reads: the section under the heading "Headline" has twelve
words at most. RULES.md and cases.yaml use the same lines. Without ``in`` the whole text
is meant; a heading matches when it begins with the words given, so ``in Email`` covers
"Email 1" to "Email 5", each of which must pass.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent.catalog import shapes
from agent.catalog.folding import tokens

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_FIELD = re.compile(
    r"^[\s>*-]*\**([A-Z][\w ]{1,30}?)\**:\**\s*(.*?)\**\s*$", re.MULTILINE
)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\S", re.MULTILINE)
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)|\n+")
_RANGE = re.compile(r"^(\d+)(?:-(\d+))?$")


class Verdict(StrEnum):
    """What a check found."""

    MET = "met"
    BROKEN = "broken"
    NOT_APPLICABLE = "n/a"
    """The part it speaks of is not in the text."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check, ready to run."""

    name: str
    argument: str
    section: str = ""

    def run(self, text: str) -> Verdict:
        """What this check finds in ``text`` (Markdown)."""
        parts = _sections(text, self.section) if self.section else [text]
        if not parts:
            return Verdict.NOT_APPLICABLE
        passes = _CHECKS[self.name].passes
        met = all(passes(part, self.argument) for part in parts)
        return Verdict.MET if met else Verdict.BROKEN


class BadCheck(ValueError):
    """The line is not a check; the message says which there are or what is missing."""


def parse(line: str) -> Check:
    """The check that ``line`` describes.

    Raises:
        BadCheck: No such check, or its argument has the wrong form.
    """
    spec, _, section = line.strip().partition(" in ")
    name, _, argument = spec.strip().partition(" ")
    kind = _CHECKS.get(name)
    if kind is None:
        raise BadCheck(f"There is no check {name!r}; there are {', '.join(_CHECKS)}.")
    if not kind.argument.fullmatch(argument.strip()):
        raise BadCheck(f"{name} is written {kind.usage!r}.")
    return Check(name, argument.strip(), section.strip())


def _sections(text: str, heading: str) -> list[str]:
    """The text under each heading that begins with ``heading``, to the next one."""
    marks = list(_HEADING.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    wanted = tokens(heading)
    return [
        text[mark.end() : end]
        for mark, end in zip(marks, ends, strict=True)
        if tokens(mark[1])[: len(wanted)] == wanted
    ]


def _words(text: str) -> int:
    return len(text.split())


def _within(count: int, argument: str) -> bool:
    found = _RANGE.match(argument)
    if not found:
        return False
    low = int(found[1])
    return low <= count <= int(found[2] or low)


def _says(text: str, phrase: str) -> bool:
    said = b" %b " % b" ".join(tokens(text))
    return b" %b " % b" ".join(tokens(phrase)) in said


def _listed(argument: str) -> list[str]:
    return [part.strip() for part in argument.split(";") if part.strip()]


def _fields(text: str, name: str) -> list[str]:
    wanted = tokens(name)
    return [value for key, value in _FIELD.findall(text) if tokens(key) == wanted]


def _sentences_fit(text: str, argument: str) -> bool:
    limit = int(argument)
    return all(_words(part) <= limit for part in _SENTENCE.split(text))


def _field_fits(text: str, argument: str) -> bool:
    limit, _, name = argument.partition(" ")
    values = _fields(text, name)
    return bool(values) and all(0 < len(value) <= int(limit) for value in values)


def _headings_count(text: str, argument: str) -> bool:
    count, _, name = argument.partition(" ")
    return _within(len(_sections(text, name)), count)


def _in_order(text: str, argument: str) -> bool:
    """Whether the headings stand in this order; those missing are another matter."""
    headings = [tokens(mark[1]) for mark in _HEADING.finditer(text)]
    places = [
        next((at for at, said in enumerate(headings) if said[: len(name)] == name), -1)
        for name in map(tokens, _listed(argument))
    ]
    found = [place for place in places if place >= 0]
    return found == sorted(found)


@dataclass(frozen=True, slots=True)
class _Kind:
    usage: str
    argument: re.Pattern[str]
    passes: Callable[[str, str], bool]


def _kind(usage: str, argument: str, passes: Callable[[str, str], bool]) -> _Kind:
    return _Kind(usage, re.compile(argument), passes)


_NUMBER, _SPAN, _TEXT = r"\d+", r"\d+(-\d+)?", r".*\S.*"

_CHECKS: Mapping[str, _Kind] = {
    "max-words": _kind("max-words 12", _NUMBER, lambda t, a: _words(t) <= int(a)),
    "min-words": _kind("min-words 40", _NUMBER, lambda t, a: _words(t) >= int(a)),
    "max-chars": _kind("max-chars 60", _NUMBER, lambda t, a: len(t.strip()) <= int(a)),
    "max-sentence-words": _kind("max-sentence-words 25", _NUMBER, _sentences_fit),
    "max-exclamations": _kind(
        "max-exclamations 1", _NUMBER, lambda t, a: t.count("!") <= int(a)
    ),
    "items": _kind("items 3-5", _SPAN, lambda t, a: _within(len(_ITEM.findall(t)), a)),
    "headings": _kind("headings 3-7 Email", rf"{_SPAN} {_TEXT}", _headings_count),
    "has-section": _kind(
        "has-section Headline",
        _TEXT,
        lambda t, a: any(part.strip() for part in _sections(t, a)),
    ),
    "has-field": _kind(
        "has-field Subject", _TEXT, lambda t, a: any(filter(None, _fields(t, a)))
    ),
    "field-max-chars": _kind(
        "field-max-chars 50 Subject", rf"{_NUMBER} {_TEXT}", _field_fits
    ),
    "lacks": _kind(
        "lacks synergy; cutting-edge",
        _TEXT,
        lambda t, a: not any(_says(t, phrase) for phrase in _listed(a)),
    ),
    "mentions": _kind(
        "mentions Acme; clinic",
        _TEXT,
        lambda t, a: all(_says(t, phrase) for phrase in _listed(a)),
    ),
    "item-max-words": _kind(
        "item-max-words 25", _NUMBER, lambda t, a: shapes.longest_item(t) <= int(a)
    ),
    "paragraph-max-words": _kind(
        "paragraph-max-words 90",
        _NUMBER,
        lambda t, a: shapes.longest_paragraph(t) <= int(a),
    ),
    "max-questions": _kind(
        "max-questions 2", _NUMBER, lambda t, a: t.count("?") <= int(a)
    ),
    "max-hashtags": _kind(
        "max-hashtags 5", _NUMBER, lambda t, a: shapes.hashtags(t) <= int(a)
    ),
    "max-emoji": _kind("max-emoji 3", _NUMBER, lambda t, a: shapes.emoji(t) <= int(a)),
    "max-links": _kind("max-links 2", _NUMBER, lambda t, a: shapes.links(t) <= int(a)),
    "table-rows": _kind(
        "table-rows 3-20", _SPAN, lambda t, a: _within(len(shapes.rows(t)), a)
    ),
    "table-columns": _kind(
        "table-columns Day; Channel",
        _TEXT,
        lambda t, a: all(_says(shapes.header(t), column) for column in _listed(a)),
    ),
    "order": _kind("order Problem; Fix", _TEXT, _in_order),
    "code-block": _kind("code-block json", r"\w+", shapes.has_block),
    "mentions-any": _kind(
        "mentions-any reply; click",
        _TEXT,
        lambda t, a: any(_says(t, phrase) for phrase in _listed(a)),
    ),
}
