"""What Markdown looks like from outside: tables, lists, paragraphs, marks. Counted."""

import json
import re

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


def longest_item(text: str) -> int:
    """Words of the longest list item."""
    return max((len(item.split()) for item in _ITEM.findall(text)), default=0)


def longest_paragraph(text: str) -> int:
    """Words of the longest paragraph of prose: no list, table, quote or code."""
    plain = _FENCE.sub("", text)
    return max(
        (
            len(part.split())
            for part in re.split(r"\n\s*\n", plain)
            if not _NO_PROSE.match(part)
        ),
        default=0,
    )


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
