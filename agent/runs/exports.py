"""A piece as a file of another sort: made from what is kept, and kept beside it.

What is made from a piece lies under a name of the piece and the sort, so that making
it twice leaves one file.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import layout
from agent.ctx import Ctx
from agent.errors import BadInput
from agent.export import page, sheet
from agent.export.formats import Format
from agent.export.reading import first_table, has_table
from agent.runs import results
from agent.runs.errors import OutputNotFound
from agent.runs.outputs import Output

_FIND = text("""
    SELECT o.id, coalesce(o.title, 'Untitled') AS title, o.storage_key, o.size_bytes,
           o.created_at, o.data IS NOT NULL AS is_data, r.number
    FROM outputs o JOIN runs r ON r.id = o.run_id WHERE o.id = :output_id
""")

ALWAYS = (Format.DOCX, Format.HTML, Format.MARKDOWN)
"""What every piece can be had as."""


class NotInIt(BadInput):
    """A piece holds nothing that such a file is made of."""

    code = "not_in_it"

    def __init__(self, wanted: Format) -> None:
        """Say what is not there, and what can be had."""
        lack = {
            Format.CSV: "There is no table in that piece, so there is no CSV of it.",
            Format.JSON: "That piece is text, so there is no data to give as JSON.",
        }
        said = lack.get(wanted, f"That piece cannot be had as {wanted.label}.")
        super().__init__(said, hint="It can be had as docx, as html or as markdown.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A piece with all that files are made of."""

    row: RowMapping
    text: str
    """Markdown."""
    form: Mapping[str, Any] | None = None
    data: Mapping[str, Any] | None = None
    """None: it is only text."""

    @property
    def formats(self) -> tuple[Format, ...]:
        """What it can be had as, what people want most first."""
        has_rows = bool(self._rows) or has_table(self.text)
        return (
            *ALWAYS,
            *((Format.CSV,) if has_rows else ()),
            *((Format.JSON,) if self.data is not None else ()),
        )

    def made(self, wanted: Format) -> bytes:
        """The file's bytes.

        Raises:
            NotInIt: It holds nothing of that sort.
        """
        title: str = self.row["title"]
        match wanted:
            case Format.DOCX:
                # Its library takes a tenth of a second to load, and memory.
                from agent.export import word  # noqa: PLC0415

                return word.render(self.text, title, self.row["created_at"])
            case Format.HTML:
                return page.render(self.text, title).encode()
            case Format.CSV:
                return self._sheet().encode()
            case Format.JSON if self.data is not None:
                return json.dumps(self.data, ensure_ascii=False, indent=2).encode()
            case Format.MARKDOWN:
                return self.text.encode()
        raise NotInIt(wanted)

    @property
    def _rows(self) -> Sequence[Any]:
        name = (self.form or {}).get("x-rows", "")
        found = (self.data or {}).get(name)
        return found if isinstance(found, list) else ()

    def _sheet(self) -> str:
        if not self._rows:
            table = first_table(self.text)
            if not table:
                raise NotInIt(Format.CSV)
            return sheet.render(table)
        assert self.form is not None  # noqa: S101 - it names the rows
        part = self.form["properties"][self.form["x-rows"]]
        titles = layout.columns(part, self._rows)
        rows = [_cells(one, tuple(titles)) for one in self._rows]
        return sheet.render([tuple(titles.values()), *rows])


async def find(session: AsyncSession, output_id: UUID) -> RowMapping:
    """A piece that the caller may see.

    Raises:
        OutputNotFound: There is none.
    """
    found = await session.execute(_FIND, {"output_id": output_id})
    row = found.mappings().one_or_none()
    if row is None:
        raise OutputNotFound
    return row


async def read(ctx: Ctx, output_id: UUID) -> Kept:
    """A piece, whole.

    Raises:
        OutputNotFound: No such piece that the caller can see.
        NotFound, Unavailable: Its file cannot be had.
    """
    row = await find(ctx.session, output_id)
    kept = (
        await results.kept(ctx.objects, row["storage_key"]) if row["is_data"] else None
    )
    said = (await ctx.objects.get(row["storage_key"])).decode("utf-8", "replace")
    return Kept(row, said, *(kept or (None, None)))


async def file(ctx: Ctx, kept: Kept, wanted: Format) -> tuple[Output, bytes]:
    """The piece as a file, kept in the object store, and its bytes.

    Raises:
        NotInIt: It holds nothing of that sort.
        Unavailable: The store did not take it.
    """
    # Word takes a moment, in which others want to be answered.
    body = await asyncio.to_thread(kept.made, wanted)
    stem = kept.row["storage_key"].removeprefix("outputs/").removesuffix(".md")
    key = f"exports/{stem}.{wanted.suffix}"
    await ctx.objects.put(key, body, media_type=wanted.media_type)
    return Output(kept.row["id"], kept.row["title"], key, len(body)), body


def _cells(row: Any, keys: Sequence[str]) -> list[sheet.Cell]:
    given = row if isinstance(row, Mapping) else {}
    return [_cell(given.get(key)) for key in keys]


def _cell(value: Any) -> sheet.Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else layout.cell(value)
