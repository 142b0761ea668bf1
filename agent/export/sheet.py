"""Rows as CSV that a spreadsheet opens as they are meant."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for an older code page."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take them, too

Cell = str | int | float


def render(rows: Iterable[Sequence[Cell]]) -> str:
    """The rows, the head first; what a spreadsheet would take for a formula is text.

    Source: RFC 4180; owasp.org/www-community/attacks/CSV_Injection
    """
    sheet = io.StringIO(newline="")
    csv.writer(sheet).writerows([list(map(_cell, row)) for row in rows])
    return BOM + sheet.getvalue()


def _cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    said = value.replace("\x00", "")
    return f"'{said}" if said.lstrip(" ").startswith(_FORMULA) else said
