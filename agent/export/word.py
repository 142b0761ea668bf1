"""A piece as a Word document: real headings, lists, tables, links and code.

Source: ECMA-376 part 1 (WordprocessingML).
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime
from unicodedata import bidirectional

from docx import Document
from docx.document import Document as Written
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from markdown_it.tree import SyntaxTreeNode

from agent.export import parts, spans
from agent.export.reading import attribute, legible, tree, words

DEEPEST_LIST = 3
"""Levels for which Word brings styles."""

_ALIGNED = {
    "text-align:center": WD_ALIGN_PARAGRAPH.CENTER,
    "text-align:right": WD_ALIGN_PARAGRAPH.RIGHT,
}


@dataclass(frozen=True, slots=True)
class _At:
    """Where a block goes."""

    place: "Written | _Cell"
    style: str = "Normal"
    depth: int = 0
    """Lists around it."""
    number: int | None = None
    """The numbering of its list; None: bullets, or no list."""


def render(markdown: str, title: str, made_at: datetime) -> bytes:
    """The piece as the bytes of a .docx; ``made_at`` is what its properties say."""
    document = Document()
    _set_up(document, " ".join(legible(title).split()), made_at)
    writer = _Writer(document)
    for node in tree(markdown).children:
        writer.block(node, _At(document))
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def _set_up(document: Written, title: str, made_at: datetime) -> None:
    facts = document.core_properties
    facts.title, facts.author, facts.comments = title[:255], "Draper", ""
    facts.created = facts.modified = made_at.replace(tzinfo=None)
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)  # noqa: S101 - of Word's own template
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(8)
    for section in document.sections:
        section.left_margin = section.right_margin = Cm(2.5)


class _Writer:
    """One document being written, block by block."""

    def __init__(self, document: Written) -> None:
        self._document = document

    def block(self, node: SyntaxTreeNode, at: _At) -> None:
        """Write one block, and what is in it."""
        match node.type:
            case "heading":
                level = min(int(node.tag[1:]), 9)
                self._words(node, replace(at, style=f"Heading {level}"))
            case "paragraph":
                self._words(node, at)
            case "bullet_list" | "ordered_list":
                self._list(node, at)
            case "fence" | "code_block":
                self._code(node, at)
            case "table":
                self._table(node, at)
            case "hr":
                parts.rule(self._paragraph(at))
            case "blockquote":
                self._within(node, replace(at, style="Quote"))
            case _:
                self._within(node, at)

    def _within(self, node: SyntaxTreeNode, at: _At) -> None:
        for child in node.children:
            self.block(child, at)

    def _paragraph(self, at: _At) -> Paragraph:
        return at.place.add_paragraph(style=at.style)

    def _words(self, node: SyntaxTreeNode, at: _At) -> None:
        paragraph = self._paragraph(at)
        spans.write(paragraph, node)
        if at.number is not None:
            parts.number(paragraph, at.number)
        _direct(paragraph, words(node))

    def _list(self, node: SyntaxTreeNode, at: _At) -> None:
        depth = at.depth + 1
        is_numbered = node.type == "ordered_list"
        start = int(attribute(node, "start") or 1)
        name = "List Number" if is_numbered else "List Bullet"
        style = _of_depth(name, depth)
        number = None
        if is_numbered:
            number = parts.numbering(self._document, style, start)
        rest = _At(at.place, _of_depth("List Continue", depth), depth)
        for item in node.children:
            first, *more = item.children or (None,)
            if first is not None and first.type == "paragraph":
                self.block(first, replace(rest, style=style, number=number))
            elif first is not None:
                more = [first, *more]
            for block in more:
                self.block(block, rest)

    def _code(self, node: SyntaxTreeNode, at: _At) -> None:
        paragraph = self._paragraph(replace(at, style="No Spacing"))
        paragraph.paragraph_format.space_after = Pt(8)
        for number, line in enumerate(node.content.rstrip("\n").split("\n")):
            run = paragraph.add_run()
            if number:
                run.add_break()
            run.add_text(line)
            run.font.name, run.font.size = spans.MONO, Pt(9.5)
        parts.shade(paragraph)

    def _table(self, node: SyntaxTreeNode, at: _At) -> None:
        rows = [one for one in node.walk() if one.type == "tr"]
        columns = max((len(row.children) for row in rows), default=0)
        if not columns:
            return
        table = _new_table(at.place, len(rows), columns)
        for number, row in enumerate(rows):
            for cell, said in zip(table.rows[number].cells, row.children, strict=False):
                _fill(cell, said, is_head=number == 0)
        parts.repeat_head(table)
        at.place.add_paragraph().paragraph_format.space_after = Pt(4)


def _of_depth(style: str, depth: int) -> str:
    return style if depth == 1 else f"{style} {min(depth, DEEPEST_LIST)}"


def _new_table(place: "Written | _Cell", rows: int, columns: int) -> Table:
    table = place.add_table(rows, columns)
    table.style = "Table Grid"
    return table


def _fill(cell: _Cell, said: SyntaxTreeNode, *, is_head: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.alignment = _ALIGNED.get(attribute(said, "style"))
    spans.write(paragraph, said, is_bold=is_head)
    _direct(paragraph, words(said))
    if is_head:
        parts.shade(cell)


def _direct(paragraph: Paragraph, said: str) -> None:
    """Right to left, where the first letter that has a direction says so."""
    sides = (bidirectional(letter) for letter in said)
    if next((side for side in sides if side in {"L", "R", "AL"}), "L") != "L":
        parts.right_to_left(paragraph)
