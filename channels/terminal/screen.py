"""Where lines go: a terminal that can rewrite its last block, or a plain pipe."""

from collections.abc import Callable, Sequence
from shutil import get_terminal_size
from typing import Protocol, TextIO

from channels.terminal.render import styled, unstyled

PROMPT = "> "


class Screen(Protocol):
    """Shows blocks of lines, one below the other."""

    interval_s: float
    """How often a block is worth changing."""
    can_rewrite: bool

    @property
    def width(self) -> int:
        """Columns to wrap to; 0 for none."""
        ...

    def add(self, lines: Sequence[str]) -> None:
        """Show a new block at the end."""
        ...

    def rewrite(self, kept: int, gone: int, lines: Sequence[str]) -> None:
        """Let ``lines`` stand in for the last block's final ``gone`` lines.

        ``kept`` lines before them stay.
        """
        ...

    def typed(self) -> None:
        """Take note that a line was entered: the last block is out of reach."""
        ...


class Pipe:
    """Plain lines, for a file or another program."""

    interval_s = 0.0  # drafts are not shown, and the whole shall not wait
    can_rewrite = False

    def __init__(self, out: TextIO) -> None:
        """Write to ``out``."""
        self._out = out

    @property
    def width(self) -> int:
        """No limit: lines stay as they are."""
        return 0

    def add(self, lines: Sequence[str]) -> None:
        """Write the lines."""
        self._out.write("".join(f"{unstyled(line)}\n" for line in lines))
        self._out.flush()

    def rewrite(self, kept: int, gone: int, lines: Sequence[str]) -> None:
        """Write what is new; what is out cannot be taken back."""
        del kept, gone
        self.add(lines)

    def typed(self) -> None:
        """Nothing to note."""


class Tty:
    """A terminal: a prompt at the bottom, the last block rewritten above it."""

    interval_s = 0.1
    can_rewrite = True

    def __init__(
        self,
        out: TextIO,
        size: Callable[[], tuple[int, int]] = get_terminal_size,
    ) -> None:
        """Write to ``out``, a terminal of ``size()`` (columns, rows)."""
        self._out = out
        self._size = size
        self._reach = 0

    @property
    def width(self) -> int:
        """One column less than there is: a full row would wrap by itself."""
        return max(self._size()[0] - 1, 20)

    def add(self, lines: Sequence[str]) -> None:
        """Write a blank line, the block and the prompt."""
        self._put(0, ["", *lines])
        self._reach = len(lines)

    def rewrite(self, kept: int, gone: int, lines: Sequence[str]) -> None:
        """Go up and write over; lines that scrolled out of reach stay as they were."""
        up = min(gone, self._reach, self._size()[1] - 2)
        missed = gone - up if self._reach else 0
        self._put(up, lines[missed:])
        self._reach = kept + len(lines)

    def typed(self) -> None:
        """Start below: the person's line now stands under the block."""
        self._reach = 0

    def _put(self, up: int, lines: Sequence[str]) -> None:
        climb = f"\x1b[{up}A" if up else ""
        shown = "".join(f"{styled(line)}\n" for line in lines)
        self._out.write(f"\r{climb}\x1b[J{shown}{PROMPT}")
        self._out.flush()
