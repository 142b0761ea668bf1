"""A message -> the lines a terminal shows. Pure."""

import re
from collections.abc import Sequence
from itertools import groupby
from unicodedata import category, combining, east_asian_width

from channels.contract import Button, Outgoing

TAB = "    "
PRESSED = "\u2022"
"""Stands around the label of the rating that was given."""
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_ON, _OFF = "\x1b[1m", "\x1b[22m"


def lines_of(message: Outgoing, *, width: int, saved: str = "") -> list[str]:
    """The message wrapped to ``width`` cells; ``width`` 0 leaves lines as they are.

    ``saved`` says where its file went. Nothing in the text can steer the terminal.
    """
    text = harmless(message.markdown).rstrip()
    shown = [*text.split("\n"), *([f"[file] {harmless(saved)}"] if saved else [])]
    wrapped = [part for line in shown for part in wrap(line, width)]
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
    """The line with headings and strong words bold, for a terminal that can."""
    heading = _HEADING.match(line)
    if heading:
        return f"{_ON}{heading[1]}{_OFF}"
    return _BOLD.sub(rf"{_ON}\1{_OFF}", line)


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


def cells(text: str) -> int:
    """How many columns the text takes."""
    return sum(map(_cell, text))


def _fitting(line: str, width: int) -> int:
    taken = 0
    for at, character in enumerate(line):
        taken += _cell(character)
        if taken > width:
            return max(at, 1)
    return len(line)


def _cell(character: str) -> int:
    if combining(character) or category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _named(number: int, button: Button) -> str:
    label = harmless(button.label).strip()
    if digit_of(button) != str(number):
        return f"[:{number}] {label}"
    return f"[{number}]" if label == str(number) else f"[{label}]"
