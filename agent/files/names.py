"""File names that are safe to keep, to show and to put into a header."""

import re
import unicodedata

LONGEST = 80
"""Characters."""

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories that show nothing: controls, marks of direction, lone halves."""
_FORBIDDEN = re.compile(r'[<>:"|?*`]+')
_SPACES = re.compile(r"\s+")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def clean_name(given: str, suffix: str, otherwise: str = "file") -> str:
    """The last part of a path, of characters that can be seen, ending in ``suffix``.

    What only looks like an ending goes: ``gpj.exe`` written backwards shows as what it
    is, and ``report.pdf`` that is a picture is kept as ``report.png``.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    seen = "".join(" " if ch in "\t\n\r" else ch for ch in last if _is_seen(ch))
    tidy = _SPACES.sub(" ", _FORBIDDEN.sub("_", seen)).strip(" .-_")
    stem = _SUFFIX.sub("", tidy).strip(" .") if _ends_in_one(tidy, suffix) else tidy
    return f"{(stem or otherwise)[: LONGEST - len(suffix)].rstrip(' .')}{suffix}"


def suffix_of(name: str) -> str:
    """``.pdf``, in small letters; empty where the name has no such ending."""
    found = _SUFFIX.search(name.strip())
    return found.group().lower() if found else ""


def _ends_in_one(name: str, suffix: str) -> bool:
    # "Offer 2.0" has no ending, though it looks like it.
    return bool(suffix) and bool(re.search(r"\.[A-Za-z][A-Za-z0-9]{1,7}$", name))


def _is_seen(character: str) -> bool:
    if character in "\t\n\r":
        return True
    return unicodedata.category(character) not in _UNSEEN
