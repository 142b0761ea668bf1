"""What may be wrong with a skill from elsewhere, found by reading it; nothing is run.

A finding is no proof: it is what an admin reads before they turn the skill on. Also
where nothing is found, such a skill has no right of its own, see ``versions.guest``.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

_HIDDEN = frozenset(
    (
        *(*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)),
        *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164),
        0xFEFF,
    )
)
_TAGS = range(0xE0000, 0xE0200)
"""Letters that no screen shows: whole sentences have been hidden in them."""
_JOINED = frozenset({0x200C, 0x200D})
"""Join letters of Indic and Arabic scripts, and emoji: hidden only elsewhere."""


class Verdict(StrEnum):
    """How grave a finding is."""

    NOTE = "note"
    """Left out or changed, and said."""
    WARN = "warn"
    """To be read by a person."""
    BAD = "bad"
    """No honest skill needs this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    check: str
    path: str
    verdict: Verdict
    detail: str
    """For a person; of what the skill says, a few words in quotes."""

    def row(self) -> dict[str, str]:
        """As ``skill_versions.scan`` has it."""
        return {
            "check": self.check,
            "path": self.path,
            "verdict": self.verdict.value,
            "detail": self.detail,
        }


_IGNORE = (
    r"(?i)\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|"
    r"above|earlier|all|any|other|system|base|safety)\b[^.\n]{0,30}\b(?:instructions?|rules?|"
    r"prompts?|polic(?:y|ies)|guidelines?|guardrails?)\b"
)
_REVEAL = (
    r"(?i)\b(?:reveal|print|output|repeat|show (?:me |us )?(?:your|the)|send|include|"
    r"leak|dump|tell|append|"
    r"exfiltrate)\b[^.\n]{0,60}\b(?:system prompts?|api[ _-]?keys?|passwords?|secrets?|"
    r"credentials?|access tokens?|env(?:ironment)? variables?|\.env)\b"
)
_ROLE = (
    r"(?i)\byou are (?:now|no longer)\b|\bdeveloper mode\b|\bjailbreak|\bact as "
    r"(?:an? )?(?:admin|root|system)\b|\bdo not (?:tell|inform|mention (?:this )?to) "
    r"the (?:user|person|human)\b|\bwithout (?:telling|asking|informing) the "
    r"(?:user|person)\b"
)
_SENDS = (
    r"(?i)\b(?:post|send|upload|forward|transmit|submit|curl|wget|fetch)\b[^\n]{0,80}"
    r"(?:https?://|webhook|[\w.]+@[\w-]+\.\w+)"
)

_LOOKED_FOR: tuple[tuple[str, Verdict, str, str], ...] = (
    ("overrides", Verdict.BAD, _IGNORE, "It would set rules aside"),
    ("secrets", Verdict.BAD, _REVEAL, "It asks for secrets"),
    ("role", Verdict.BAD, _ROLE, "It changes who speaks"),
    ("sends", Verdict.BAD, _SENDS, "It sends something out"),
    (
        "picture",
        Verdict.BAD,
        r"(?i)!\[[^\]]*\]\(\s*https?://[^)]*[{<$?][^)]*\)",
        "A picture's address would carry words out",
    ),
    (
        "marks",
        Verdict.BAD,
        r"(?i)</?\s*(?:outside|client_profile|system|assistant)\b",
        "It imitates our own marks",
    ),
    (
        "comment",
        Verdict.WARN,
        r"(?s)<!--.{0,200}?(?:-->|$)",
        "A comment that readers do not see",
    ),
    (
        "link out",
        Verdict.WARN,
        r"(?i)\]\(\s*(?:\.\./|/|file:|[a-z]:\\)[^)]*\)|\.\./\.\.",
        "A link out of its folder",
    ),
    ("link", Verdict.WARN, r"(?i)https?://[^\s)>\"']+", "A link"),
    (
        "blob",
        Verdict.WARN,
        r"[A-Za-z0-9+/]{160,}={0,2}",
        "A long string that nobody can read",
    ),
    (
        "runs",
        Verdict.NOTE,
        r"(?im)^```(?:bash|sh|zsh|shell|python|js|javascript|ruby)\b",
        "Code; it is never run here",
    ),
)
_TEXTS = [
    (check, verdict, re.compile(pattern), detail)
    for check, verdict, pattern, detail in _LOOKED_FOR
]
_MOST_EACH = 3


def scan(texts: Mapping[str, str]) -> list[Finding]:
    """Everything found in ``texts`` (path -> text), the gravest first."""
    found = [
        finding
        for path, text in sorted(texts.items())
        for finding in (*_hidden(path, text), *_said(path, text))
    ]
    rank = [Verdict.BAD, Verdict.WARN, Verdict.NOTE]
    return sorted(found, key=lambda one: rank.index(one.verdict))


def _said(path: str, text: str) -> Iterator[Finding]:
    # As it looks to a model: letters of other shapes and hidden ones do not help.
    plain = "".join(
        char for char in unicodedata.normalize("NFKC", text) if not _is_hidden(char)
    )
    for check, verdict, pattern, detail in _TEXTS:
        for number, found in enumerate(pattern.finditer(plain)):
            if number == _MOST_EACH:
                break
            words = " ".join(found[0].split())[:80]
            yield Finding(check, path, verdict, f'{detail}: "{words}"')


def _hidden(path: str, text: str) -> Iterator[Finding]:
    hidden = [char for at, char in enumerate(text) if _is_out_of_place(text, at)]
    if not hidden:
        return
    tags = "".join(chr(ord(c) - 0xE0000) for c in hidden if ord(c) in _TAGS)
    told = f', which say "{tags[:80]}"' if tags.strip("\x00\x01") else ""
    detail = f"{len(hidden)} characters that no screen shows{told}"
    is_grave = bool(tags) or any("\u202a" <= c <= "\u202e" for c in hidden)
    verdict = Verdict.BAD if is_grave else Verdict.WARN
    yield Finding("hidden", path, verdict, detail)


def _is_hidden(char: str) -> bool:
    return ord(char) in _HIDDEN or ord(char) in _TAGS


def _is_out_of_place(text: str, at: int) -> bool:
    char = text[at]
    if not _is_hidden(char):
        return False
    # Between letters of such a script, or parts of an emoji, a joiner is spelling.
    beside = text[at - 1 : at]
    return ord(char) not in _JOINED or beside.isascii()
