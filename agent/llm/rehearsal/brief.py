"""What a rehearsal draft needs to know, guessed from the person's words."""

import re
from dataclasses import dataclass

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=2)}
_MOST = 12
_FEW = 6
"""Words of a kind or an audience: what is longer is a sentence about it."""

_NAME = r"[A-Z][\w&'-]*(?: [A-Z][\w&'-]*){0,3}"
_KIND = r"(?:an?|the|our) (?P<what>[^.,;:()\n]+)"
_SAID = (
    re.compile(rf"\b(?:called|named) (?P<name>{_NAME})"),
    re.compile(rf"(?:^|[.!?\n]\s*)(?P<name>{_NAME}) is (?=an? )"),
    re.compile(
        rf"\b(?:for|about|of|on) (?:(?:my|our|an?|the)(?: [a-z]+){{0,2}} )?"
        rf"(?P<name>{_NAME})"
    ),
)
"""How people name what they sell, the surest first."""
_PLACES = re.compile(
    r"(?:LinkedIn|Instagram|Facebook|Twitter|X|TikTok|YouTube|WhatsApp|Pinterest|"
    r"Reddit|Google|Slack|Product Hunt|Black Friday|Christmas|I|Q[1-4]|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|"
    r"June|July|August|September|October|November|December)(?: .*)?"
)
"""Where and when, never what."""
_AFTER = re.compile(rf"\s*(?:,|-|\(|is|which is)\s*{_KIND}")
_AUDIENCE = re.compile(
    r"\b(?:for|aimed at|targeting|sold to|sells? to|to) "
    r"(?P<who>(?!the\b|a\b|an\b|my\b|our\b|me\b|be\b|get\b|make\b)"
    r"[a-z][\w-]*(?: (?:and )?[a-z][\w-]*){0,2})"
)
_COUNT = re.compile(
    rf"\b(?P<number>\d{{1,2}}|{'|'.join(_NUMBERS)})[ -](?:[\w-]+ ){{0,2}}?"
    r"(?:headline|e-?mail|mail|post|tweet|option|variant|version|idea|change|competitor|"
    r"tagline|point|bullet)s?\b(?!\s+(?:a|an|per|each|every)\s)",
    re.IGNORECASE,
)
_MOST_WORDS = re.compile(
    r"\b(?:under|at most|max(?:imum)?|up to|no more than) (?P<number>\d{1,4}) words",
    re.IGNORECASE,
)
_ONE_SENTENCE = re.compile(r"\b(?:one|a single) (?:sentence|line)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Brief:
    """The request's parts; empty where it does not say."""

    text: str
    product: str
    what: str
    audience: str
    count: int | None
    most_words: int | None
    one_sentence: bool


def read(text: str) -> Brief:
    """Return the parts of ``text``."""
    named = _named(text)
    kind = _AFTER.match(text, named.end("name")) if named else None
    what, _, who = kind["what"].strip().partition(" for ") if kind else ("", "", "")
    audience = _AUDIENCE.search(text) if not who else None
    return Brief(
        text=" ".join(text.split()),
        product=named["name"] if named else "",
        what=_few(what),
        audience=_few(who) or (audience["who"] if audience else ""),
        count=_count(text),
        most_words=_number(_MOST_WORDS.search(text)),
        one_sentence=bool(_ONE_SENTENCE.search(text)),
    )


def _named(text: str) -> re.Match[str] | None:
    return next(
        (
            found
            for pattern in _SAID
            for found in pattern.finditer(text)
            if not _PLACES.fullmatch(found["name"])
        ),
        None,
    )


def _few(words: str) -> str:
    return " ".join(words.split()[:_FEW])


def _count(text: str) -> int | None:
    number = _number(_COUNT.search(text))
    return min(max(number, 1), _MOST) if number is not None else None


def _number(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    word = match["number"].lower()
    return _NUMBERS[word] if word in _NUMBERS else int(word)
