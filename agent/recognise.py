"""Telling keys from words in what people write. Pure.

Keys are looked for before anything is kept, so this runs on every message: each
pattern is linear, and each begins with what only such keys begin with.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

REMOVED = "[key removed]"

_PATTERNS: tuple[tuple[str, str], ...] = (
    # A pasted key may be wrapped: its next line is one word with a digit in it.
    (
        "anthropic",
        r"\bsk-ant-[\w-]{4,}(?:[ \t]*\r?\n[ \t]*(?!sk-)(?=[A-Za-z_-]*\d)[\w-]{8,})*",
    ),
    ("openai", r"\bsk-(?!ant-)[\w-]{20,}"),
    ("slack", r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-[\w-]{8,}"),
    ("telegram", r"\b\d{6,12}:[\w-]{30,}"),
    ("aws", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("gemini", r"\bAIza[\w-]{35}"),
    ("github", r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{30,}"),
    ("draper", r"\bdk_[\w-]{20,}"),
    ("resend", r"\bre_[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),
    ("sendgrid", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    ("stripe", r"\b(?:sk|rk)_(?:live|test)_\w{16,}"),
    (
        "private",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*KEY-----|\Z)",
    ),
)
KNOWN = frozenset(name for name, _ in _PATTERNS)
"""Whose keys can be told by their looks."""

_SECRETS = re.compile("|".join(f"(?P<{name}>{how})" for name, how in _PATTERNS))

_ALONE = re.compile(r"(?=[^\s/:]*\d)(?=[^\s/:]*[A-Za-z])[A-Za-z0-9_\-.+=~]{20,512}")
_BEGINS = re.compile(r"sk-[\w-]{6,}|xox[a-z]-|AIza|SG\.|gh[pousr]_|dk_")
_WHOLE = {"anthropic": 24, "openai": 23}
"""Characters below which a key that begins like this was not copied whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """A key in a text: whose it looks like, itself, and where it stands."""

    provider: str
    """Who gives out such keys; empty where that cannot be told."""
    secret: str
    start: int
    end: int

    @property
    def is_whole(self) -> bool:
        """Whether it is as long as keys of its kind are."""
        return len(self.secret) >= _WHOLE.get(self.provider, 0)


def find(text: str) -> list[Found]:
    """The keys in ``text``, in order."""
    joined = _joined(text)
    if joined is not None:
        return [joined]
    return [
        Found(str(one.lastgroup), _unwrapped(one), one.start(), one.end())
        for one in _SECRETS.finditer(text)
    ]


def suspect(text: str) -> Found | None:
    """The whole message as one key, should it look like nothing else.

    A key nobody has a pattern for: one long word of letters and digits.
    """
    word = text.strip()
    if not _ALONE.fullmatch(word):
        return None
    start = text.index(word)
    return Found("", word, start, start + len(word))


def holds(text: str) -> bool:
    """Whether a key is in ``text``."""
    return _SECRETS.search(text) is not None


def redact(text: str) -> str:
    """The text without keys and tokens, which are never kept."""
    return without(text, find(text))


def without(text: str, found: Iterable[Found]) -> str:
    """The text with these keys taken out."""
    kept, at = [], 0
    for one in found:
        kept += [text[at : one.start], REMOVED]
        at = one.end
    return "".join([*kept, text[at:]])


def hint(secret: str) -> str:
    """The last four characters, by which people know their keys apart."""
    return secret[-4:] if len(secret) >= 12 else ""  # noqa: PLR2004 - else it tells too much


def _joined(text: str) -> Found | None:
    """The one key that a message of nothing else is, broken by blanks."""
    word = "".join(text.split())
    if word == text.strip() or not _BEGINS.match(word) or len(word) > 512:  # noqa: PLR2004
        return None
    parts = text.split()
    # Words of a sentence have no digits in most of them; pieces of a key do.
    if sum(any(c.isdigit() for c in part) for part in parts) * 2 < len(parts):
        return None
    whole = _SECRETS.fullmatch(word)
    if whole is None or len(_SECRETS.findall(text)) > 1:
        return None
    return Found(str(whole.lastgroup), word, 0, len(text))


def _unwrapped(one: "re.Match[str]") -> str:
    if one.lastgroup == "private":
        return one[0]
    return "".join(one[0].split())
