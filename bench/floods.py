"""What a flood wait of one chat does to the others.

``python -m bench.floods [--chats 20] [--seconds 40] [--wait 30]``: so many people at
Telegram's own pace, each asking anew as soon as they are answered; once without, once
with one chat that refuses everything for ``--wait`` seconds while its person goes on
writing. How long the others waited for their answers, side by side.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import structlog

from bench.stream import database, opened
from db.server_bootstrap import Urls
from tests.scenarios import house
from tests.scenarios.house import House
from tests.scenarios.on_telegram import OnTelegram

HURRY_S = 0.7
"""Between two messages of the person whose chat waits."""


@dataclass
class Seen:
    """What came of one round."""

    waits: list[float] = field(default_factory=list)
    asked: int = 0
    """By the person whose chat waited."""
    answered: int = 0


async def talks(who: OnTelegram, until: float, waits: list[float]) -> None:
    """Ask, wait for the answer, and ask again."""
    while time.monotonic() < until:
        before, began = len(who.chat()), time.monotonic()
        await who.writes("/status")
        await _comes_to(who, before + 1)
        waits.append(time.monotonic() - began)
        await asyncio.sleep(1.1)


async def _comes_to(who: OnTelegram, messages: int, within_s: float = 60.0) -> None:
    await who.world.until(lambda: len(who.chat()) >= messages, within_s)


async def hurries(who: OnTelegram, until: float, seen: Seen) -> None:
    """Ask without waiting for answers."""
    while time.monotonic() < until:
        await who.writes("/status")
        seen.asked += 1
        await asyncio.sleep(HURRY_S)


async def round_of(made: House, chats: int, seconds: float, wait_s: float) -> Seen:
    """All talk at once; one chat waits, should there be a wait."""
    people = [
        cast("OnTelegram", await made.member("telegram")) for _ in range(chats + 1)
    ]
    busy, others = people[0], people[1:]
    seen, until = Seen(), time.monotonic() + seconds
    if wait_s:
        made.telegram.flood.waits[busy.user] = time.monotonic() + wait_s
    async with asyncio.TaskGroup() as group:
        group.create_task(hurries(busy, until, seen))
        for who in others:
            group.create_task(talks(who, until, seen.waits))
    await _comes_to(busy, seen.asked, within_s=wait_s + seen.asked * 1.5 + 30)
    seen.answered = len(busy.chat())
    return seen


async def rows(urls: Urls, folder: Path, args: argparse.Namespace) -> None:
    """The table."""
    print(f"{args.chats} chats for {args.seconds:.0f} s, answers to /status; seconds")
    print(
        f"{'one more chat':<26}{'answers':>8}{'p50':>7}{'p95':>7}{'max':>7}"
        f"{'tries':>7}{'429s':>7}{'its own':>9}"
    )
    async with house.surroundings() as outside:
        for name, wait_s in (
            ("warming up", 0.0),
            ("is busy", 0.0),
            (f"waits {args.wait:.0f} s", args.wait),
        ):
            seconds = 5.0 if name == "warming up" else args.seconds
            home = folder / name.replace(" ", "-")
            async with opened(outside, urls, home) as made:
                tell(name, await round_of(made, args.chats, seconds, wait_s), made)


def tell(name: str, seen: Seen, made: House) -> None:
    """One row."""
    flood = made.telegram.flood
    cuts = statistics.quantiles(seen.waits, n=100)
    print(
        f"{name:<26}{len(seen.waits):>8}{cuts[49]:>7.2f}{cuts[94]:>7.2f}"
        f"{max(seen.waits):>7.2f}{flood.early:>7}{flood.refused:>7}"
        f"{f'{seen.answered}/{seen.asked}':>9}"
    )


async def main() -> None:
    """Measure side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--wait", type=float, default=30.0)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    async with database() as (urls, folder):
        await rows(urls, folder, args)


if __name__ == "__main__":
    asyncio.run(main())
