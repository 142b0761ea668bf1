"""Text folded so that a phrase and the ways people write it become the same bytes.

The normal form is UTF-8 words between single spaces, with a space at both ends, so that
a search for `` ad `` finds whole words only. Folding drops case, accents, punctuation,
apostrophes and small words that carry no request ("the", "our", "please"), and writes
one spelling where people use several ("e-mails", "mail" -> ``email``).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat

_NUKTA = "\u093c"
"""Hindi writers leave it out freely, as Latin writers do accents."""
_APOSTROPHES = "'`\u2018\u2019\u02bc\u00b4"
_ACCENTS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF))
"""Marks laid over a letter; Indic vowel signs are marks too, but part of the word."""

STOP = b"."
"""The end of a sentence, kept as a word: no phrase is found across it."""
_ENDS = ".!?;\n\u0964"
_ASCII = bytes(
    ord(STOP)
    if chr(code) in _ENDS
    else ord(chr(code).lower())
    if chr(code).isalnum() and code < 128  # noqa: PLR2004 - the end of ASCII
    else ord(" ")
    for code in range(256)
)

_BEYOND_LATIN = re.compile(
    "[^\\x00-\\x7f\\u0300-\\u036f\\u2018\\u2019\\u2013\\u2014]"
).search
"""Without these, dropping what is not ASCII drops just accents and apostrophes."""
_BLANK = b" ----"
"""Stands for any word no phrase uses; about as long, so that places keep meaning."""

_NO_WORDS = (STOP, _BLANK.strip())

FILLERS: frozenset[str] = frozenset(
    """
    a an the our my your their his her its i im id me we us you u he she it they
    them this these those some any for to at with please pls plz kindly pl
    can could would should will shall may just really very so and or is are was were
    be been being am do does did has had get lets let also actually maybe
    hi hey hello ok okay dear sir maam yaar bhai e here there
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
"""Words that neither ask for anything nor name a thing."""

_SPELLINGS: Mapping[str, str] = {
    "write": "draft drafted create created craft compose generate prepare produce "
    "need needs want wants give make makes making suggest writing wrote written "
    "wrtie wirte "
    "drafting creating likho likh likhna likhdo banao bana banado chahiye",
    "email": "mail mails emails emailer emailers",
    "site": "website websites sites",
    "home page": "homepage homepages",
    "sign up": "signup signups",
    "landing page": "landingpage lander landers",
    "linked in": "linkedin linkdin linkedln",
    "facebook": "fb",
    "instagram": "insta ig",
    "twitter": "twiter",
    "ad": "ads advert adverts advertisement advertisements",
    "follow up": "followup followups",
    "check out": "checkout checkouts",
    "proof read": "proofread proofreading proofreader",
    "re write": "rewrite rewriting rewritten reword rephrase rephrasing",
    "no one": "nobody noone",
    "anyone": "anybody",
    "everyone": "everybody",
    "not": "dont doesnt didnt isnt arent wasnt wont havent hasnt",
    "cant": "cannot couldnt",
    "whats": "what",
    "have": "ive got weve having",
    "b": "ab",
    "short": "shorter",
    "programme": "program",
    "organise": "organize",
    "analyse": "analyze",
    "competitor": "competitors rival rivals competetor competetors",
}
"""The form kept -> the others. Both sides of every match are folded alike."""

_CUES = "not never stop skip without instead of rather than why how"
"""Words by which the router tells what is refused."""

_MIN_PLURAL, _MIN_GERUND = 3, 4
_MIN_TYPO, _MIN_TYPO_BASE = 7, 5
_VOWELS = "aeiou"


def tokens(text: str) -> list[bytes]:
    """The words of ``text``, case and accents folded, and its stops. UTF-8."""
    if text.isascii():
        folded = text.encode().translate(_ASCII, b"'`")
        return folded.replace(STOP, b" . ").split()
    plain = unicodedata.normalize("NFKD", text)
    if not _BEYOND_LATIN(plain):
        spaced = plain.replace("\u2013", " ").replace("\u2014", " ")
        return tokens(spaced.encode("ascii", "ignore").decode())
    letters = unicodedata.normalize("NFKD", plain.casefold()).translate(_LETTERS)
    return letters.encode().replace(STOP, b" . ").split()


