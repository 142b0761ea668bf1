"""The Markdown of pieces as a tree: CommonMark with tables, in which HTML is text."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

DEEPEST = 100
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
"""Where a link in a file may lead."""

# What XML, and so Word, cannot hold; elsewhere nobody sees it either.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def reader(*, breaks: bool = True) -> MarkdownIt:
    """A parser of what pieces are written in; line ends within a paragraph are kept."""
    options = {
        "html": False,
        "linkify": True,
        "breaks": breaks,
        "maxNesting": DEEPEST,
    }
    made = MarkdownIt("commonmark", options)
    made.enable(["table", "strikethrough", "linkify"]).disable("reference")
    # A bare word with a dot is more often a file than an address.
    assert made.linkify is not None  # noqa: S101 - it was asked for
    made.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return made


def legible(text: str) -> str:
    """The text without letters that no file can hold, its line ends all alike."""
    return _UNSEEN.sub("", re.sub(r"\r\n?", "\n", text))


def tree(markdown: str) -> SyntaxTreeNode:
    """The piece as a tree of blocks."""
    return SyntaxTreeNode(reader().parse(legible(markdown)))


def leads(address: str) -> bool:
    """Whether a link may lead there."""
    try:
        return urlsplit(address).scheme in SCHEMES
    except ValueError:
        return False


def words(node: SyntaxTreeNode) -> str:
    """What a node says, without its marks."""
    return "".join(_words(node))


def first_table(markdown: str) -> tuple[tuple[str, ...], ...]:
    """The first table's rows, the head first; none where there is no table."""
    found = next((one for one in tree(markdown).walk() if one.type == "table"), None)
    if found is None:
        return ()
    rows = (one for one in found.walk() if one.type == "tr")
    return tuple(tuple(words(cell) for cell in row.children) for row in rows)


def has_table(markdown: str) -> bool:
    """Whether there is a table in it."""
    return "|" in markdown and bool(first_table(markdown))


def attribute(node: SyntaxTreeNode, name: str) -> str:
    """An attribute of a node; empty where it has none."""
    found: Mapping[str, object] = node.attrs
    return str(found.get(name, ""))


def _words(node: SyntaxTreeNode) -> Iterator[str]:
    if node.type in {"softbreak", "hardbreak"}:
        yield "\n"
    elif node.type in {"text", "code_inline", "fence", "code_block"}:
        yield node.content
    else:
        for child in node.children:
            yield from _words(child)
