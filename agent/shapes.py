"""Shapes shared by all rooms: what parameters and results are, and lists in pages."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent.errors import BadInput

K = TypeVar("K")
Row = TypeVar("Row")


class Frozen(BaseModel):
    """Base of parameters and results: immutable; a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(Frozen):
    """Work that goes on after the answer; a result that inherits from it names it."""

    run_id: UUID


class Nothing(Frozen):
    """Parameters of an operation that takes none."""


class Paged(Frozen):
    """Parameters of a list, which comes a page at a time."""

    cursor: str = Field(
        default="",
        max_length=400,
        description="The next_cursor of the page before; empty for the first page",
    )
    limit: int = Field(default=20, ge=1, le=100, description="Lines a page, at most")


class Page(Frozen):
    """A page of a list; results of ``Paged`` operations inherit from it."""

    next_cursor: str = Field(
        default="", description="Asks for the next page; empty: this is the last"
    )


class BadCursor(BadInput):
    """A cursor that this list never gave."""

    code = "bad_cursor"

    def __init__(self) -> None:
        """Say where cursors come from."""
        super().__init__(
            "cursor: this list gave no such cursor.",
            hint="Pass next_cursor as it came, or leave it out for the first page.",
        )


class Order(Generic[K]):
    """The order a list is told in, and its cursors: where the last page ended.

    ``Order("runs", int)`` is a list ordered by a number. A cursor carries only the
    place, never the tenant: row security stands behind it, so that it needs no
    signature. A query asks for ``limit + 1`` rows beyond ``after(p)``.
    """

    def __init__(self, name: str, key: type[K]) -> None:
        """Name the list, so that another's cursor is refused, and what places a row.

        ``key``: an int, a UUID, or a tuple of such.
        """
        self._name = name
        self._adapter = TypeAdapter(key)

    def after(self, p: Paged) -> K | None:
        """The place that the page begins behind; None: at the start.

        Raises:
            BadCursor: It is garbled, or another list's.
        """
        if not p.cursor:
            return None
        try:
            plain = base64.b64decode(_padded(p.cursor), altchars=b"-_", validate=True)
            name, _, place = plain.partition(b":")
            if name != self._name.encode():
                raise BadCursor
            found: K = self._adapter.validate_json(place)
        except (binascii.Error, ValueError, ValidationError) as error:
            raise BadCursor from error
        return found

    def cut(
        self, rows: Sequence[Row], p: Paged, place: Callable[[Row], K]
    ) -> tuple[Sequence[Row], str]:
        """The page's rows and its ``next_cursor``, of up to ``limit + 1`` rows."""
        if len(rows) <= p.limit:
            return rows, ""
        page = rows[: p.limit]
        return page, self._cursor(place(page[-1]))

    def _cursor(self, place: K) -> str:
        told = self._adapter.dump_json(place)
        plain = self._name.encode() + b":" + told
        return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _padded(cursor: str) -> str:
    return cursor + "=" * (-len(cursor) % 4)
