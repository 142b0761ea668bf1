"""The reading side: lines typed or piped in, each kept before the next is read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import TextIO

from channels.contract import Keep, NotKept
from channels.terminal.door import TerminalDoor
from channels.terminal.parse import Seat, Typed, leaves, received
from channels.terminal.screen import Screen

PASTE_S = 0.05
"""Lines closer together than a person types are one pasted text."""
NOT_KEPT = "That could not be saved just now. Wait a moment, then send it again."


async def lines_from(source: TextIO) -> AsyncGenerator[str]:
    """Yield the lines of ``source`` as they come.

    A thread of its own reads: neither a terminal nor a file can be awaited alike, and
    a daemon does not keep the process alive while nobody types.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # A loop that is closed by now has nobody left to read for.
        with suppress(RuntimeError):
            for line in iter(source.readline, ""):
                loop.call_soon_threadsafe(queue.put_nowait, line.rstrip("\r\n"))
            loop.call_soon_threadsafe(queue.put_nowait, None)

    Thread(target=read, name="terminal", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line


async def gathered(
    lines: AsyncIterator[str], pause_s: float = PASTE_S
) -> AsyncGenerator[str]:
    """Yield texts: lines that follow each other within ``pause_s`` belong together."""
    coming = _next(lines)
    try:
        while (first := await coming) is not None:
            text = [first]
            coming = _next(lines)
            while await _soon(coming, pause_s) and (more := await coming) is not None:
                text.append(more)
                coming = _next(lines)
            yield "\n".join(text)
    finally:
        coming.cancel()


@dataclass(frozen=True, slots=True)
class Talk:
    """One person at one terminal."""

    door: TerminalDoor
    screen: Screen
    keep: Keep
    seat: Seat
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    """An event id never given before."""

    async def run(self, texts: AsyncIterator[str]) -> None:
        """Keep each text or press until the person leaves or the input ends."""
        async for text in texts:
            self.screen.typed()
            if leaves(text):
                return
            if text.strip():
                await self._take(text)

    async def _take(self, text: str) -> None:
        try:
            await self.keep([received(self._typed(text), self.seat)])
        except NotKept:
            self.screen.add([NOT_KEPT])

    def _typed(self, text: str) -> Typed:
        event_id, at = self.new_id(), self.now()
        pressed = self.door.pressed(text)
        if pressed is None:
            return Typed(event_id, at, text=text)
        payload, message_id = pressed
        return Typed(event_id, at, payload=payload, message_id=message_id)


def _next(lines: AsyncIterator[str]) -> "asyncio.Task[str | None]":
    async def following() -> str | None:
        return await anext(lines, None)

    return asyncio.create_task(following())


async def _soon(coming: "asyncio.Task[str | None]", pause_s: float) -> bool:
    done, _ = await asyncio.wait({coming}, timeout=pause_s)
    return bool(done)
