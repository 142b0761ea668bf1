"""Word documents: their paragraphs and tables.

Source: ECMA-376 part 1, 17 (WordprocessingML).
"""

import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from agent.files.limits import CHARACTERS
from agent.files.readers.read import Budget, Read, counted
from agent.files.readers.zips import opened, part
from agent.files.refusals import DAMAGED, Unusable

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MARKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n"}


class _Lines:
    """Paragraphs become lines; a table's cells stand side by side."""

    def __init__(self) -> None:
        self.budget = Budget()
        self._said: list[str] = []
        self._cells: list[str] = []
        self._in_cell = 0

    def starts(self, element: Element) -> bool:
        self._in_cell += element.tag == f"{_W}tc"
        return True

    def ends(self, element: Element) -> bool:
        tag, goes_on = element.tag, True
        if tag == f"{_W}t":
            self._said.append(element.text or "")
        elif tag in _MARKS:
            self._said.append(_MARKS[tag])
        elif tag == f"{_W}p":
            goes_on = self._paragraph(element)
        elif tag == f"{_W}tc":
            self._in_cell -= 1
            self._cells.append(self._words())
        elif tag == f"{_W}tr":
            goes_on = self.budget.take(" | ".join(self._cells))
            self._cells.clear()
        return goes_on

    def _paragraph(self, element: Element) -> bool:
        style = element.find(f"{_W}pPr/{_W}pStyle")
        named = style.get(f"{_W}val", "") if style is not None else ""
        element.clear()
        if self._in_cell:
            self._said.append(" ")
            return True
        words = self._words()
        return self.budget.take(f"\n# {words}" if "eading" in named else words)

    def _words(self) -> str:
        words = "".join(self._said).strip()
        self._said.clear()
        return words


def read(body: bytes) -> Read:
    """The document's words, a line a paragraph.

    Raises:
        Unusable: It is damaged, locked, or unpacks into too much.
    """
    lines, is_whole = _Lines(), True
    try:
        with opened(body) as archive, part(archive, "word/document.xml") as document:
            for event, element in iterparse(
                document, ("start", "end"), forbid_dtd=True
            ):
                take = lines.starts if event == "start" else lines.ends
                if not take(element):
                    is_whole = False
                    break
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error, EOFError):
        raise Unusable(DAMAGED) from None
    text = lines.budget.text
    note = "" if is_whole else f"I read the first {len(text):,} characters."
    return Read(text[:CHARACTERS], note, facts=counted(len(text.split()), "word"))
