"""What Telegram may send: the same update five times, two bots, and damaged bodies.

``python -m bench.telegram_updates [--updates 2000] [--seeds 400]``. Repeats: two bots
that count their updates alike, each update five times and the repeats in any order,
kept by two processes' inboxes and claimed by four workers. Mutants: bodies with one
part replaced, removed, doubled or damaged, posted to the webhook of a whole app.
"""

import argparse
import asyncio
import json
import random
import tempfile
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.mailroom import inbox_queries
from agent.mailroom.inbox import Inbox
from agent.vault.keys import InstallationKey
from bot.wiring.doors import keeper
from channels.contract import Received
from channels.telegram.parse import Me, parse
from channels.telegram.webhook import SECRET_HEADER
from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.channels.telegram.test_parse import mutants
from tests.conftest import connected
from tests.db.asking import one, run
from tests.scenarios.house import SECRET, Outside, opened, surroundings

KEY = InstallationKey(b"k" * 32)
BOTS = (Me("7001", "one_bot"), Me("7002", "other_bot"))
CHATS, COPIES, WORKERS, IDLE = 50, 5, 4, 3


def update(number: int) -> bytes:
    """A message; chats take turns."""
    chat = 1 + number % CHATS
    person = {"id": chat, "is_bot": False, "first_name": "A"}
    place = {"id": chat, "type": "private", "first_name": "A"}
    said = {"message_id": number, "date": 1_800_000_000, "chat": place, "from": person}
    body = {"update_id": number, "message": said | {"text": f"message {number}"}}
    return json.dumps(body).encode()


def arrivals(count: int) -> list[Received]:
    """First copies in order; each repeat anywhere after its first."""
    chance = random.Random(7)  # noqa: S311 - no secret
    spots: list[tuple[float, Received]] = []
    for number in range(count):
        for me in BOTS:
            event = parse(update(number), me)
            spots.append((number, event))
            spots += [
                (number + chance.uniform(0.5, count / 4), event)
                for _ in range(COPIES - 1)
            ]
    return [event for _, event in sorted(spots, key=lambda spot: spot[0])]


async def repeats(engine: AsyncEngine, count: int) -> dict[str, Any]:
    """Keep and claim; what was handled, how often, and in which order."""
    keeps = [keeper(Inbox(engine), KEY) for _ in range(2)]
    events = arrivals(count)
    firsts: set[tuple[str, str]] = set()
    for at, event in enumerate(events):
        # A chat's first copies come in order; Telegram sends them one by one.
        await keeps[at % 2]([event])
        firsts.add((event.account, event.event_id))
    handled: list[tuple[str, str, int]] = []
    await asyncio.gather(*(_work(engine, handled) for _ in range(WORKERS)))
    times = Counter((account, number) for account, _, number in handled)
    order: dict[tuple[str, str], list[int]] = defaultdict(list)
    for account, chat, number in handled:
        order[account, chat].append(number)
    inversions = sum(a > b for line in order.values() for a, b in pairwise(line))
    return {
        "sent": len(events),
        "one each": len(firsts),
        "handled": len(times),
        "twice": sum(n > 1 for n in times.values()),
        "lost": len(firsts) - len(times),
        "inversions": inversions,
    }


async def _work(engine: AsyncEngine, handled: list[tuple[str, str, int]]) -> None:
    idle = 0
    while idle < IDLE:
        async with system(engine, "worker") as session:
            items = await inbox_queries.claim_inbox(session, limit=8, lease_s=60)
        idle = 0 if items else idle + 1
        for item in items:
            chat, number = item.payload["chat"], int(item.payload["message_id"])
            handled.append((item.account, chat, number))
            async with system(engine, "worker") as session:
                await inbox_queries.close_inbox(session, item, "processed")


async def damaged(
    urls: Urls, home: Path, outside: Outside, seeds: int
) -> dict[str, Any]:
    """Post mutants to a whole app; how it took them, and what it kept."""
    made = [body for seed in range(seeds) for body in mutants(seed)]
    bodies = [numbered(body, 5_000 + at) for at, body in enumerate(made)]
    statuses: Counter[int] = Counter()
    async with (
        opened(urls, home, outside, webhooks=True) as house,
        httpx.AsyncClient(timeout=30) as wire,
    ):
        for body in bodies:
            answer = await wire.post(
                f"{house.url}/telegram/webhook",
                content=body,
                headers={SECRET_HEADER: SECRET},
            )
            statuses[answer.status_code] += 1
        await house.rests()
        alive = (await wire.get(f"{house.url}/healthz")).status_code
        left = "SELECT count(*) FROM inbox WHERE status IN ('received', 'failed')"
        stuck = await one(house.owner, left)
        kept = await run(house.owner, "SELECT event_id, message_key FROM inbox")
    ids = {row.event_id for row in kept}
    keys = {row.message_key for row in kept} - {None}
    expected = [parse(body, BOTS[0]) for body in bodies]
    return {
        "mutants": len(bodies),
        "answers": dict(statuses),
        "rows": len(ids & {e.event_id for e in expected}),
        "same message": sum(
            e.event_id not in ids and e.message_key in keys for e in expected
        ),
        "not kept": sum(
            e.event_id not in ids and e.message_key not in keys for e in expected
        ),
        "stuck or failed": stuck,
        "health": alive,
    }


def numbered(body: bytes, number: int) -> bytes:
    """The same with ids of its own, where there are sound ones in it.

    Else most would be the same message again, and one row is right for those.
    """
    try:
        found = json.loads(body)
    except ValueError:
        return body
    if not isinstance(found, dict) or type(found.get("update_id")) is not int:
        return body
    for written in (found.get("message"), found.get("edited_message")):
        if isinstance(written, dict) and type(written.get("message_id")) is int:
            written["message_id"] = number
    return json.dumps(found | {"update_id": number}).encode()


async def measure(updates: int, seeds: int) -> None:
    """Print both tables."""
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="draper-bench-"))
        )
        server = Server(folder / "server")
        urls = await server.start()
        stack.push_async_callback(server.stop)
        async with connected(urls.owner) as owner, owner.begin() as connection:
            await connection.run_sync(schema.upgrade)
        engine = await stack.enter_async_context(connected(urls.system))
        _show("repeats", await repeats(engine, updates))
        outside = await stack.enter_async_context(surroundings())
        _show("mutants", await damaged(urls, folder / "home", outside, seeds))


def _show(name: str, found: dict[str, Any]) -> None:
    print(name)
    for what, value in found.items():
        print(f"  {what:<16} {value}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=400)
    given = parser.parse_args()
    asyncio.run(measure(given.updates, given.seeds))
