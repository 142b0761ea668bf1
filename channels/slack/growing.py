"""How much of an unfinished text may be shown where nothing can be taken back. Pure."""

import re

MARK = re.compile(r"`+|\*\*|~~|\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")
BULLET = re.compile(r"\s*(?:[*+-]|\d+[.)])\s")
LINK = re.compile(r"!?\[[^\]\n]*(?:\](?:\([^)\n]*)?)?\Z")
ROW = re.compile(r"\s*\|")
HELD = 200
"""Characters: a mark that is older than that was never meant to be closed."""


def settled(markdown: str) -> str:
    """Return the beginning that nothing yet to come will make look different.

    What waits is a last word that may go on, or that a new paragraph may follow; an
    emphasis, code or link of the last line that is not closed yet; a row of a table.
    Each beginning is one of the whole text, so that the next one only adds to it.
    """
    end = _last_word(markdown)
    start = markdown.rfind("\n", 0, end) + 1
    open_at = start + _first_open(markdown[start:])
    return markdown[: end if len(markdown) - open_at > HELD else min(end, open_at)]


def _last_word(markdown: str) -> int:
    """Where the word begins that is not over yet; the end if none is.

    A space ends it; of a line's end nobody knows yet whether it begins a paragraph.
    """
    said = markdown.rstrip()
    if said and said != markdown and "\n" not in markdown[len(said) :]:
        return len(markdown)
    return max(said.rfind(space) for space in " \n\t") + 1


def _first_open(line: str) -> int:
    """Where the first thing begins that the line leaves open; its end if nothing."""
    row = ROW.match(line)
    if row and "\n" not in line:
        return row.end() - 1
    bullet = BULLET.match(line)
    begun: dict[str, int] = {}
    for mark in MARK.finditer(line, bullet.end() if bullet else 0):
        sign = mark[0]
        in_code = next((s for s in begun if s[0] == "`"), sign)
        if in_code == sign and begun.pop(sign, None) is None:
            begun[sign] = mark.start()
    link = LINK.search(line)
    return min([*begun.values(), link.start() if link else len(line)])
