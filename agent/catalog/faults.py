"""What is wrong with a part of a text, by the name of a check: in a few words, or "".

A fault says where: the words, the count, the heading, so that it can be put right.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from textwrap import shorten

from agent.catalog import shapes
from agent.catalog.folding import tokens

Fault = Callable[[str, str], str]
"""What is wrong with a text, given a check's argument; empty: nothing."""

_FIELD = re.compile(
    r"^[\s>*-]*\**([A-Z][\w ]{1,30}?)\**:\**\s*(.*?)\**\s*$", re.MULTILINE
)
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)|\n+|\|")
_RANGE = re.compile(r"^(\d+)(?:-(\d+))?$")
_QUOTED = 60
"""Characters of the text that a fault quotes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of check."""

    usage: str
    """How it is written."""
    argument: re.Pattern[str]
    fault: Fault


def says(text: str, phrase: str) -> bool:
    """Whether the words stand in the text, folded, whole and in order."""
    said = b" %b " % b" ".join(tokens(text))
    return b" %b " % b" ".join(tokens(phrase)) in said


def _words(text: str) -> int:
    return len(text.split())


def _at_most(count: Callable[[str], int], unit: str) -> Fault:
    """At most so many; units are told as one would say them."""

    def fault(text: str, argument: str) -> str:
        found = count(text)
        return _counted(found, unit) if found > int(argument) else ""

    return fault


def _too_few_words(text: str, argument: str) -> str:
    found = _words(text)
    return f"only {_counted(found, 'word')}" if found < int(argument) else ""


def _between(count: Callable[[str], int], unit: str) -> Fault:
    def fault(text: str, argument: str) -> str:
        found = count(text)
        return "" if _within(found, argument) else _counted(found, unit)

    return fault


def _longest(parts: Callable[[str], Iterable[str]], what: str) -> Fault:
    """The longest part has so many words at most; else how it begins."""

    def fault(text: str, argument: str) -> str:
        longest = max(parts(text), key=_words, default="")
        if _words(longest) <= int(argument):
            return ""
        return f"{what} of {_words(longest)} words: {_quote(longest)}"

    return fault


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(text)


def _said(text: str, argument: str) -> str:
    found = [phrase for phrase in _listed(argument) if says(text, phrase)]
    return f"says {_named(found)}" if found else ""


def _unsaid(text: str, argument: str) -> str:
    missing = [phrase for phrase in _listed(argument) if not says(text, phrase)]
    return f"does not say {_named(missing)}" if missing else ""


def _none_said(text: str, argument: str) -> str:
    listed = _listed(argument)
    is_said = any(says(text, phrase) for phrase in listed)
    return "" if is_said else f"says none of {_named(listed)}"


def _no_section(text: str, argument: str) -> str:
    filled = any(part.strip() for _, part in shapes.sections(text, argument))
    return "" if filled else f"no section {argument!r}"


def _headings(text: str, argument: str) -> str:
    count, _, name = argument.partition(" ")
    found = len(shapes.sections(text, name))
    return "" if _within(found, count) else f"{found} of {name!r}"


def _no_field(text: str, argument: str) -> str:
    return "" if any(_fields(text, argument)) else f"no {argument!r}"


def _field_too_long(text: str, argument: str) -> str:
    limit, _, name = argument.partition(" ")
    values = _fields(text, name)
    if not all(values) or not values:
        return f"no {name!r}"
    longest = max(values, key=len)
    if len(longest) <= int(limit):
        return ""
    return f"{name} of {len(longest)} characters: {_quote(longest)}"


def _no_column(text: str, argument: str) -> str:
    head = shapes.header(text)
    if not head:
        return "no table"
    missing = [column for column in _listed(argument) if not says(head, column)]
    return f"no column {_named(missing)}" if missing else ""


