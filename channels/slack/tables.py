"""Tables as Slack's own table block, where they fit one. Pure.

Source: docs.slack.dev/reference/block-kit/blocks/table-block; that cells may not be
empty and hold 10,000 characters together is said by its refusals alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it.token import Token

from channels.markdown import leads_somewhere, reader, words
from channels.slack.markup import quiet
from channels.tables import Table

ROWS, COLUMNS, CHARACTERS = 100, 20, 10_000
EMPTY = " "
_INLINE = reader()
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}

Json = dict[str, Any]


def block(table: Table) -> Json | None:
    """The table as a block; None where Slack could not hold it. One fits a message."""
    if len(table.rows) > ROWS or len(table.aligns) > COLUMNS:
        return None
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    if sum(_length(cell) for row in rows for cell in row) > CHARACTERS:
        return None
    columns = [{"align": align, "is_wrapped": True} for align in table.aligns]
    return {"type": "table", "rows": rows, "column_settings": columns}


def _cell(markdown: str) -> Json:
    inline = _INLINE.parseInline(markdown)[0].children or []
    if all(token.type == "text" for token in inline):
        return {"type": "raw_text", "text": quiet(words(inline)).strip() or EMPTY}
    elements = list(_elements(inline))
    said = elements or [{"type": "text", "text": EMPTY}]
    section = {"type": "rich_text_section", "elements": said}
    return {"type": "rich_text", "elements": [section]}


def _elements(inline: Sequence[Token]) -> Iterator[Json]:
    styles: list[str] = []
    address = ""
    for token in inline:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            address = ""
        elif token.nesting == 1:
            styles.append(_STYLES.get(name, ""))
        elif token.nesting == -1:
            styles.pop()
        elif text := quiet(words([token])):
            code = ["code"] if token.type == "code_inline" else []
            yield _element(text, address, [*filter(None, styles), *code])


def _element(text: str, address: str, styles: list[str]) -> Json:
    made: Json = {"type": "text", "text": text}
    if leads_somewhere(address):
        made = {"type": "link", "url": address, "text": text}
    return made | ({"style": dict.fromkeys(styles, True)} if styles else {})


def _length(cell: Json) -> int:
    if cell["type"] == "raw_text":
        return len(cell["text"])
    return sum(len(one["text"]) for one in cell["elements"][0]["elements"])
