"""A message -> the lines a terminal shows. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from unicodedata import category

from channels.contract import Button, Outgoing
from channels.healing import heal
from channels.markdown import legible
from channels.tables import cell_width, cells
from channels.terminal.prose import STRONG, WEAK, prose

TAB = "    "
PRESSED = "\u2022"
"""Stands around the label of the rating that was given."""
_ON, _OFF = "\x1b[1m", "\x1b[22m"


def lines_of(message: Outgoing, *, width: int, saved: str = "") -> list[str]:
    """The message wrapped to ``width`` cells; ``width`` 0 leaves lines as they are.

    ``saved`` says where its file went. Nothing in the text can steer the terminal.
    """
    said = legible(message.markdown)
    text = prose(harmless(heal(said) if message.partial else said)).rstrip()
    shown = [*text.split("\n"), *([f"[file] {harmless(saved)}"] if saved else [])]
    wrapped = [part for line in shown for part in _bold_on(wrap(line, width))]
    return [*wrapped, *button_lines(message.buttons)]


def button_lines(buttons: Sequence[Button]) -> list[str]:
    """A line a row: ``[1]  [2]  [:3] Shorter``; in brackets is what one types."""
    numbered = enumerate(buttons, 1)
    rows = groupby(numbered, key=lambda pair: pair[1].row)
    return ["  ".join(_named(n, one) for n, one in row) for _, row in rows]


def digit_of(button: Button) -> str:
    """The digit a rating button is labelled with, be it marked as pressed or not."""
    return button.label.strip(f"{PRESSED} ")


def harmless(text: str) -> str:
    """The text without control characters, which could drive the reader's terminal."""
    return "".join(
        c for c in text.replace("\t", TAB) if c == "\n" or category(c) != "Cc"
    )


def styled(line: str) -> str:
    """The line with strong words bold, for a terminal that can."""
    return line.replace(STRONG, _ON).replace(WEAK, _OFF)


def unstyled(line: str) -> str:
    """The line's words alone."""
    return line.replace(STRONG, "").replace(WEAK, "")


def wrap(line: str, width: int) -> list[str]:
    """Cut a line into rows of at most ``width`` cells, between words where it can."""
    rows: list[str] = []
    while width and cells(line) > width:
        end = _fitting(line, width)
        space = line.rfind(" ", 1, end + 1)
        cut = space if space > 0 and line[:space].strip() else end
        rows.append(line[:cut].rstrip())
        line = line[cut:].lstrip(" ")
    return [*rows, line]


def _bold_on(rows: Sequence[str]) -> Iterator[str]:
    """The rows of one line, each with the beginning and the end of what is bold."""
    bold = False
    for row in rows:
        begun = f"{STRONG}{row}" if bold else row
        bold = begun.rfind(STRONG) > begun.rfind(WEAK)
        yield f"{begun}{WEAK}" if bold else begun


def _fitting(line: str, width: int) -> int:
    taken = 0
    for at, character in enumerate(line):
        taken += cell_width(character)
        if taken > width:
            return max(at, 1)
    return len(line)


def _named(number: int, button: Button) -> str:
    label = harmless(button.label).strip()
    if digit_of(button) != str(number):
        return f"[:{number}] {label}"
    return f"[{number}]" if label == str(number) else f"[{label}]"
