"""The Markdown we read: CommonMark with tables, in which no word can hide. Pure."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from channels.outside import clean

DEEPEST = 100
"""Blocks within blocks; what lies deeper a reader must show as it was written."""
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
    if inline:
        made.core.ruler.push("say_info", _say_info)
    return made.disable(["reference"] if inline else ["reference", "inline"])


def legible(text: str) -> str:
    """The text as every door can take it: whole characters, one kind of line end.

    What Unicode keeps for use inside programs is taken out: doors use it themselves.
    """
    return re.sub(r"\r\n?", "\n", clean(text)).translate(_PRIVATE)


def is_too_deep(tokens: Sequence[Token]) -> bool:
    """Whether the parser may have left something out for lying too deep."""
    return any(token.level >= DEEPEST - 1 for token in tokens)


def leads_somewhere(address: str) -> bool:
    """Whether it is a full web or mail address, which is all a link may have."""
    try:
        return urlsplit(address).scheme in WEB
    except ValueError:
        return False


def _say_info(state: StateCore) -> None:
    """What stands behind a fence's signs is shown, but for a language right there."""
    for token in state.tokens:
        if token.type == "fence" and (info := token.info.rstrip()):
            language = "" if info[0].isspace() else info.split(maxsplit=1)[0]
            rest = info.removeprefix(language).strip()
            token.info = language
            token.content = f"{rest}\n{token.content}" if rest else token.content


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
