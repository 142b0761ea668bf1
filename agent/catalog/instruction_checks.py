"""Which standing instructions code can check, and the check of each.

A rule is understood only when all of its words are: "never use emojis" is, "never use
emojis in headlines" is not, and goes to a model. So a check never says more than the
rule does.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from agent.catalog.checks import Check, Verdict
from agent.identity.languages import Language

Passes = Callable[[str], bool]

EMOJI = re.compile(
    "[\U0001f000-\U0001f0ff\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
    "\u231a\u231b\u23e9-\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa"
    "\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0"
    "\u27bf\u2b1b\u2b1c\u2b50\u2b55]|.\ufe0f|[\\d#*]\u20e3"
)
"""Source: Emoji_Presentation of Unicode 15, and anything asked to look like one."""

MARKS: dict[str, re.Pattern[str]] = {
    "emoji": EMOJI,
    "emoticon": re.compile(r"(?<!\w)[:;]-?[)(DPp](?!\w)"),
    "exclamation mark": re.compile(r"!(?!\[)"),
    "exclamation point": re.compile(r"!(?!\[)"),
    "exclamation": re.compile(r"!(?!\[)"),
    "hashtag": re.compile(r"(?<![\w#&/])#[^\W\d_]\w*"),
    "em dash": re.compile("\u2014"),
    "em-dash": re.compile("\u2014"),
    "semicolon": re.compile(r"(?<!&amp)(?<!&lt)(?<!&gt);"),
    "question mark": re.compile(r"\?"),
    "ellipsis": re.compile("\u2026|\\.{3}"),
    "link": re.compile(r"https?://|\]\("),
    "table": re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE),
    "heading": re.compile(r"^ {0,3}#{1,6}\s", re.MULTILINE),
}
"""What people forbid by name, and how it looks; ``![`` begins a picture."""

_NO = (
    r"(?:please )?(?:never|do not|don['\u2019]?t|no|avoid|without|stop)(?: ever)?"
    r"(?: (?:us|writ|includ|put|add|say|mention)(?:e|ing|ting|ding)?)?(?: any)?"
)
_MARK = "|".join(f"{name}(?:e?s)?" for name in sorted(MARKS, key=len, reverse=True))
_AND = r"(?:\s*,\s*(?:and |or |nor )?|\s+(?:and|or|nor)\s+)"
_QUOTED = (
    "[\"\u201c\u201e'\u2018]([^\"\u201d\u201c'\u2019]{1,80})[\"\u201d\u201c'\u2019]"
)
_LIST = rf"(?P<said>{_QUOTED}(?:{_AND}{_QUOTED})*)"
_WORD = r"(?:the )?(?:words?|phrases?|terms?|expressions?)"
_ALWAYS = r"(?:please )?always (?:mention|include|say|add|use|name)"
_LIMIT = (
    r"(?:please )?(?:always )?(?:keep (?:it|them|everything|all|pieces|texts|posts|"
    r"answers) |write |stay |use |be )?(?:at most|under|below|within|up to|"
    r"max(?:imum)?(?: of)?|(?:no|not|never) (?:more|longer) than|fewer than|less than)"
)
_NEVER_MORE = r"never (?:use|write|exceed)(?: more than)?"
_COUNT = r"(?P<n>\d{1,5}) (?P<unit>words|characters|chars)"

_FORBIDS = re.compile(
    rf"{_NO} (?P<marks>(?:{_MARK})(?:{_AND}(?:{_MARK}))*)", re.IGNORECASE
)
_BANS = re.compile(rf"{_NO}(?: {_WORD})?:? {_LIST}", re.IGNORECASE)
_BANS_BARE = re.compile(
    rf"{_NO} {_WORD}:? (?P<said>[^\"\u201c]{{2,200}})", re.IGNORECASE
)
_ASKS = re.compile(rf"{_ALWAYS}(?: {_WORD})?:? {_LIST}", re.IGNORECASE)
_ENDS = re.compile(
    rf"(?:please )?always (?:end|close|sign off) with:? {_QUOTED}", re.IGNORECASE
)
_BEGINS = re.compile(
    rf"(?:please )?always (?:start|begin|open) with:? {_QUOTED}", re.IGNORECASE
)
_LENGTH = re.compile(rf"(?:{_LIMIT}|{_NEVER_MORE}) {_COUNT}", re.IGNORECASE)

_EDGES = re.compile(r"^[\s#*_>`-]+|[\s*_`]+$")
_SCRIPTS = {"Han": ("CJK",), "Japanese": ("HIRAGANA", "KATAKANA", "CJK")}
_TERM = 2
"""Words of a term that is named without quotation marks."""
_MOSTLY = 0.5
"""Names and terms stay Latin; a text mostly in the script is in the language."""


def check_of(statement: str) -> Passes | None:
    """The check of a rule, True when a text keeps it; None: code cannot tell."""
    said = statement.strip(" .!")
    for understands in (_marks, _banned, _asked, _edges, _length):
        if (found := understands(said)) is not None:
            return found
    return None


def script_of(language: Language) -> Passes:
    """Whether a text is in the language's script; of Latin ones, in no other."""
    if language.script == "Latin":
        return partial(_is_mostly, ("LATIN",), least=0.95)
    wanted = _SCRIPTS.get(language.script, (language.script.upper(),))
    return partial(_is_mostly, wanted, least=_MOSTLY)


def _marks(said: str) -> Passes | None:
    found = _FORBIDS.fullmatch(said)
    if found is None:
        return None
    named = [_mark(name) for name in re.split(_AND, found["marks"])]
    return lambda text: not any(mark.search(text) for mark in named)


def _mark(name: str) -> re.Pattern[str]:
    plain = name.casefold()
    for ending in ("", "s", "es"):
        if (found := MARKS.get(plain.removesuffix(ending))) is not None:
            return found
    raise KeyError(name)


def _banned(said: str) -> Passes | None:
    if found := _BANS.fullmatch(said):
        return _line("lacks", re.findall(_QUOTED, found["said"]))
    if found := _BANS_BARE.fullmatch(said):
        words = [word.strip() for word in re.split(_AND, found["said"])]
        # "never use words that sound cheap to them" is no list of words.
        is_list = all(len(word.split()) <= _TERM for word in words)
        return _line("lacks", words) if is_list else None
    return None


def _asked(said: str) -> Passes | None:
    found = _ASKS.fullmatch(said)
    return _line("mentions", re.findall(_QUOTED, found["said"])) if found else None


def _edges(said: str) -> Passes | None:
    if found := _ENDS.fullmatch(said):
        last = _bare(found[1])
        return lambda text: _bare(text).endswith(last)
    if found := _BEGINS.fullmatch(said):
        first = _bare(found[1])
        return lambda text: _bare(text).startswith(first)
    return None


def _length(said: str) -> Passes | None:
    found = _LENGTH.fullmatch(said)
    if found is None:
        return None
    name = "max-words" if found["unit"].casefold() == "words" else "max-chars"
    return _passes(Check(name, found["n"]))


def _line(name: str, phrases: Sequence[str]) -> Passes:
    return _passes(
        Check(name, "; ".join(phrase.replace(";", ",") for phrase in phrases))
    )


def _passes(check: Check) -> Passes:
    return lambda text: check.run(text) is Verdict.MET


def _bare(text: str) -> str:
    return _EDGES.sub("", text).casefold()


def _is_mostly(scripts: Sequence[str], text: str, *, least: float) -> bool:
    letters = [unicodedata.name(char, "").split()[0] for char in text if char.isalpha()]
    fitting = sum(name.startswith(tuple(scripts)) for name in letters)
    return not letters or fitting / len(letters) >= least
