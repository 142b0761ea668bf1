"""Brands' names: as they are kept, as their slug, and as they stand in a text. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_NAME = 8
"""Words of a name that is looked for in a text."""

HEAD, TAIL = 1_200, 400
"""Characters of a long text that are read: people say whom it is for at its ends."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['`\u2018\u2019\u02bc\u00b4]")
_POSSESSIVE = re.compile("['`\u2018\u2019\u02bc\u00b4][sS]?(?!\\w)")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Controls and marks that turn what is read around; joiners of words are kept."""


def tidy(name: str) -> str:
    """The name in one line, without what nobody sees."""
    return " ".join(_UNSEEN.sub("", name).split())


def slug(name: str) -> str:
    """``Yaz Automate`` -> ``yaz-automate``; letters of any script are kept.

    So are vowel signs and the like, without which some scripts' words fall together;
    accents are not, nor is an apostrophe: people leave them out. A name of signs alone
    is told by their numbers.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    told = _words(_APOSTROPHES.sub("", _without_accents(plain)))
    return told or "-".join(f"{ord(sign):x}" for sign in plain if not sign.isspace())


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare)


def _words(plain: str) -> str:
    words = "".join(sign if _is_of_word(sign) else "-" for sign in plain)
    return re.sub("-+", "-", words).strip("-_")


def _is_of_word(sign: str) -> bool:
    # Letters, their marks, numbers; and the joiners of Indic and Persian words.
    return unicodedata.category(sign)[0] in "LMN" or sign in "_\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text."""

    forms: frozenset[str]
    """Its slug; where it may be a possessive, also the one without."""
    is_capital: bool
    is_possessive: bool
    ends: bool
    """Whether a phrase ends behind it: a comma, a stop, the text's end."""


_WORD = re.compile(r"[^\s,;:!?()\[\]{}\"\u201c\u201d<>/|\u2014\u2013]+")
_STOP = re.compile(r"\s*(?:[,;:!?()\"\u201c\u201d\u2014\u2013\n]|\.(?:\s|$)|$)")


def words(text: str) -> list[Word]:
    """The words of a text, of its two ends if it is long."""
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]}\n{text[-TAIL:]}"
    return [word for found in _WORD.finditer(text) for word in _split(text, found)]


def _split(text: str, found: re.Match[str]) -> Iterator[Word]:
    # "Blue-Ace" is two words, as it is in a slug; "Acme, Inc." ends with its dot.
    said = found[0].rstrip(".")
    its = [part for part in re.split(r"[-.&+]+", said) if slug(part)]
    stops = _STOP.match(text, found.start() + len(said)) is not None
    for at, part in enumerate(its):
        is_last = at == len(its) - 1
        bare = _POSSESSIVE.sub("", part)
        forms = {slug(part), slug(bare)} if bare != part and bare else {slug(part)}
        yield Word(
            forms=frozenset(forms),
            is_capital=part[:1] != part[:1].lower(),
            is_possessive=is_last and bare != part,
            ends=is_last and stops,
        )


def readings(found: list[Word]) -> dict[str, list[tuple[int, int]]]:
    """Every run of words as a slug, and where it stands: ``[first, last + 1]``."""
    read: dict[str, list[tuple[int, int]]] = {}
    for first in range(len(found)):
        runs = [""]
        for last in range(first, min(first + LONGEST_NAME, len(found))):
            runs = [
                f"{run}-{form}" if run else form
                for run in runs
                for form in found[last].forms
            ][:8]
            for run in runs:
                read.setdefault(run, []).append((first, last + 1))
    return read
