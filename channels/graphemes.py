"""Where a person sees one character end and another begin. Pure.

Source: Unicode Standard Annex 29, grapheme cluster boundaries.
"""

import re
from unicodedata import category, combining

_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_VIRAMA = 9
_ADDED = "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
"""Joiners, and signs of Thai, Lao and Japanese that count as letters elsewhere."""
_JOINS_ON = frozenset(
    "\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"
)
"""What takes the next character in: the joiner, and numbers' and verses' signs."""
_LEADING = re.compile("[\u1100-\u115f\ua960-\ua97c]")
_FOLLOWING = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_HANGUL = re.compile("[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7fb]")


def is_boundary(text: str, cut: int) -> bool:
    """Whether the text may be cut there; in doubt it may not."""
    if not 0 < cut < len(text):
        return True
    before, after = text[cut - 1], text[cut]
    if before in _FLAG_HALVES and after in _FLAG_HALVES:
        flags = len(text[:cut]) - len(text[:cut].rstrip(_FLAG_HALVES))
        return flags % 2 == 0
    if _extends(after) or before in _JOINS_ON or _is_syllable(before, after):
        return False
    return category(after) != "Lo" or not _is_conjunct(text, cut)


def _extends(char: str) -> bool:
    """Marks, joiners, skin tones and tags belong to what stands before them."""
    return (
        category(char) in {"Mn", "Me", "Mc"}
        or char in _ADDED
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_syllable(before: str, after: str) -> bool:
    """Hangul is written in parts: leading ones, vowels, and what closes."""
    leads = bool(_LEADING.match(before)) and bool(_HANGUL.match(after))
    return leads or bool(_HANGUL.match(before) and _FOLLOWING.match(after))


def _is_conjunct(text: str, cut: int) -> bool:
    """Whether an Indic virama, marks after it aside, takes in the letter at ``cut``."""
    at = cut - 1
    while at >= 0 and _extends(text[at]):
        if combining(text[at]) == _VIRAMA:
            return True
        at -= 1
    return False
