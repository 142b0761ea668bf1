"""A message as the ranking reads it: plain words and their stems."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_JUNK = re.compile(r"[^\w]+")
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc]")
_MARKS = re.compile("[\u0300-\u036f\u093c]")
"""Accents, and the dot that Hindi writers leave out; vowel signs are letters here."""
_ENDINGS = ("ing", "ers", "ies", "er", "ed", "es", "s", "ly")
_FEWEST = 3
"""Letters that a stem keeps."""
_KEPT = 20_000
"""Words whose parts are remembered; messages use few different ones."""


def plain(text: str) -> list[str]:
    """The words of ``text`` without case, accents and punctuation."""
    if text.isascii():
        folded = text.casefold()
    else:
        folded = unicodedata.normalize("NFKD", text.casefold())
        folded = unicodedata.normalize("NFC", _MARKS.sub("", folded))
    return _spaced(_APOSTROPHES.sub("", folded))


def _spaced(text: str) -> list[str]:
    # A combining sign is no word character to ``re``, but part of an Indic word.
    if text.isascii():
        return _JUNK.sub(" ", text).split()
    kept = (char if unicodedata.category(char)[0] in "LNM" else " " for char in text)
    return "".join(kept).split()


@lru_cache(_KEPT)
def stem(word: str) -> str:
    """``word`` without an English ending; other words keep theirs or lose an s."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _FEWEST:
            return word[: -len(ending)]
    return word


def stems(words: Iterable[str]) -> list[str]:
    """The stem of each of ``words``."""
    return [stem(word) for word in words]


@lru_cache(_KEPT)
def letters(word: str) -> tuple[str, ...]:
    """The sequences of three and four letters in ``word``, its edges marked.

    Each begins with a sign no word has, so that it is never taken for one.
    """
    edged = f" {word} "
    return tuple(
        {
            f"#{edged[at : at + size]}"
            for size in (3, 4)
            for at in range(max(1, len(edged) - size + 1))
        }
    )
