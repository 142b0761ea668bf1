"""Markdown cut into pages that fit a messenger's limit and can each stand alone."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from channels.graphemes import is_boundary
from channels.markdown import reader

Measure = Callable[[str], int]

# Blocks only: where emphasis begins is of no use here, and takes most of the time.
_MARKDOWN = reader(inline=False)

_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"[.!?…][\"'\u201d\u2019)\]*_]*\s+|[\u3002\uff01\uff1f]")
_WORD = re.compile(r"\s+")
_WHOLE = re.compile(
    r"""
      !?\[(?:[^\[\]\\]|\\.|\[[^\[\]]{0,300}\]){0,600}+\]  # [text]
        \((?:[^()\n]|\([^()\n]{0,300}\)){0,2000}+\)      # (address)
    | <[^<>\s]{1,2000}+>
    | https?://\S++
    | (?<!`)(?P<code>`{1,8}+)(?!`)[^`]{1,300}+(?P=code)
    | (?P<em>\*\*|__|~~|\*|_)(?=\S)[^*_~\n]{1,200}+(?P=em)
    """,
    re.VERBOSE,
)
"""What a person reads as one thing: links, code spans, short emphasis."""

_CODE_INDENT = 4


def split(markdown: str, limit: int, measure: Measure = len) -> list[str]:
    """Pages of at most ``limit``, in order; none for blank text.

    Nothing is lost: strike out the lines that were repeated to open or close a code
    fence and to head a table, join the pages, and what differs from ``markdown`` is
    only whitespace where pages meet, the indentation of a page's first lines when
    the list they belonged to stayed behind, and the kind of line end.

    A paragraph, list item, table or fence that fits a page is never cut; a longer
    one is cut after a line, else a sentence, else a word, else a character as a
    person sees it, and never inside a link unless that alone is longer than a page.
    A heading stays with what it heads.

    Args:
        markdown: CommonMark with tables.
        limit: The most that ``measure`` may say of one page; sensibly 64 or more.
        measure: A text's size in the platform's own units. It may be anything that
            mostly grows with the text: each page is measured as it will be sent.

    Raises:
        ValueError: Not even one character fits.
    """
    text = re.sub(r"\r\n?", "\n", markdown).rstrip()
    pages = _Pages(text, lambda page: measure(page) <= limit)
    return [page for page in pages if page]


def utf16_units(text: str) -> int:
    """The length Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of text that stays together where it can."""

    start: int
    end: int
    head: str = ""
    """What a page that begins inside it shows first."""
    tail: str = ""
    """What a page that ends inside it shows last."""
    inner: range = range(0)
    """Where it may be cut; empty for prose, which may be cut anywhere."""
    heading: bool = False
    code: bool = False
    """Indented code, whose first spaces count."""


class _Pages:
    """Walks the text once, from cut to cut."""

    def __init__(self, text: str, fits: Callable[[str], bool]) -> None:
        self.text = text
        self.fits = fits
        self.blocks = _blocks(text)
        self.starts = [block.start for block in self.blocks]

    def __iter__(self) -> Iterator[str]:
        at = 0
        while at < len(self.text):
            end = self._after_blocks(at) or self._inside(at)
            yield self._page(at, end)
            at = end

    def _block(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def _page(self, start: int, end: int) -> str:
        first, last = (self.blocks[self._block(at)] for at in (start, end - 1))
        head = first.head if start in first.inner else ""
        tail = last.tail if end in last.inner else ""
        body = self.text[start:end]
        if tail and not body.endswith("\n"):
            body += "\n"
        return _standing_alone(head + body + tail, code=first.code)

    def _furthest(self, start: int, cuts: Sequence[int]) -> int | None:
        """The last of the ascending cuts that fits, found by doubling and halving."""
        found, step = -1, 1

        def fits(index: int) -> bool:
            return index < len(cuts) and self.fits(self._page(start, cuts[index]))

        while fits(found + step):
            found += step
            step *= 2
        while step > 1:
            step //= 2
            if fits(found + step):
                found += step
        return cuts[found] if found >= 0 else None

    def _after_blocks(self, at: int) -> int | None:
        if self.fits(self._page(at, len(self.text))):
            return len(self.text)
        rest = self.blocks[self._block(at) :]
        kept = [b.end for b in rest if not b.heading or b is rest[-1]]
        return self._furthest(at, kept) or self._furthest(at, [b.end for b in rest])

    def _inside(self, at: int) -> int:
        """A cut in the block at ``at``, which is longer than a page."""
        index = self._block(at)
        block = self.blocks[index]
        cuts = _within(block, at)
        most = self._furthest(at, cuts)
        best = self._best(at, most, block) if most else None
        if best:
            return best
        if not block.inner:
            raise ValueError("The limit is too small for one character.")
        # Not even a row, or a character, fits beside head and tail.
        self.blocks[index] = _Block(block.start, block.end)
        return self._inside(at)

    def _best(self, at: int, most: int, block: _Block) -> int | None:
        """The most natural cut in the latter half of what fits."""
        cuts = _within(block, (at + most) // 2)
        whole = [] if block.inner else self._whole_spans(block)
        for ends in (_LINE,) if _is_table(block) else (_LINE, _SENTENCE, _WORD):
            found = [end.end() for end in ends.finditer(self.text, at, most)]
            for cut in reversed(found):
                if cut in cuts and not _cuts_one(whole, cut) and self._may_end(at, cut):
                    return cut
        return None if _is_table(block) else self._anywhere(at, most, whole)

    def _whole_spans(self, block: _Block) -> list[tuple[int, int]]:
        found = _WHOLE.finditer(self.text, block.start, block.end)
        return [match.span() for match in found]

    def _may_end(self, at: int, cut: int) -> bool:
        return is_boundary(self.text, cut) and self.fits(self._page(at, cut))

    def _anywhere(self, at: int, most: int, whole: list[tuple[int, int]]) -> int:
        begins = (start for start, end in whole if at < start < most < end)
        for cut in range(next(begins, most), at, -1):
            if self._may_end(at, cut):
                return cut
        return most


def _is_table(block: _Block) -> bool:
    return bool(block.inner) and not block.tail


def _within(block: _Block, at: int) -> range:
    """The places after ``at`` where the block may be cut."""
    low, high = (
        (block.inner.start, block.inner.stop)
        if block.inner
        else (block.start, block.end + 1)
    )
    return range(max(at + 1, low), high)


def _cuts_one(spans: list[tuple[int, int]], cut: int) -> bool:
    return any(start < cut < end for start, end in spans)


def _blocks(text: str) -> list[_Block]:
    offsets = [0, *(match.end() for match in _LINE.finditer(text)), len(text)]
    found: dict[int, Token | None] = {0: None}
    after = 0
    for token in _MARKDOWN.parse(text):
        if token.map is None or token.type == "inline" or token.map[0] < after:
            continue
        begin, stop = token.map
        found[begin] = token
        if token.type in {"fence", "table_open"}:
            after = stop
            found.setdefault(stop, None)
    # Lines that are empty at the end of the text begin nothing.
    starts = sorted(line for line in found if offsets[line] < len(text))
    ends = [*(offsets[line] for line in starts), len(text)][1:]
    return [
        _block(text, offsets, found[line], (offsets[line], end))
        for line, end in zip(starts, ends, strict=True)
    ]


def _block(
    text: str, offsets: list[int], token: Token | None, span: tuple[int, int]
) -> _Block:
    if token is None or token.map is None:
        return _Block(*span)
    first = token.map[0]
    if token.type == "table_open":
        body = offsets[first + 2]
        head = text[span[0] : body]
        return _Block(*span, head=head, inner=range(body + 1, span[1]))
    if token.type == "fence":
        body = offsets[first + 1]
        close = offsets[first + 1 + token.content.count("\n")]
        fence = _prefix(text[span[0] : body], token.markup) + token.markup
        head, inner = f"{fence}{token.info}\n", range(body + 1, close)
        return _Block(*span, head=head, tail=fence, inner=inner)
    kind = token.type
    return _Block(*span, heading=kind == "heading_open", code=kind == "code_block")


def _prefix(opening: str, markup: str) -> str:
    """What stands before a fence's marks on the lines below its first."""
    before, _, _ = opening.partition(markup)
    return re.sub(r"[^>\s]", " ", before)


def _standing_alone(page: str, *, code: bool) -> str:
    """The page without outer blank lines, and free of a list that stayed behind."""
    page = re.sub(r"\A(?:[^\S\n]*\n)+", "", page).rstrip()
    indent = _indent(page)
    # Fewer spaces mean nothing at the start of a page; four would make it code.
    return page if code or indent < _CODE_INDENT else _dedented(page, indent)


def _dedented(page: str, indent: int) -> str:
    """Take ``indent`` from the first lines, up to the first that left the list."""
    lines = page.split("\n")
    left = (n for n, line in enumerate(lines) if line and _indent(line) < indent - 3)
    inside = next(left, len(lines))
    moved = [line[min(indent, _indent(line)) :] for line in lines[:inside]]
    return "\n".join(moved + lines[inside:])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