def _out_of_order(text: str, argument: str) -> str:
    """Headings that stand before an earlier one; those missing are another matter."""
    names = _listed(argument)
    places = [(shapes.place(text, name), name) for name in names]
    found = [(at, name) for at, name in places if at >= 0]
    for (before, first), (after, second) in pairwise(found):
        if after < before:
            return f"{second!r} stands before {first!r}"
    return ""


def _no_block(text: str, argument: str) -> str:
    return "" if shapes.has_block(text, argument) else f"no sound {argument} block"


def _within(count: int, argument: str) -> bool:
    found = _RANGE.match(argument)
    if not found:
        return False
    low = int(found[1])
    return low <= count <= int(found[2] or low)


def _fields(text: str, name: str) -> list[str]:
    wanted = tokens(name)
    return [value for key, value in _FIELD.findall(text) if tokens(key) == wanted]


def _listed(argument: str) -> list[str]:
    return [part.strip() for part in argument.split(";") if part.strip()]


def _named(phrases: list[str]) -> str:
    return ", ".join(f'"{phrase}"' for phrase in phrases[:3])


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _quote(text: str) -> str:
    return f'"{shorten(text.strip(" -*#>|"), _QUOTED, placeholder="...")}"'


def _kind(usage: str, argument: str, fault: Fault) -> Kind:
    return Kind(usage, re.compile(argument), fault)


_NUMBER, _SPAN, _TEXT = r"\d+", r"\d+(-\d+)?", r".*\S.*"


def _most(name: str, example: int, count: Callable[[str], int], unit: str) -> Kind:
    return _kind(f"{name} {example}", _NUMBER, _at_most(count, unit))


KINDS: Mapping[str, Kind] = {
    "max-words": _most("max-words", 12, _words, "word"),
    "min-words": _kind("min-words 40", _NUMBER, _too_few_words),
    "max-chars": _most("max-chars", 60, lambda t: len(t.strip()), "character"),
    "max-sentence-words": _kind(
        "max-sentence-words 25", _NUMBER, _longest(_sentences, "a sentence")
    ),
    "max-exclamations": _most(
        "max-exclamations", 1, lambda t: t.count("!"), "exclamation mark"
    ),
    "items": _kind(
        "items 3-5", _SPAN, _between(lambda t: len(shapes.items(t)), "item")
    ),
    "headings": _kind("headings 3-7 Email", rf"{_SPAN} {_TEXT}", _headings),
    "has-section": _kind("has-section Headline", _TEXT, _no_section),
    "has-field": _kind("has-field Subject", _TEXT, _no_field),
    "field-max-chars": _kind(
        "field-max-chars 50 Subject", rf"{_NUMBER} {_TEXT}", _field_too_long
    ),
    "lacks": _kind("lacks synergy; cutting-edge", _TEXT, _said),
    "mentions": _kind("mentions Acme; clinic", _TEXT, _unsaid),
    "mentions-any": _kind("mentions-any reply; click", _TEXT, _none_said),
    "item-max-words": _kind(
        "item-max-words 25", _NUMBER, _longest(shapes.items, "an item")
    ),
    "paragraph-max-words": _kind(
        "paragraph-max-words 90", _NUMBER, _longest(shapes.paragraphs, "a paragraph")
    ),
    "max-questions": _most("max-questions", 2, lambda t: t.count("?"), "question"),
    "max-hashtags": _most("max-hashtags", 5, shapes.hashtags, "hashtag"),
    "max-emoji": _most("max-emoji", 3, shapes.emoji, "emoji"),
    "max-links": _most("max-links", 2, shapes.links, "link"),
    "table-rows": _kind(
        "table-rows 3-20", _SPAN, _between(lambda t: len(shapes.rows(t)), "table row")
    ),
    "table-columns": _kind("table-columns Day; Channel", _TEXT, _no_column),
    "order": _kind("order Problem; Fix", _TEXT, _out_of_order),
    "code-block": _kind("code-block json", r"\w+", _no_block),
}
