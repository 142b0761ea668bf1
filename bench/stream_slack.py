"""How far behind the model an answer on Slack is seen to grow, and what that costs.

``python -m bench.stream_slack [--deltas 200] [--gap 0.1] [--threads]``: the app is a
process of its own at its real pace, with fsync; the stand-in of Slack counts tiers and
a message a second in a channel, and refuses what goes beyond. A stream in a thread,
several at once, then edits in a direct conversation; with ``--threads`` a stream there.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bot.pace import Pace
from bot.settings import Access
from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from tests.conftest import connected
from tests.faults.app import App
from tests.scenarios import house
from tests.scenarios.house import Outside
from tests.standins.anthropic import Reply
from tests.standins.slack import Slack
from tests.standins.slack.state import BOT, Message, Room

LOOK_EVERY_S = 0.005
ASK = "@draper write homepage copy for Acme, a payroll tool for clinics"
METHODS = ("startStream", "appendStream", "stopStream", "postMessage", "update")


@dataclass(frozen=True)
class Given:
    """What was asked for."""

    deltas: int
    gap_s: float
    threads: bool = False
    """Only this: directly, where each message begins a thread (SLACK_THREADS)."""


@dataclass
class Watched:
    """One answer, and when each of its words was first seen."""

    slack: Slack
    room: str
    root: str
    said: dict[str, Reply]
    """What the model may say there, by the letter that its words begin with."""
    seen_at: list[float] = field(default_factory=list)

    async def lags(self, words: int) -> list[float]:
        """Look until all of it stands there: how late each word was."""
        letter, begins = "", {f"{letter}0" for letter in self.said}
        while len(self.seen_at) < words:
            shown = self._text().split()
            letter = letter or next((w[0] for w in shown if w in begins), "")
            there = sum(word[:1] == letter and word[1:].isdecimal() for word in shown)
            self.seen_at += [time.monotonic()] * (there - len(self.seen_at))
            await asyncio.sleep(LOOK_EVERY_S)
        sent_at = self.said[letter].sent_at[-words:]
        return [seen - at for seen, at in zip(self.seen_at, sent_at, strict=True)]

    def _text(self) -> str:
        said = (m for m in self.slack.world.messages.values() if self._is_it(m))
        return " ".join(message.text for message in said)

    def _is_it(self, message: Message) -> bool:
        here = message.room == self.room and message.thread in {self.root, ""}
        return here and message.user == BOT


async def measure(
    name: str, outside: Outside, rooms: Sequence[str], given: Given
) -> None:
    """One row: an answer in each room, all at once; no room: directly."""
    slack, said = outside.slack, {}
    for letter, _ in zip("abcdef", rooms, strict=False):
        text = " ".join(f"{letter}{n}" for n in range(given.deltas))
        said[letter] = Reply(text, piece_words=1, pace_s=given.gap_s)
    outside.claude.script(*said.values())
    slack.world.calls.clear()
    slack.world.limited.clear()
    watched = [await _asked(slack, room, said) for room in rooms]
    try:
        async with asyncio.timeout(given.deltas * given.gap_s * 4 + 30):
            each = await asyncio.gather(*(one.lags(given.deltas) for one in watched))
    except TimeoutError:
        print(name, "did not end:", [slack.messages(one.room) for one in watched])
        raise
    await asyncio.sleep(3)
    _tell(name, [lag for lags in each for lag in lags], slack)


async def _asked(slack: Slack, room: str, said: dict[str, Reply]) -> Watched:
    user = f"U{slack.world.serial():08d}"
    slack.world.users[user] = user.casefold()
    root = await slack.say(ASK, user=user, channel=room)
    return Watched(slack, room or slack.dm(user), root, said)


def _tell(name: str, lags: list[float], slack: Slack) -> None:
    cuts = statistics.quantiles(lags, n=100)
    calls = Counter(method.removeprefix("chat.") for method, _ in slack.world.calls)
    counted = "".join(f"{calls[method]:>8}" for method in METHODS)
    print(
        f"{name:<26}{cuts[49]:>7.2f}{cuts[94]:>7.2f}{max(lags):>7.2f}{counted}"
        f"{len(slack.world.limited):>7}{len(slack.world.pings):>7}"
    )


async def rows(urls: Urls, folder: Path, given: Given) -> None:
    """The table."""
    outside = Outside(slack=Slack(hurry=1.0))
    async with AsyncExitStack() as stack:
        for each in (outside.telegram, outside.slack, outside.claude, outside.mail):
            await stack.enter_async_context(each)
        slack = outside.slack
        slack.world.tiers.on, slack.world.pace_s = True, 1.0
        for number in range(8):
            slack.world.add_room(Room(f"C{number:08d}", "channel", f"c{number}"))
        app = _app(urls, folder, outside, threads=given.threads)
        stack.push_async_callback(app.ends)
        await app.starts()
        print(f"{given.deltas} deltas, one each {given.gap_s} s; lag in seconds")
        heads = "".join(f"{m[-7:]:>8}" for m in METHODS)
        print(f"{'':<26}{'p50':>7}{'p95':>7}{'max':>7}{heads}{'429s':>7}{'pings':>7}")
        await measure("a thread, warming up", outside, ["C00000000"], Given(20, 0.05))
        if given.threads:
            await measure("directly: a stream", outside, [""], given)
            return
        await measure("a thread: a stream", outside, ["C00000001"], given)
        three = [f"C{number:08d}" for number in range(2, 5)]
        await asyncio.sleep(61)
        await measure("three threads at once", outside, three, given)
        await asyncio.sleep(61)
        await measure("direct: edits", outside, [""], given)
        await asyncio.sleep(61)
        await measure("three directly: edits", outside, [""] * 3, given)


def _app(urls: Urls, folder: Path, outside: Outside, *, threads: bool) -> App:
    folder.mkdir(parents=True)
    settings = house.settings(
        urls, folder / "home", outside, access=Access.OPEN, messages_per_minute=0
    )
    off = settings.telegram.model_copy(update={"token": None})
    on = settings.slack.model_copy(update={"threads": threads})
    changes = {"telegram": off, "slack": on}
    return App(settings.model_copy(update=changes), folder, Pace())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deltas", type=int, default=200)
    parser.add_argument("--gap", type=float, default=0.1)
    parser.add_argument("--threads", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        server = Server(Path(home) / "server")
        urls = await server.start()
        try:
            async with connected(urls.owner) as owner, owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            await rows(
                urls, Path(home) / "app", Given(args.deltas, args.gap, args.threads)
            )
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
