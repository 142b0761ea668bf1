"""Words within a paragraph of a Word document: bold, italic, code, links."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from docx.shared import RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from markdown_it.tree import SyntaxTreeNode

from agent.export import parts
from agent.export.reading import attribute, leads, words

MONO = "Consolas"
_LINK = RGBColor(0x0B, 0x5C, 0xAD)


@dataclass(frozen=True, slots=True)
class _Look:
    """How words look."""

    marks: frozenset[str] = field(default_factory=frozenset)
    """``strong``, ``em``, ``s``, ``code_inline``."""
    address: str = ""
    """Where they lead."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Words that look alike; a line break where there are none."""

    text: str
    look: _Look


def write(paragraph: Paragraph, node: SyntaxTreeNode, *, is_bold: bool = False) -> None:
    """Write what a block says into a paragraph."""
    look = _Look(frozenset({"strong"} if is_bold else ()))
    for span in _spans(node, look):
        run = paragraph.add_run()
        if span.text:
            run.add_text(span.text)
        else:
            run.add_break()
        _show(run, span.look)
        if span.look.address:
            parts.link(paragraph, span.look.address).append(run._r)  # noqa: SLF001 - it has no other door


def _spans(node: SyntaxTreeNode, look: _Look) -> Iterator[_Span]:
    match node.type:
        case "softbreak" | "hardbreak":
            yield _Span("", look)
        case "text":
            if node.content:
                yield _Span(node.content, look)
        case "code_inline":
            marks = look.marks | {"code_inline"}
            yield _Span(node.content, replace(look, marks=marks))
        case "link" | "image":
            yield from _linked(node, look)
        case _:
            inner = replace(look, marks=look.marks | {node.type})
            for child in node.children:
                yield from _spans(child, inner)


def _linked(node: SyntaxTreeNode, look: _Look) -> Iterator[_Span]:
    address = attribute(node, "href" if node.type == "link" else "src")
    if leads(address):
        look = replace(look, address=address)
    if node.type == "link" and words(node).strip():
        for child in node.children:
            yield from _spans(child, look)
        return
    said = node.content if node.type == "image" else ""
    yield _Span(said or address or "…", look)


def _show(run: Run, look: _Look) -> None:
    run.bold = True if "strong" in look.marks else None
    run.italic = True if "em" in look.marks else None
    if "s" in look.marks:
        run.font.strike = True
    if "code_inline" in look.marks:
        run.font.name = MONO
    if look.address:
        run.font.underline, run.font.color.rgb = True, _LINK
