"""Lists in pages: every row once, in order, and only our own cursors are taken."""

import base64
from uuid import UUID

import pytest

from agent.shapes import BadCursor, Order, Paged

NUMBERS = Order("numbers", int)
PAIRS = Order("pairs", tuple[int, UUID])


def page(rows: list[int], p: Paged) -> tuple[list[int], str]:
    """What a query of a descending list would do."""
    before = NUMBERS.after(p)
    left = [row for row in rows if before is None or row < before]
    shown, more = NUMBERS.cut(left[: p.limit + 1], p, lambda row: row)
    return list(shown), more


@pytest.mark.parametrize("count", [0, 1, 2, 3, 6, 7])
def test_the_pages_together_are_the_list(count: int) -> None:
    rows = list(range(count, 0, -1))
    seen, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        shown, cursor = page(rows, Paged(cursor=cursor, limit=3))
        seen += shown
        pages += 1
    assert seen == rows
    assert pages == max(1, -(-count // 3))


def test_a_place_may_have_several_parts() -> None:
    place = (3, UUID(int=7))
    _, cursor = PAIRS.cut([place, place], Paged(limit=1), lambda row: row)
    assert PAIRS.after(Paged(cursor=cursor)) == place


def made(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "!",
        "A",
        "é",
        "\x00",
        "bnVtYmVycw",
        made(b"numbers:"),
        made(b"numbers:x"),
        made(b'numbers:"5"; DROP TABLE runs'),
        made(b"numbers:[1]"),
        made(b"others:5"),
        made(b"\xff\xfe:5"),
        made(b"numbers:" + b"9" * 200 + b"x"),
    ],
)
def test_a_garbled_or_foreign_cursor_is_refused_with_a_hint(cursor: str) -> None:
    with pytest.raises(BadCursor) as refused:
        NUMBERS.after(Paged(cursor=cursor))
    assert refused.value.status == 422
    assert "next_cursor" in refused.value.hint
