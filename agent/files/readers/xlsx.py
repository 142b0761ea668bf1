"""Excel workbooks: every sheet's rows, as they were last calculated."""

import io
import zipfile
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from agent.files.limits import ROWS_READ
from agent.files.readers.read import Budget, Read, counted, joined
from agent.files.readers.zips import opened
from agent.files.refusals import DAMAGED, Unusable


def read(body: bytes) -> Read:
    """The first rows, a line each, under their sheets' names.

    Raises:
        Unusable: It is damaged, locked, or unpacks into too much.
    """
    opened(body).close()
    try:
        book = load_workbook(
            io.BytesIO(body), read_only=True, data_only=True, keep_links=False
        )
        return _rows(book)
    except (
        *(InvalidFileException, ParseError, DefusedXmlException),
        *(zipfile.BadZipFile, KeyError, ValueError, TypeError),
    ):
        raise Unusable(DAMAGED) from None


def _rows(book: Any) -> Read:
    budget, rows, has_room = Budget(), 0, True
    for sheet in book.worksheets:
        # What it says of its own size may be a lie.
        sheet.reset_dimensions()
        has_room = has_room and budget.take(f"\n## Sheet: {sheet.title}")
        for row in sheet.iter_rows(values_only=True) if has_room else ():
            if not (line := joined(row)):
                continue
            rows += 1
            has_room = budget.take(line) and rows < ROWS_READ
            if not has_room:
                break
    note = "" if has_room else f"I read the first {counted(rows, 'row')}."
    sheets = counted(len(book.worksheets), "sheet")
    return Read(budget.text, note, facts=f"{sheets}, {counted(rows, 'row')} read")
