"""Tables of text: comma, semicolon, tab or bar."""

import csv
import io

from agent.files.limits import ROWS_READ
from agent.files.readers import plain
from agent.files.readers.read import Budget, Read, counted, joined

_SEPARATORS = ",;\t|"
_FIELD = 1_000_000
"""Characters of a cell; in one that is longer a quotation mark was forgotten."""


def read(body: bytes) -> Read:
    """The first rows, a line each, and how many there are.

    Raises:
        Unusable: It is empty, or no text.
    """
    whole = plain.decoded(body)
    head = whole[:4096]
    separator = max(_SEPARATORS, key=head.count)
    csv.field_size_limit(_FIELD)
    rows = csv.reader(io.StringIO(whole.replace("\0", "")), delimiter=separator)
    budget, total, read_rows, has_room = Budget(), 0, 0, True
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            total += 1
            if has_room and total <= ROWS_READ:
                read_rows = total
                has_room = budget.take(joined(row))
    except csv.Error:
        return plain.of(whole)
    if not total:
        return plain.of("")
    left_out = read_rows < total
    note = f"I read the first {read_rows:,} of {total:,} rows." if left_out else ""
    return Read(budget.text, note, facts=counted(total, "row"))
