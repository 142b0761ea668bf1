import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bot.web.session import Signed
from bot.web.stream import Streams
from tests.bot.web.fakes import ANA, TOKEN, FakeDesk

SIGNED = Signed(ANA, TOKEN)


class Reader:
    """One page at the other end of a stream."""

    def __init__(self, streams: Streams, after: str = "") -> None:
        self._events = streams.events(SIGNED, after)

    async def next(self, name: str = "") -> dict[str, Any] | None:
        """The next event (called ``name``); None when the stream has ended."""
        async with asyncio.timeout(2):
            async for raw in self._events:
                event = parse(raw)
                if event.get("event") == name or (not name and "event" in event):
                    return event
        return None


def parse(raw: bytes) -> dict[str, Any]:
    lines = raw.decode().strip().splitlines()
    event: dict[str, Any] = dict(line.split(": ", 1) for line in lines)
    return {**event, "data": json.loads(event.get("data", "null"))}


def ids(event: dict[str, Any] | None) -> list[str]:
    assert event is not None
    return [one["id"] for one in event["data"]["shown"]]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def streams(desk: FakeDesk) -> AsyncIterator[Streams]:
    streams = Streams(desk)
    yield streams
    streams.close()


async def test_a_new_page_gets_the_whole_chat_and_then_the_news(
    streams: Streams, desk: FakeDesk
) -> None:
    desk.say("a", "One")
    page = Reader(streams)
    first = await page.next("batch")
    assert first is not None
    assert (ids(first), first["data"]["whole"]) == (["a"], True)
    desk.say("b", "Two")
    assert ids(await page.next("batch")) == ["b"]


async def test_an_empty_chat_says_so_at_once(streams: Streams) -> None:
    first = await Reader(streams).next("batch")
    assert first is not None
    assert first["data"] == {"whole": True, "shown": []}


async def test_a_page_resumes_where_it_broke_off(
    streams: Streams, desk: FakeDesk
) -> None:
    desk.say("a", "One")
    before = await Reader(streams).next("batch")
    assert before is not None
    desk.say("b", "Two")
    resumed = await Reader(streams, before["id"]).next("batch")
    assert resumed is not None
    assert (ids(resumed), resumed["data"]["whole"]) == (["b"], False)


async def test_silence_is_filled_with_heartbeats(streams: Streams) -> None:
    page = Reader(streams)
    await page.next("batch")
    assert await page.next("beat") is not None


async def test_the_stream_ends_with_the_session(
    streams: Streams, desk: FakeDesk
) -> None:
    page = Reader(streams)
    await page.next("batch")
    await desk.sign_out(TOKEN)
    assert await page.next("bye") is not None
    assert await page.next() is None


async def test_a_person_who_moved_is_streamed_anew(
    streams: Streams, desk: FakeDesk
) -> None:
    page = Reader(streams)
    await page.next("batch")
    desk.sessions[TOKEN] = replace(ANA, workspace_id=UUID(int=2))
    assert await page.next("bye") is None


async def test_closing_ends_every_stream_at_once(
    streams: Streams, desk: FakeDesk
) -> None:
    pages = [Reader(streams) for _ in range(3)]
    for page in pages:
        await page.next("batch")
        await page.next("beat")
    ends = [asyncio.create_task(page.next("never")) for page in pages]
    await asyncio.sleep(0)
    streams.close()
    assert await asyncio.gather(*ends) == [None, None, None]


async def test_one_who_does_not_read_holds_up_nobody_and_misses_nothing(
    streams: Streams, desk: FakeDesk
) -> None:
    slow, quick = Reader(streams), Reader(streams)
    await slow.next("batch")
    await quick.next("batch")
    for n in range(100):
        desk.say("a", f"Draft {n}", working=True)
        assert ids(await quick.next("batch")) == ["a"]
    latest = await slow.next("batch")
    assert latest is not None
    assert latest["data"]["shown"][0]["html"] == "<p>Draft 99</p>\n"
