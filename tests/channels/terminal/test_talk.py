import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import count

import pytest

from channels.contract import Button, Inbound, Kind, NotKept, Outgoing, Received
from channels.terminal.door import TerminalDoor
from channels.terminal.parse import Seat
from channels.terminal.screen import Pipe
from channels.terminal.talk import Talk, gathered, lines_from

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Room:
    """A terminal with its door, and what was kept of what was typed."""

    def __init__(self) -> None:
        self.out = StringIO()
        screen = Pipe(self.out)
        self.door = TerminalDoor(screen, lambda file: file.name)
        self.kept: list[Inbound] = []
        self.full = False
        numbers = count(1)
        self.talk = Talk(
            self.door,
            screen,
            self.keep,
            Seat("me", "Ana"),
            lambda: NOON,
            lambda: f"e{next(numbers)}",
        )

    async def keep(self, received: Sequence[Received]) -> None:
        if self.full:
            raise NotKept
        self.kept.extend(one.inbound for one in received if one.inbound)


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def test_lines_are_kept_in_order_until_the_person_leaves() -> None:
    room = Room()
    await room.talk.run(typed("hello", "", "/help", " Exit ", "never"))
    assert [(one.text, one.kind) for one in room.kept] == [
        ("hello", Kind.MESSAGE),
        ("/help", Kind.COMMAND),
    ]
    assert [one.event_id for one in room.kept] == ["e1", "e2"]
    assert {(one.chat, one.sender, one.sender_name) for one in room.kept} == {
        ("me", "me", "Ana")
    }


async def test_a_digit_after_a_rating_is_a_press_of_that_message() -> None:
    room = Room()
    rating = tuple(Button(str(n), f"d:{n}") for n in range(1, 6))
    key = await room.door.send(
        Outgoing(account="", chat="me", markdown="A", buttons=rating)
    )
    await room.talk.run(typed("5", "7"))
    press, text = room.kept
    assert (press.kind, press.pressed, press.message_id) == (Kind.PRESS, "d:5", key)
    assert (text.kind, text.text) == (Kind.MESSAGE, "7")


async def test_what_is_not_kept_is_said() -> None:
    room = Room()
    room.full = True
    await room.talk.run(typed("hello"))
    assert "send it again" in room.out.getvalue()


async def test_a_pasted_text_is_one_message_and_typed_lines_are_several() -> None:
    async def pasting() -> AsyncIterator[str]:
        for line in ("Dear all,", "", "come at noon."):
            yield line
        await asyncio.sleep(0.2)
        yield "And this?"

    texts = [text async for text in gathered(pasting())]
    assert texts == ["Dear all,\n\ncome at noon.", "And this?"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
async def test_lines_come_from_a_real_pipe_as_they_are_written(ending: str) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as source, os.fdopen(writing, "w", newline="") as pen:
        lines = lines_from(source)
        pen.write("one\r\n")
        pen.flush()
        assert await anext(lines) == "one"
        pen.write(f"zwei é{ending}")
        pen.close()
        assert [line async for line in lines] == ["zwei é"]
