"""Which of the marks of a text Telegram lets stand within each other. Pure.

Source: core.telegram.org/bots/api#formatting-options, on nested entities.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

QUOTES = frozenset({"blockquote", "expandable_blockquote"})
CODE = frozenset({"code", "pre"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A kind of emphasis and the stretch that has it, in UTF-16 units."""

    kind: str
    start: int
    end: int
    url: str | None = None
    language: str | None = None


def nested(marks: Sequence[Mark]) -> list[Mark]:
    """The marks as they may stand within each other, the outer ones first.

    A quote holds no other quote, and a link no code: its address counts for more.
    Code holds nothing, so what runs through it is parted around it.
    """
    links = [mark for mark in marks if mark.kind == "text_link"]
    apart = [m for m in marks if m.kind not in CODE or not _within_any(m, links)]
    kept = list(_outermost(sorted(apart, key=_order)))
    code = [mark for mark in kept if mark.kind in CODE]
    whole = [part for mark in kept for part in _around(mark, code)]
    return sorted(whole, key=_order)


def _order(mark: Mark) -> tuple[int, int]:
    return mark.start, -mark.end


def _outermost(marks: Sequence[Mark]) -> Iterator[Mark]:
    """All but those that lie in another of their like."""
    reached: dict[str, int] = {}
    for mark in marks:
        like = next((one for one in (QUOTES, CODE) if mark.kind in one), {mark.kind})
        name = min(like)
        if mark.start >= reached.get(name, 0):
            reached[name] = mark.end
            yield mark


def _within_any(mark: Mark, others: Sequence[Mark]) -> bool:
    return any(one.start < mark.end and mark.start < one.end for one in others)


def _around(mark: Mark, code: Sequence[Mark]) -> Iterator[Mark]:
    if mark.kind in QUOTES | CODE:
        yield mark
        return
    at = mark.start
    for block in code:
        if block.end <= at or block.start >= mark.end:
            continue
        if at < block.start:
            yield replace(mark, start=at, end=block.start)
        at = block.end
    if at < mark.end:
        yield replace(mark, start=at)
