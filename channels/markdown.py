"""The Markdown we read: CommonMark with tables, in which no word can hide. Pure."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from channels.outside import clean

DEEPEST = 100
"""Blocks within blocks; what lies deeper a reader must show as it was written."""
_SAYS_MORE = re.compile(r"(?:```|~~~)[^\n]*[ \t]\S")
_PRIVATE = dict.fromkeys(range(0xFDD0, 0xFDF0))
WEB = frozenset({"http", "https", "mailto"})
"""Where a link may lead at any door."""


def reader(*, inline: bool = True) -> MarkdownIt:
    """A parser of our dialect; without ``inline`` it tells blocks apart, and is fast.

    HTML is text in it. So is ``[Headline]: Calm``, which would define a link, and be
    shown nowhere: people write that far more often than such links.
    """
    options = {"html": False, "maxNesting": DEEPEST}
    made = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    return made.disable(["reference"] if inline else ["reference", "inline"])


def legible(text: str) -> str:
    """The text as every door can take it: whole characters, one kind of line end.

    What Unicode keeps for use inside programs is taken out: doors use it themselves.
    """
    return re.sub(r"\r\n?", "\n", clean(text)).translate(_PRIVATE)


def is_too_deep(tokens: Sequence[Token]) -> bool:
    """Whether the parser may have left something out for lying too deep."""
    return any(token.level >= DEEPEST - 1 for token in tokens)


def with_info(markdown: str) -> str:
    """The text, with what stands behind a fence's signs below them, to be shown.

    But for a language right behind the signs.
    """
    if not _SAYS_MORE.search(markdown):
        return markdown
    lines = markdown.split("\n")
    for token in _BLOCKS.parse(markdown):
        if token.type == "fence" and token.map:
            first = token.map[0]
            lines[first] = _info_below(lines[first], token.markup)
    return "\n".join(lines)


def _info_below(line: str, signs: str) -> str:
    before, _, info = line.partition(signs)
    language = "" if info[:1].isspace() else "".join(info.split(maxsplit=1)[:1])
    rest = info.removeprefix(language).strip()
    prefix = re.sub(r"[^>\s]", " ", before)
    return f"{before}{signs}{language}\n{prefix}{rest}" if rest else line


def leads_somewhere(address: str) -> bool:
    """Whether it is a full web or mail address, which is all a link may have."""
    try:
        return urlsplit(address).scheme in WEB
    except ValueError:
        return False


def words(inline: Sequence[Token]) -> str:
    """What a line says without its marks; a link's address stands behind its label."""
    return "".join(_said(inline))


def _said(inline: Sequence[Token]) -> Iterator[str]:
    label, address = "", None
    for token in inline:
        said = _one(token)
        if token.type == "link_open":
            label, address = "", str(token.attrs.get("href", ""))
        elif token.type == "link_close" and address is not None:
            yield _addressed(label, address)
            address = None
        elif address is not None:
            label += said
        else:
            yield said


def _one(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type == "image":
        return _addressed(words(token.children or []), str(token.attrs.get("src", "")))
    return token.content


def _addressed(label: str, address: str) -> str:
    bare = address.removeprefix("mailto:")
    if not label.strip():
        return bare
    return label if not bare or bare in label else f"{label} ({bare})"


_BLOCKS = reader(inline=False)
