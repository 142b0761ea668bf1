"""What Word knows and python-docx does not: shades, rules, numberings, directions.

Each element is put where the schema has its place; Word refuses a file otherwise.

Source: ECMA-376 part 1, 17.3.1 (paragraphs), 17.4 (tables), 17.9 (numbering).
"""

from typing import Any

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

SHADE = "F2F4F6"
_RULE = {"val": "single", "sz": "6", "space": "1", "color": "B8C0C7"}
_ORDER = (
    *("w:pStyle", "w:keepNext", "w:keepLines", "w:pageBreakBefore", "w:framePr"),
    *("w:widowControl", "w:numPr", "w:suppressLineNumbers", "w:pBdr", "w:shd"),
    *("w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct"),
    *("w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd"),
    *("w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment"),
    *("w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr"),
    *("w:sectPr", "w:pPrChange"),
)
"""What a paragraph's properties are, in the schema's order."""


def shade(place: Paragraph | _Cell) -> None:
    """Lay a light grey under a paragraph or a cell."""
    made = _element("w:shd", {"val": "clear", "color": "auto", "fill": SHADE})
    if isinstance(place, Paragraph):
        _put(place, made)
    else:
        place._tc.get_or_add_tcPr().append(made)  # noqa: SLF001 - behind its width


def rule(paragraph: Paragraph) -> None:
    """Draw a line across the page under a paragraph."""
    borders = OxmlElement("w:pBdr")
    borders.append(_element("w:bottom", _RULE))
    _put(paragraph, borders)


def right_to_left(paragraph: Paragraph) -> None:
    """Let a paragraph and its words run from right to left."""
    _put(paragraph, OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


def repeat_head(table: Table) -> None:
    """Let the head stand on every page that a table goes on to."""
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - it has no other door


def numbering(document: Document, style: str, start: int) -> int:
    """A numbering that counts anew from ``start``, as lists of ``style`` look."""
    known = document.styles[style].element.find(f".//{qn('w:numId')}")
    listed: Any = document.part.numbering_part.element
    abstract = listed.num_having_numId(int(known.get(qn("w:val")))).abstractNumId.val
    made = listed.add_num(abstract)
    made.add_lvlOverride(ilvl=0).add_startOverride(start)
    return int(made.numId)


def number(paragraph: Paragraph, numbering_id: int) -> None:
    """Count a paragraph by a numbering."""
    told: Any = paragraph._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001 - as above
    told.get_or_add_ilvl().val = 0
    told.get_or_add_numId().val = numbering_id


def link(paragraph: Paragraph, address: str) -> Any:
    """A link's element at a paragraph's end; its runs go into it."""
    kind = RELATIONSHIP_TYPE.HYPERLINK
    target = paragraph.part.relate_to(address, kind, is_external=True)
    made = OxmlElement("w:hyperlink")
    made.set(qn("r:id"), target)
    paragraph._p.append(made)  # noqa: SLF001 - as above
    return made


def _put(paragraph: Paragraph, made: Any) -> None:
    tag = made.tag.replace(f"{{{made.nsmap['w']}}}", "w:")
    later = _ORDER[_ORDER.index(tag) + 1 :]
    paragraph._p.get_or_add_pPr().insert_element_before(made, *later)  # noqa: SLF001 - as above


def _element(tag: str, facts: dict[str, str]) -> Any:
    made = OxmlElement(tag)
    for name, value in facts.items():
        made.set(qn(f"w:{name}"), value)
    return made
