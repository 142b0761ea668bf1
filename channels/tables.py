"""Tables in Markdown: found, and laid out where there are none. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, combining, east_asian_width

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from channels.markdown import reader, words

_BLOCKS = reader(inline=False)
_INLINE = reader()
_LINE = re.compile(r"\n")
_TICKS = re.compile(r"`+")
_COLUMN = re.compile(r"text-align:(left|center|right)")


@dataclass(frozen=True, slots=True)
class Table:
    """A table that stands by itself, outside lists and quotes."""

    rows: tuple[tuple[str, ...], ...]
    """Each cell's Markdown; the head is the first row, and all are equally long."""
    aligns: tuple[str, ...]
    """``left``, ``center`` or ``right`` for each column."""
    source: str


def parts(markdown: str) -> Iterator[str | Table]:
    """The text's stretches and its tables, in order; they join up to the whole."""
    at = 0
    offsets = _offsets(markdown) if "|" in markdown else []
    tokens = _BLOCKS.parse(markdown) if offsets else []
    for index, token in enumerate(tokens):
        if token.type != "table_open" or token.level or token.map is None:
            continue
        start, end = (offsets[line] for line in token.map)
        yield markdown[at:start]
        yield _table(tokens[index:], markdown[start:end])
        at = end
    yield markdown[at:]


def without_tables(markdown: str, instead: Callable[[Table], str]) -> str:
    """The text with each table laid out by ``instead``, as a block of its own."""
    shown = (one if isinstance(one, str) else instead(one) for one in parts(markdown))
    return "".join(shown)


@lru_cache(maxsize=4096)
def spoken(cell: str) -> str:
    """What a cell says, in one line without marks."""
    inline = _INLINE.parseInline(cell)[0].children or []
    return " ".join(words(inline).split())


def aligned(table: Table) -> str:
    """The table in columns of one width each, for letters that are all as wide."""
    rows = [[spoken(cell) for cell in row] for row in table.rows]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    head, *body = (_row(row, widths, table.aligns) for row in rows)
    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([head, rule, *body])


def fenced(table: Table) -> str:
    """The table in columns, as a block of code."""
    laid_out = aligned(table)
    longest = max(map(len, _TICKS.findall(laid_out)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{laid_out}\n{fence}\n"


def canonical(table: Table) -> str:
    """The table in Markdown that says no more cells than it has columns."""
    rules = {"left": "---", "center": ":-:", "right": "--:"}
    head, *body = [[c.replace("|", "\\|") for c in row] for row in table.rows]
    rows = [head, [rules[align] for align in table.aligns], *body]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def listed(table: Table) -> str:
    """The table's rows one below the other, each value behind its column's name."""
    head, *body = table.rows
    return "\n" + "".join(f"{_entry(head, row)}\n\n" for row in body or [head])


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(map(cell_width, text))


def cell_width(character: str) -> int:
    """0 for what joins or marks another, 2 for what is twice as wide, else 1."""
    if character.isascii():
        return 1
    if combining(character) or category(character) in {"Cf", "Mn", "Me"}:
        return 0
    if "\ufdd0" <= character <= "\ufdef":
        return 0  # signs inside this program; no terminal is given them
    return 2 if east_asian_width(character) in "WF" else 1


def _offsets(text: str) -> list[int]:
    return [0, *(found.end() for found in _LINE.finditer(text)), len(text)]


def _table(tokens: Sequence[Token], source: str) -> Table:
    """The table at the first token; a row's surplus cells are one with its last."""
    ends = next(n for n, token in enumerate(tokens) if token.type == "table_close")
    heads = [token for token in tokens[:ends] if token.type == "th_open"]
    aligns = [_COLUMN.search(str(head.attrs.get("style", ""))) for head in heads]
    head, _, *body = source.rstrip("\n").split("\n")
    return Table(
        tuple(_cells_of(line, len(heads)) for line in (head, *body)),
        tuple(align[1] if align else "left" for align in aligns),
        source,
    )


def _cells_of(line: str, columns: int) -> tuple[str, ...]:
    """A line's cells. The parser would leave out what is too much, unseen."""
    found = escapedSplit(line.strip())
    found = found[1:] if found and not found[0] else found
    found = found[:-1] if found and not found[-1] else found
    texts = [cell.strip() for cell in found]
    whole = [*texts[: columns - 1], " | ".join(texts[columns - 1 :])]
    return tuple(whole + [""] * (columns - len(whole)))


def _row(row: Sequence[str], widths: Sequence[int], aligns: Sequence[str]) -> str:
    padded = map(_padded, row, widths, aligns)
    return " | ".join(padded).rstrip()


def _padded(text: str, width: int, align: str) -> str:
    room = width - cells(text)
    left = {"left": 0, "center": room // 2, "right": room}[align]
    return " " * left + text + " " * (room - left)


def _entry(head: Sequence[str], row: Sequence[str]) -> str:
    if head == row:
        return "\n".join(filter(None, head))
    pairs = [(name, value) for name, value in zip(head, row, strict=True)]
    first, *others = (_pair(name, value) for name, value in pairs)
    title = first if "*" in first else f"**{first}**" if first else ""
    return "\n".join(filter(None, [title, *others]))


def _pair(name: str, value: str) -> str:
    return ": ".join(filter(None, (name.strip(), value.strip())))
