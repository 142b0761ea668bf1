"""Slack sends what it sent before: each event four times, to two processes at once.

``python -m bench.retries [--events 10000]``: two whole processes on one database, with
fsync; the Slack stand-in takes what they answer. An event comes first, again at once at
the other process, again somewhat later, and once more when all has long been answered.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.signature import SignatureVerifier
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.pace import Pace
from bot.settings import Access
from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from tests.conftest import connected
from tests.db.asking import one
from tests.faults.app import App
from tests.scenarios import house
from tests.scenarios.house import Outside
from tests.standins.slack import Slack
from tests.standins.slack.state import APP, BOT, TEAM, Message, Room

CHANNELS, AT_ONCE, PROCESSES = 1_000, 64, 2
RETRIES = 3
PATIENCE_S = 900.0
_OPEN = """
    SELECT (SELECT count(*) FROM inbox WHERE status = 'received')
         + (SELECT count(*) FROM deliveries WHERE status IN ('planned', 'sending'))
"""


@dataclass
class Wire:
    """Slack's side of the line: signs, posts, and counts what was answered."""

    secret: str
    urls: list[str]
    session: aiohttp.ClientSession
    answers: Counter[int] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)

    async def post(self, event: dict[str, Any], process: int, retry: int) -> None:
        """Hand one event to one process, as Slack does the ``retry``th time."""
        body = json.dumps(event)
        stamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": str(
                SignatureVerifier(self.secret).generate_signature(
                    timestamp=stamp, body=body
                )
            ),
        }
        if retry:
            headers |= {
                "x-slack-retry-num": str(retry),
                "x-slack-retry-reason": "http_timeout",
            }
        began = time.perf_counter()
        async with self.session.post(
            self.urls[process], data=body, headers=headers
        ) as answer:
            self.answers[answer.status] += 1
        self.took_s.append(time.perf_counter() - began)


def event(number: int) -> dict[str, Any]:
    """Somebody mentions us, in a thread of its own."""
    at = f"{int(time.time())}.{number:06d}"
    return {
        "type": "event_callback",
        "event_id": f"Ev{number:08d}",
        "team_id": TEAM,
        "api_app_id": APP,
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        "event": {
            "type": "app_mention",
            "user": f"U{number % CHANNELS:05d}",
            "channel": f"C{number % CHANNELS:05d}",
            "text": f"<@{BOT}> /skills",
            "ts": at,
            "event_ts": at,
        },
    }


async def send(wire: Wire, events: list[dict[str, Any]]) -> None:
    """Each event once, and its first two retries across the processes."""
    chance = random.Random(1)  # noqa: S311 - a shuffle that can be repeated
    posts = [
        (number + retry * chance.randint(0, 400), number, retry)
        for number in range(len(events))
        for retry in range(RETRIES)
    ]
    waiting = iter(sorted(posts))

    async def hand_over() -> None:
        for _, number, retry in waiting:
            process = (number + retry) % PROCESSES
            await wire.post(events[number], process, retry)

    await asyncio.gather(*(hand_over() for _ in range(AT_ONCE)))


async def late(wire: Wire, events: list[dict[str, Any]]) -> None:
    """The last retry of each, when everything is long done."""
    waiting = iter(range(len(events)))

    async def hand_over() -> None:
        for number in waiting:
            await wire.post(events[number], number % PROCESSES, RETRIES)

    await asyncio.gather(*(hand_over() for _ in range(AT_ONCE)))


async def drained(owner: AsyncEngine) -> None:
    """Wait until everything is answered."""
    async with asyncio.timeout(PATIENCE_S):
        while await one(owner, _OPEN):  # noqa: ASYNC110 - another process's work
            await asyncio.sleep(0.5)


async def measure(count: int, urls: Urls, folder: Path) -> None:
    """The whole run; prints the table."""
    outside = Outside(slack=Slack())
    async with AsyncExitStack() as stack:
        for each in (outside.telegram, outside.slack, outside.claude, outside.mail):
            await stack.enter_async_context(each)
        outside.slack.echoes = False
        for number in range(CHANNELS):
            name = f"{number:05d}"
            outside.slack.world.users[f"U{name}"] = f"person{name}"
            outside.slack.world.add_room(Room(f"C{name}", "channel", f"c{name}"))
        owner = await stack.enter_async_context(connected(urls.owner))
        apps = [_app(urls, folder / str(n), outside) for n in range(PROCESSES)]
        for app in apps:
            stack.push_async_callback(app.ends)
            await app.starts()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        posted_to = [f"{app.url}/slack/events" for app in apps]
        wire = Wire(outside.slack.secret, posted_to, session)
        events = [event(number) for number in range(count)]
        for sent in events:
            said = sent["event"]
            message = Message(said["channel"], said["ts"], said["user"], said["text"])
            outside.slack.world.messages[message.room, message.ts] = message
        began = time.perf_counter()
        await send(wire, events)
        sent_s = time.perf_counter() - began
        await drained(owner)
        done_s = time.perf_counter() - began
        await late(wire, events)
        await drained(owner)
        await told(wire, outside.slack, owner, (sent_s, done_s))


async def told(
    wire: Wire, slack: Slack, owner: AsyncEngine, seconds: tuple[float, float]
) -> None:
    """Print what came of it."""
    kept = await one(owner, "SELECT count(*) FROM inbox WHERE kind = 'message'")
    handled = await one(
        owner,
        "SELECT count(*) FROM inbox WHERE kind = 'message' AND status = 'processed'",
    )
    threads = Counter(
        (message.room, message.thread)
        for message in slack.world.messages.values()
        if message.user == BOT
    )
    twice = sum(number > 1 for number in threads.values())
    cuts = statistics.quantiles(wire.took_s, n=100)
    print(f"posts {sum(wire.answers.values())}, answered {dict(wire.answers)}")
    print(f"kept {kept}, handled {handled}")
    print(f"threads answered {len(threads)}, answered twice {twice}")
    print(f"acknowledged: p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms")
    print(f"handed over in {seconds[0]:.0f} s, all answered after {seconds[1]:.0f} s")


def _app(urls: Urls, folder: Path, outside: Outside) -> App:
    folder.mkdir(parents=True)
    settings = house.settings(
        urls,
        folder.parent / "home",
        outside,
        webhooks=True,
        access=Access.OPEN,
        messages_per_minute=0,
    )
    off = settings.telegram.model_copy(update={"token": None})
    return App(settings.model_copy(update={"telegram": off}), folder, Pace())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        server = Server(Path(home) / "server")
        urls = await server.start()
        try:
            async with connected(urls.owner) as owner, owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            await measure(args.events, urls, Path(home))
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
