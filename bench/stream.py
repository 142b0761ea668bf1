"""How far behind the model an answer is seen to grow, and what that costs.

``python -m bench.stream [--door web private ...] [--deltas 200] [--gap 0.04]``: the app
at its real pace, with a server of its own; the stand-in of Telegram counts what it is
sent and refuses what goes beyond its limits. Slack has ``bench.stream_slack``.
"""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import structlog

from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from tests.conftest import connected
from tests.scenarios import house
from tests.scenarios.house import House, Outside
from tests.scenarios.on_telegram import OnTelegram
from tests.standins.anthropic import Reply
from tests.standins.telegram.floods import Flood

ASK = "write homepage copy for Acme, a payroll tool for clinics"
DOORS = ("web", "private", "drafts", "group")
LOOK_EVERY_S = 0.005
MINUTE_S = 61.0


@dataclass(frozen=True)
class Given:
    """What was asked for."""

    deltas: int
    gap_s: float


def said(given: Given) -> Reply:
    """The answer: numbered words, one a delta."""
    text = " ".join(f"w{n}" for n in range(given.deltas))
    return Reply(text, piece_words=1, pace_s=given.gap_s)


async def lags(text: Callable[[], str], reply: Reply, given: Given) -> list[float]:
    """Look until all of it can be seen: how late each word was."""
    seen_at: list[float] = []
    async with asyncio.timeout(given.deltas * given.gap_s * 3 + 30):
        while len(seen_at) < given.deltas:
            shown = text()
            there = sum(f"w{n}" in shown for n in range(len(seen_at), given.deltas))
            seen_at += [time.monotonic()] * there
            await asyncio.sleep(LOOK_EVERY_S)
    sent_at = reply.sent_at[-given.deltas :]
    return [seen - at for seen, at in zip(seen_at, sent_at, strict=True)]


async def measure(name: str, door: str, made: House, given: Given) -> None:
    """One row."""
    text, ask, chat = await _person(door, made)
    reply = said(given)
    made.claude.script(reply)
    edits = len(made.telegram.calls)
    await ask()
    late = await lags(text, reply, given)
    await made.rests()
    cuts = statistics.quantiles(late, n=100)
    flood = made.telegram.flood
    calls = [call for call in made.telegram.calls[edits:] if "text" in call.params]
    print(
        f"{name:<30}{cuts[49]:>7.2f}{cuts[94]:>7.2f}{max(late):>7.2f}"
        f"{len(calls) if chat else '-':>8}{flood.most_within(chat, 1.0):>8}"
        f"{flood.most_within(chat, 60.0):>8}{flood.refused + flood.early:>7}"
    )


async def _person(
    door: str, made: House
) -> tuple[Callable[[], str], Callable[[], Any], int]:
    """What they see, how they ask, and their chat as the stand-in counts it."""
    if door == "web":
        ana = await made.member("web")
        return lambda: " ".join(one.text for one in ana.chat()), _ask(ana, ASK), 0
    group = made.group("telegram") if door == "group" else None
    who = cast("OnTelegram", await made.member("telegram", group))
    ask = f"@draper_bot {ASK}" if group else ASK
    return _on_telegram(who), _ask(who, ask), who.place


def _on_telegram(who: OnTelegram) -> Callable[[], str]:
    def text() -> str:
        draft = who.world.drafts.get(who.place)
        growing = draft.text if draft and draft.is_seen else ""
        return " ".join([*(one.text for one in who.chat()), growing])

    return text


def _ask(who: Any, words: str) -> Callable[[], Any]:
    return lambda: who.writes(words)


async def rows(urls: Urls, folder: Path, doors: list[str], given: Given) -> None:
    """The table."""
    print(f"{given.deltas} deltas, one each {given.gap_s} s; lag in seconds")
    heads = ("writes", "in 1 s", "in 60 s")
    print(
        f"{'':<30}{'p50':>7}{'p95':>7}{'max':>7}"
        + "".join(f"{head:>8}" for head in heads)
        + f"{'429s':>7}"
    )
    async with house.surroundings() as outside:
        await each_door(outside, urls, folder, doors, given)


async def each_door(
    outside: Outside, urls: Urls, folder: Path, doors: list[str], given: Given
) -> None:
    """The rows, at one door after the other."""
    for door in doors:
        home, drafts = folder / door, door == "drafts"
        async with opened(outside, urls, home, drafts=drafts) as made:
            await measure(f"{door}, warming up", door, made, Given(20, 0.02))
            await measure(door, door, made, given)
            if door != "web":
                slow = Given(given.deltas, given.gap_s * 3)
                await measure(f"{door}, written slowly", door, made, slow)


@contextlib.asynccontextmanager
async def opened(
    outside: Outside, urls: Urls, home: Path, *, drafts: bool = False
) -> AsyncIterator[House]:
    """The app at its real pace, among stand-ins that hold to their limits."""
    outside.telegram.flood = Flood(on=True)
    changes = _settings(outside, drafts=drafts)
    async with house.opened(urls, home, outside, **changes) as made:
        yield made


def _settings(outside: Outside, *, drafts: bool) -> dict[str, Any]:
    telegram = house.telegram_settings(outside, drafts=drafts)
    return {"telegram": telegram, "write_pause_s": None, "messages_per_minute": 0}


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[tuple[Urls, Path]]:
    """A migrated database on a server of its own, and a folder."""
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        server = Server(Path(home) / "server")
        urls = await server.start()
        try:
            async with connected(urls.owner) as owner, owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
            yield urls, Path(home)
        finally:
            await server.stop()


async def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--door", nargs="+", choices=DOORS, default=list(DOORS))
    parser.add_argument("--deltas", type=int, default=200)
    parser.add_argument("--gap", type=float, default=0.04)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    async with database() as (urls, folder):
        await rows(urls, folder, args.door, Given(args.deltas, args.gap))


if __name__ == "__main__":
    asyncio.run(main())
