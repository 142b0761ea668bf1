"""The terminal's way out: a reply is printed once and then changed in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from secrets import token_hex

from channels.contract import (
    Button,
    ChannelName,
    Health,
    Inbound,
    OutFile,
    Outgoing,
)
from channels.terminal.render import digit_of, harmless, lines_of
from channels.terminal.screen import Screen
from channels.text import split

PAGE_CHARACTERS = 100_000

Save = Callable[[OutFile], str]
"""Keeps a file for the person and returns where."""


@dataclass(slots=True)
class Printed:
    """A message as it stands on the screen."""

    lines: list[str]
    buttons: tuple[Button, ...] = ()
    saved: str = ""


class TerminalDoor:
    """A `Channel` of one reader, at this process's screen.

    A message that an earlier session printed is printed again when it changes, so that
    an answer finished in between is not lost.
    """

    name = ChannelName.TERMINAL

    def __init__(self, screen: Screen, save: Save) -> None:
        """Print on ``screen``; hand files to ``save``."""
        self._screen = screen
        self._save = save
        self._ids = (f"{token_hex(4)}:{n}" for n in count(1))
        self._printed: dict[str, Printed] = {}
        self._last = ""

    def pages(self, markdown: str) -> list[str]:
        """One text: a terminal scrolls."""
        return split(markdown, PAGE_CHARACTERS) or [""]

    def interval_s(self, chat: str) -> float:
        """The least time between two writes, in seconds."""
        del chat
        return self._screen.interval_s

    async def send(self, message: Outgoing) -> str:
        """Print the message and return its id, unlike any of another session."""
        external_id = next(self._ids)
        await self.edit(message, external_id)
        return external_id

    async def edit(self, message: Outgoing, external_id: str) -> None:
        """Change the message where it stands; print it below when out of reach."""
        if self._worth_showing(message):
            self._show(external_id, message)

    async def acknowledge(self, inbound: Inbound, notice: str = "") -> None:
        """Print the notice of a press, if there is one."""
        del inbound
        if notice:
            self._screen.add([harmless(notice)])
            self._last = ""

    async def ping(self) -> Health:
        """Always well: the door is this very process."""
        return Health(ok=True, detail="the terminal is open")

    def pressed(self, line: str) -> tuple[str, str] | None:
        """What a typed line presses: (payload, message id); None when it is text.

        ``:2`` is the second button of the newest message that has any; a bare digit is
        a rating when such a button is labelled with it.
        """
        external_id = self._with_buttons()
        buttons = self._printed[external_id].buttons if external_id else ()
        chosen = _chosen(line.strip(), buttons)
        return (chosen.payload, external_id) if chosen else None

    def _worth_showing(self, message: Outgoing) -> bool:
        # What cannot be rewritten waits for the whole.
        return self._screen.can_rewrite or not message.partial

    def _show(self, external_id: str, message: Outgoing) -> None:
        before = self._printed.get(external_id, Printed([]))
        saved = before.saved or (self._save(message.file) if message.file else "")
        lines = lines_of(message, width=self._screen.width, saved=saved)
        self._printed[external_id] = Printed(lines, message.buttons, saved)
        self._put(before.lines, lines, in_place=external_id == self._last)
        self._last = external_id

    def _put(self, before: list[str], lines: list[str], *, in_place: bool) -> None:
        same = _common(before, lines)
        if lines == before:
            return
        if in_place and before:
            self._screen.rewrite(same, len(before) - same, lines[same:])
        else:
            self._screen.add(lines[same:] or lines)

    def _with_buttons(self) -> str:
        newest_first = reversed(self._printed.items())
        return next((key for key, one in newest_first if one.buttons), "")


def _chosen(typed: str, buttons: Sequence[Button]) -> Button | None:
    number = typed.removeprefix(":")
    if not (number.isascii() and number.isdigit()):
        return None
    if typed != number:
        return dict(enumerate(buttons, 1)).get(int(number))
    return next((one for one in buttons if digit_of(one) == typed), None)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = list(zip(one, other, strict=False))
    return next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
