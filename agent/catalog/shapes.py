"""What Markdown looks like from outside: tables, lists, paragraphs, marks. Counted."""

import json
import re

from agent.catalog.folding import tokens

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(\S.*)$", re.MULTILINE)
_ROW = re.compile(r"^\s*\|(.+)\|\s*$", re.MULTILINE)
_RULER = re.compile(r"^[\s:|-]+$")
_FENCE = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(r"^\s*(?:#{1,6}\s|\||[-*+]\s|\d+[.)]\s|>|```)")
_HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w*[^\W\d_])\w+")
_LINK = re.compile(r"https?://|\]\(")
_EMOJI = re.compile(
    "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]"
)


def sections(text: str, heading: str) -> list[tuple[str, str]]:
    """Each heading that begins with ``heading``, and the text to the next one."""
    marks = list(_HEADING.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    wanted = tokens(heading)
    return [
        (mark[1], text[mark.end() : end])
        for mark, end in zip(marks, ends, strict=True)
        if tokens(mark[1])[: len(wanted)] == wanted
    ]


def place(text: str, heading: str) -> int:
    """Which heading of the text is the first that begins with ``heading``; else -1."""
    wanted = tokens(heading)
    said = (tokens(mark[1]) for mark in _HEADING.finditer(text))
    fits = (at for at, words in enumerate(said) if words[: len(wanted)] == wanted)
    return next(fits, -1)


def items(text: str) -> list[str]:
    """The items of its lists, each without its mark."""
    return _ITEM.findall(text)


def paragraphs(text: str) -> list[str]:
    """Its paragraphs of prose: no list, table, quote or code."""
    plain = _FENCE.sub("", text)
    parts = re.split(r"\n\s*\n", plain)
    return [part for part in parts if not _NO_PROSE.match(part)]


def rows(text: str) -> list[str]:
    """The rows of the tables, without headers and rulers."""
    lines = _ROW.findall(text)
    rulers = [at for at, line in enumerate(lines) if _RULER.match(line)]
    heads = {at - 1 for at in rulers}
    return [
        line
        for at, line in enumerate(lines)
        if at not in heads and not _RULER.match(line)
    ]


def header(text: str) -> str:
    """The head of the first table; empty without one."""
    first = _ROW.search(text)
    return first[1] if first else ""


def hashtags(text: str) -> int:
    """How many words are marked with ``#``; numbers ("#12") are none."""
    return len(_HASHTAG.findall(text))


def emoji(text: str) -> int:
    """How many pictographs."""
    return len(_EMOJI.findall(text))


def links(text: str) -> int:
    """How many links, named or bare."""
    bare = re.sub(r"\]\(\s*https?://", "](", text)
    return len(_LINK.findall(bare))


def has_block(text: str, language: str) -> bool:
    """Whether there are fenced blocks of ``language``; JSON must be sound, too."""
    found = [body for name, body in _FENCE.findall(text) if name == language]
    if language == "json":
        return bool(found) and all(map(_is_json, found))
    return bool(found)


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
