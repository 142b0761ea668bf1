"""Pacing: nobody writes faster than a platform lets them, and nobody waits in vain."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import pacing
from bot.pacing import PATIENCE_S, Pacing, Write
from channels.contract import Channel
from channels.rates import Act
from channels.slack.clients import OneClient
from channels.slack.door import SlackDoor
from channels.telegram.rates import stream_interval_s
from channels.telegram.send import TelegramChannel
from channels.web.door import WebDoor
from tests.fakes.loop import run

GROUP = "-100"
DOORS: dict[str, Channel] = {
    "telegram": TelegramChannel("1:a"),
    "slack": SlackDoor(OneClient(AsyncWebClient("none"))),
    "web": WebDoor(),
}


def to(chat: str, act: Act = Act.SEND, *, door: str = "telegram") -> Write:
    return Write(door, "7", chat, act)


class Sent:
    """Writes as the platform saw them come."""

    def __init__(self, pause_s: float | None = None) -> None:
        self.pacing = Pacing(DOORS, pause_s=pause_s)
        self.at: list[tuple[float, Write]] = []

    async def send(self, write: Write, *, takes_s: float = 0.0) -> None:
        """Write, as often as it is given back."""
        wait_s = await self.pacing.turn(write)
        if wait_s:
            await asyncio.sleep(wait_s)
            await self.send(write, takes_s=takes_s)
            return
        self.at.append((asyncio.get_running_loop().time(), write))
        await asyncio.sleep(takes_s)
        self.pacing.ended(write)

    async def all(self, writes: Iterable[Write]) -> None:
        async with asyncio.TaskGroup() as group:
            for write in writes:
                group.create_task(self.send(write))

    async def stream(self, chat: str, for_s: float) -> None:
        clock = asyncio.get_running_loop().time
        ends = clock() + for_s
        while clock() < ends:
            await self.send(to(chat, Act.STREAM))
            await asyncio.sleep(stream_interval_s(chat))

    def times(self, act: Act | None = None) -> list[float]:
        return [at for at, write in self.at if act in {None, write.act}]

    def most_within(self, span_s: float) -> int:
        """The most that came within any span."""
        times = self.times()
        return max(sum(at <= one < at + span_s for one in times) for at in times)


def test_a_chat_takes_three_at_once_and_then_one_a_second() -> None:
    async def tried() -> Sent:
        sent = Sent()
        await sent.all(to("42") for _ in range(10))
        return sent

    times = run(tried()).times()
    assert times[2] < 1
    assert all(at >= number - 2 for number, at in enumerate(times))
    assert times[-1] < 8.5  # and no slower than that


def test_no_minute_of_a_group_sees_more_than_twenty() -> None:
    async def tried() -> Sent:
        sent = Sent()
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(sent.stream(GROUP, 300.0))
            group.create_task(sent.all(to(GROUP) for _ in range(30)))
        return sent

    sent = run(tried())
    assert sent.most_within(60.0) == 20  # all of it is used, and nothing more
    assert len(sent.times(Act.SEND)) == 30


def test_a_new_message_in_a_group_waits_for_one_look_of_a_stream_at_most() -> None:
    async def tried() -> float:
        sent = Sent()
        streaming = asyncio.create_task(sent.stream(GROUP, 130.0))
        await asyncio.sleep(119.0)
        began = asyncio.get_running_loop().time()
        await sent.send(to(GROUP))
        waited = asyncio.get_running_loop().time() - began
        await streaming
        return waited

    assert run(tried()) < 3.2


def test_a_groups_stream_is_seen_every_few_seconds_and_no_minute_breaks_it() -> None:
    async def tried() -> list[float]:
        sent = Sent()
        await sent.send(to(GROUP))
        await sent.stream(GROUP, 300.0)
        return sent.times()

    times = run(tried())
    gaps = [later - before for before, later in pairwise(times)]
    assert max(gaps) < 5  # once: the first minute had the placeholder, too
    assert sum(gap > 3.5 for gap in gaps) <= 1


def test_all_chats_together_keep_to_what_the_account_may() -> None:
    async def tried() -> Sent:
        sent = Sent()
        await sent.all(to(str(chat)) for chat in range(300))
        return sent

    sent = run(tried())
    assert sent.most_within(1.0) <= 30
    assert sent.times()[-1] < 12


def test_what_is_new_goes_before_what_grows() -> None:
    async def tried() -> Sent:
        sent = Sent()
        streams = [to(str(chat), Act.STREAM) for chat in range(200)]
        async with asyncio.TaskGroup() as group:
            group.create_task(sent.all(streams))
            await asyncio.sleep(2.5)
            group.create_task(sent.all(to(str(chat)) for chat in range(500, 530)))
        return sent

    sent = run(tried())
    late = sent.times(Act.SEND)[-1] - 2.5
    assert late < 4.5
    assert sent.times(Act.STREAM)[-1] > late + 2.5


def test_a_flood_wait_of_one_chat_leaves_the_others_alone() -> None:
    async def tried() -> Sent:
        sent = Sent()
        sent.pacing.hold("telegram/7/1", 30.0)
        sent.pacing.hold("telegram/7/1", 5.0)  # a shorter wait changes nothing
        await sent.all(to(str(chat), act) for chat in (1, 2) for act in Act)
        return sent

    sent = run(tried())
    first = {write.chat: at for at, write in reversed(sent.at)}
    assert first["1"] >= 30.0
    assert first["2"] < 0.1
    assert len(sent.at) == 6  # nothing is dropped


def test_a_chat_has_one_write_on_its_way_at_a_time() -> None:
    async def tried() -> Sent:
        sent = Sent()
        async with asyncio.TaskGroup() as group:
            for chat in ("1", "1", "2"):
                group.create_task(sent.send(to(chat), takes_s=3.0))
        return sent

    times = [at for at, write in run(tried()).at if write.chat == "1"]
    assert times[1] - times[0] >= 3.0


def test_the_end_of_one_write_told_twice_ends_no_other() -> None:
    async def tried() -> None:
        pacing = Pacing(DOORS)
        first, second = to("42"), to("42")
        assert await pacing.turn(first) == 0
        pacing.ended(first)
        assert await pacing.turn(second) == 0
        pacing.ended(first)
        assert pacing.wait_s(to("42")) > 0
        pacing.ended(second)
        assert pacing.wait_s(to("42")) == 0

    run(tried())


def test_who_must_wait_long_gives_the_place_back() -> None:
    async def tried() -> tuple[float, float]:
        sent = Sent()
        await sent.all(to("1") for _ in range(3))
        began = asyncio.get_running_loop().time()
        wait_s = await sent.pacing.turn(to("1"))
        return wait_s, asyncio.get_running_loop().time() - began

    wait_s, took = run(tried())
    assert wait_s > PATIENCE_S >= took


def test_slack_counts_edits_by_workspace_and_posts_by_channel() -> None:
    async def tried() -> Sent:
        sent = Sent()
        edits = [to(f"C{n}", Act.EDIT, door="slack") for n in range(100)]
        await sent.all(edits)
        return sent

    sent = run(tried())
    assert sent.most_within(60.0) <= 50

    async def posted() -> list[float]:
        sent = Sent()
        await sent.all(to(f"C{n % 2}", door="slack") for n in range(20))
        return sent.times()

    assert 9.0 < run(posted())[-1] < 11.0


def test_a_workspace_does_not_wait_for_another() -> None:
    async def tried() -> float:
        sent = Sent()
        await sent.all(to(f"C{n}", Act.EDIT, door="slack") for n in range(48))
        return sent.pacing.wait_s(Write("slack", "8", "C1", Act.EDIT))

    assert run(tried()) == 0


def test_chats_that_fell_silent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "GAUGES", 50)

    async def tried() -> int:
        sent = Sent()
        for chat in range(200):
            await sent.send(to(str(chat)))
            await asyncio.sleep(1.0)
        return len(sent.pacing._gauges)

    assert run(tried()) <= 51


def test_one_pace_can_stand_for_all() -> None:
    async def tried() -> list[float]:
        sent = Sent(pause_s=0.03)
        await sent.all(to(GROUP) for _ in range(100))
        return sent.times()

    assert 2.9 < run(tried())[-1] < 4.5
