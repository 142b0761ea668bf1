"""Slack's rules for table blocks, and what a person reads in one.

Source: docs.slack.dev/reference/block-kit/blocks/table-block; its refusals also want
text in every cell, 10,000 characters together, and one table a message.
"""

from collections.abc import Iterator

from tests.standins.slack.state import Json

STYLES = {"bold", "italic", "strike", "code"}
ALIGNS = {"left", "center", "right"}


def faults_of_tables(tables: list[Json]) -> list[str]:
    """Every rule the tables of one message break."""
    found = [fault for table in tables for fault in _faults(table)]
    if len(tables) > 1:
        found.append("[ERROR] only_one_table_allowed")
    if sum(len(words(table)) for table in tables) > 10_000:
        found.append("[ERROR] no more than 10000 characters in tables")
    return found


def words(table: Json) -> str:
    """What stands in the cells, a row a line."""
    return "\n".join("\t".join(map(_said, row)) for row in table["rows"])


def addresses(table: Json) -> list[str]:
    return [part["url"] for row in table["rows"] for c in row for part in _links(c)]


def _links(cell: Json) -> list[Json]:
    sections = cell.get("elements", [])
    return [one for part in sections for one in part["elements"] if "url" in one]


def _said(cell: Json) -> str:
    if cell["type"] == "raw_text":
        return str(cell["text"])
    return "".join(one["text"] for part in cell["elements"] for one in part["elements"])


def _faults(table: Json) -> Iterator[str]:
    rows = table.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
        yield "[ERROR] a table has 1 to 100 rows"
        return
    if set(table) - {"type", "rows", "column_settings", "block_id"}:
        yield "[ERROR] unknown field in a table"
    columns = table.get("column_settings", [])
    if len(columns) > 20 or any(c.get("align") not in ALIGNS for c in columns):
        yield "[ERROR] column_settings is malformed"
    for row in rows:
        if not 1 <= len(row) <= 20 or len(row) != len(rows[0]):
            yield "[ERROR] a row has 1 to 20 cells, as many as the others"
        for cell in row:
            yield from _cell_faults(cell)


def _cell_faults(cell: Json) -> Iterator[str]:
    match cell:
        case {"type": "raw_text", "text": str(text), **rest} if not rest:
            yield from [] if text else ["[ERROR] must be more than 0 characters"]
        case {"type": "rich_text", "elements": [*sections], **rest} if not rest:
            for section in sections:
                yield from _section_faults(section)
        case _:
            yield "[ERROR] a cell is raw_text or rich_text"


def _section_faults(section: Json) -> Iterator[str]:
    if section.get("type") != "rich_text_section" or not section.get("elements"):
        yield "[ERROR] missing element"
        return
    for one in section["elements"]:
        if one.get("type") not in {"text", "link"} or not one.get("text"):
            yield "[ERROR] must be more than 0 characters"
        if one["type"] == "link" and "://" not in one["url"].replace("mailto:", "://"):
            yield "[ERROR] invalid url"
        if set(one.get("style", {})) - STYLES:
            yield "[ERROR] unknown style"