class Folding:
    """Folds text towards a vocabulary: the words that some phrase uses.

    Towards the vocabulary it also takes plurals, -ing forms and the commonest slips of
    the finger: swapped or doubled letters and, in long words, one left out or a wrong
    vowel. Folding costs the same whatever the size of the vocabulary.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        """Learn the vocabulary of ``phrases``."""
        fold = dict(_BASE)
        words = {word for phrase in phrases for word in tokens(phrase)} - fold.keys()
        for word in sorted(words, key=lambda word: (len(word), word)):
            kept = fold.setdefault(word, word)
            for form in _inflections(word):
                # "positioning" beside "position" is a word of its own when both are
                # listed; a plural never is.
                if not (form.endswith(b"ing") and form in words):
                    fold.setdefault(form, kept)
        for word in [word for word in fold if _is_slippery(word)]:
            for slip in _slips(word):
                fold.setdefault(slip, fold[word])
        spaced = {kept: b" " + kept if kept else b"" for kept in set(fold.values())}
        self._get = {form: spaced[kept] for form, kept in fold.items()}.get

    def __call__(self, text: str) -> bytes:
        """The normal form of ``text``; words outside the vocabulary become blanks."""
        return b"".join(map(self._get, tokens(text), repeat(_BLANK))) + b" "

    def phrase(self, text: str) -> tuple[bytes, ...]:
        """The folded words of the phrase ``text``, without stops and blanks."""
        return tuple(word for word in self(text).split() if word not in _NO_WORDS)


class _Letters(dict[int, str | None]):
    """What becomes of each character, found out once and kept."""

    def __missing__(self, code: int) -> str | None:
        self[code] = kept = _letter(chr(code))
        return kept


def _letter(char: str) -> str | None:
    category = unicodedata.category(char)
    over = any(first <= ord(char) <= last for first, last in _ACCENTS)
    if over or category == "Cf" or char in _APOSTROPHES or char == _NUKTA:
        return None
    if char in _ENDS:
        return STOP.decode()
    return char if category[0] in "LNM" else " "


def _inflections(word: bytes) -> Iterator[bytes]:
    if len(word) < _MIN_PLURAL or not word.isalpha():
        return
    yield word + b"s"
    if word.endswith(b"y"):
        yield word[:-1] + b"ies"
    if word.endswith((b"s", b"x", b"ch", b"sh")):
        yield word + b"es"
    if len(word) >= _MIN_GERUND:
        yield word + b"ing"
        if word.endswith(b"e"):
            yield word[:-1] + b"ing"


def _is_slippery(word: bytes) -> bool:
    """Whether a slip in ``word`` rarely makes another word ("trials", "trails")."""
    return len(word) >= (_MIN_TYPO_BASE if word in _BASE else _MIN_TYPO)


def _slips(word: bytes) -> Iterator[bytes]:
    if not word.isalpha():
        return
    for at in range(1, len(word)):
        yield word[:at] + word[at : at + 1] + word[at:]
        yield word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
        if len(word) >= _MIN_TYPO:
            yield word[:at] + word[at + 1 :]
            yield from _wrong_vowels(word, at)


def _wrong_vowels(word: bytes, at: int) -> Iterator[bytes]:
    if chr(word[at]) in _VOWELS:
        for vowel in _VOWELS:
            yield word[:at] + vowel.encode() + word[at + 1 :]


_LETTERS = _Letters()
_BASE: Mapping[bytes, bytes] = {
    # The words kept are themselves met in messages, unless they are fillers.
    **{word: word for kept in _SPELLINGS for word in kept.encode().split()},
    **{word: word for word in (STOP, *_CUES.encode().split())},
    **{
        form.encode(): kept.encode()
        for kept, forms in _SPELLINGS.items()
        for form in forms.split()
    },
    **{word.encode(): b"" for word in FILLERS},
}
