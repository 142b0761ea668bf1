"""Texts put into a Markdown document whose structure they must not break. Pure."""

import re
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"^ {0,3}(?P<signs>`{3,}|~{3,})(?P<info>.*)$")
_HEADING = re.compile(r"^(?P<indent> {0,3})(?P<signs>#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-+)[ \t]*$")
_BLOCK = re.compile(
    r"^\s*(?:#{1,6}(?:\s|$)|[-*+>|]|\d{1,9}[.)]|```|~~~|[=_]{3,}| {4}|\t)"
)
_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")


def line(said: str) -> str:
    """All words in one line."""
    return " ".join(said.split())


def label(said: str) -> str:
    """A label that its own signs cannot end early."""
    return line(said).replace("*", r"\*")


def cell(said: str) -> str:
    """A table's cell: in one line, its bars no borders."""
    # Backslashes first: one before a bar of ours would undo it.
    return line(said).replace("\\", "\\\\").replace("|", r"\|")


def is_line(said: str) -> bool:
    """Whether it can follow a label: one line, and no beginning of a block."""
    plain = _BREAKS.sub("\n", said.strip())
    return "\n" not in plain and not _BLOCK.match(plain)


def listed(items: Sequence[str], *, is_numbered: bool = False) -> str:
    """A list, an item each; what has several lines stays within its item."""
    marks = (f"{n}. " if is_numbered else "- " for n in range(1, len(items) + 1))
    return "\n".join(
        mark + text(item, 6).replace("\n", "\n" + " " * len(mark))
        for mark, item in zip(marks, items, strict=True)
    )


def fenced(code: str, language: str = "") -> str:
    """Code in a fence longer than any within."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    signs = "`" * max(3, longest + 1)
    said = re.sub(r"[^\w+#.-]", "", language)
    return f"{signs}{said}\n{_BREAKS.sub(chr(10), code)}\n{signs}"


def text(said: str, level: int) -> str:
    """A passage whose headings lie at ``level`` or below, and whose fences end."""
    lines = _BREAKS.sub("\n", said).strip("\n").rstrip().split("\n")
    return "\n".join(_kept(lines, level))


def _kept(lines: Sequence[str], level: int) -> Iterator[str]:
    opened, before = "", ""
    for one in lines:
        fence = _FENCE.match(one)
        if opened:
            opened = "" if fence and _ends(fence, opened) else opened
            yield one
        elif fence and not ("`" in fence["info"] and fence["signs"][0] == "`"):
            opened = fence["signs"]
            yield one
        else:
            yield from _prose(one, before, level)
        before = one
    if opened:
        yield opened


def _ends(fence: re.Match[str], opened: str) -> bool:
    signs = fence["signs"]
    is_same = signs[0] == opened[0] and len(signs) >= len(opened)
    return is_same and not fence["info"].strip()


def _prose(one: str, before: str, level: int) -> Iterator[str]:
    # Under a line of words these signs would make it a heading.
    if before.strip() and _UNDERLINE.match(one):
        yield ""
    if heading := _HEADING.match(one):
        signs = "#" * max(level, len(heading["signs"]))
        yield f"{heading['indent']}{signs[:6]}{one[heading.end() :]}"
    else:
        yield one
