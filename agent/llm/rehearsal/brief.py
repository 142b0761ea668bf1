"""What a rehearsal draft needs to know, guessed from the person's words."""

import re
from dataclasses import dataclass

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=2)}
_MOST = 12

_NAME = r"[A-Z][\w&'-]*(?: [A-Z][\w&'-]*){0,3}"
_PRODUCT = re.compile(rf"\b(?:for|about|of|on) (?P<name>{_NAME})")
_KIND = re.compile(
    r"\s*(?:,|-|\(|is|which is)\s*(?:an?|the|our) (?P<what>[^.,;:()\n]+)"
)
_AUDIENCE = re.compile(
    r"\b(?:for|to|aimed at|targeting) (?P<who>(?!the\b|a\b|an\b|my\b|our\b|me\b)"
    r"[a-z][\w-]*(?: (?:and )?[a-z][\w-]*){0,2})"
)
_COUNT = re.compile(
    rf"\b(?P<number>\d{{1,2}}|{'|'.join(_NUMBERS)})[ -](?:[\w-]+ ){{0,2}}?"
    r"(?:headline|e-?mail|mail|post|tweet|option|variant|version|idea|change|competitor|"
    r"tagline|point|bullet)s?\b",
    re.IGNORECASE,
)
_MOST_WORDS = re.compile(
    r"\b(?:under|at most|max(?:imum)?|up to|no more than) (?P<number>\d{1,4}) words",
    re.IGNORECASE,
)
_ONE_SENTENCE = re.compile(r"\b(?:one|a single) (?:sentence|line)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Brief:
    """The request's parts; what is missing is a [placeholder]."""

    text: str
    product: str
    what: str
    audience: str
    count: int | None
    most_words: int | None
    one_sentence: bool


def read(text: str, client: str = "") -> Brief:
    """Return the parts of ``text``; ``client`` serves when no product is named."""
    named = _PRODUCT.search(text)
    kind = _KIND.match(text, named.end()) if named else None
    what, _, who = kind["what"].strip().partition(" for ") if kind else ("", "", "")
    audience = _AUDIENCE.search(text) if not who else None
    return Brief(
        text=" ".join(text.split()),
        product=named["name"] if named else client or "[product]",
        what=what or "[kind of product]",
        audience=who or (audience["who"] if audience else "[audience]"),
        count=_count(text),
        most_words=_number(_MOST_WORDS.search(text)),
        one_sentence=bool(_ONE_SENTENCE.search(text)),
    )


def _count(text: str) -> int | None:
    number = _number(_COUNT.search(text))
    return min(max(number, 1), _MOST) if number is not None else None


def _number(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    word = match["number"].lower()
    return _NUMBERS[word] if word in _NUMBERS else int(word)
