"""How fast an event is durably acknowledged, beside a bare 200 and a bare insert.

``python -m bench.acknowledge [--seconds 5]``: one server process, one client process,
PostgreSQL with fsync. The three are measured in turn, round by round, in one run.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, Request, Response
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from agent.mailroom.inbox import Inbox
from agent.vault.keys import InstallationKey
from bot.settings import Settings
from bot.web.app import create_app
from bot.wiring.database import open_database
from bot.wiring.doors import keeper, telegram_route
from channels.telegram.parse import Me
from db.tenancy import system

SECRET = "bench"  # noqa: S105
PORT = 8799
KINDS = {
    "bare 200": "/bench/bare",
    "bare insert": "/bench/insert",
    "Draper": "/telegram/webhook",
}
CONNECTIONS = 64
PACED_PER_S = 300


class _Known:
    async def me(self) -> Me:
        return Me("1", "bench_bot")


def serve(url: str) -> None:
    """The server process: the real app, with two bare routes beside ours."""
    asyncio.run(_serve(url))


async def _serve(url: str) -> None:
    keeping = create_async_engine(url, pool_size=2, max_overflow=0)
    plain = create_async_engine(url, pool_size=10)
    router = APIRouter()

    @router.post("/bench/bare")
    async def bare(request: Request) -> Response:
        await request.body()
        return Response(status_code=200)

    statement = text(
        "INSERT INTO inbox (channel, account, event_id, kind, body)"
        " VALUES ('bench', '', :id, 'message', :body) ON CONFLICT DO NOTHING"
    )

    @router.post("/bench/insert")
    async def insert(request: Request) -> Response:
        body = await request.body()
        async with system(plain, "door") as session:
            event_id = str(json.loads(body)["update_id"])
            await session.execute(statement, {"id": event_id, "body": body})
        return Response(status_code=200)

    keep = keeper(Inbox(keeping), InstallationKey(bytes(32)))
    ours = telegram_route(_Known(), SECRET, keep)
    app = create_app(_NoDesk(), _Clock(), routers=[router, ours])
    config = uvicorn.Config(app, port=PORT, log_config=None, access_log=False)
    await uvicorn.Server(config).serve()


class _NoDesk:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251


def _update(number: int) -> bytes:
    return json.dumps(
        {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": 1_790_000_000,
                "chat": {"id": number % 500 + 1, "type": "private"},
                "from": {"id": number % 500 + 1, "is_bot": False, "first_name": "Ana"},
                "text": "write homepage copy for Acme, a payroll tool for clinics",
            },
        }
    ).encode()


def _request(path: str, number: int) -> bytes:
    body = _update(number)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client:
    """Keep-alive connections that post and wait for the status line."""

    def __init__(self) -> None:
        self._number = int(time.time() * 1000)
        self._free: asyncio.Queue[Any] = asyncio.Queue()

    async def open(self) -> None:
        """Connect."""
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", PORT))

    async def post(self, path: str) -> float:
        """Post one new event; seconds until it was acknowledged."""
        self._number += 1
        reader, writer = connection = await self._free.get()
        began = time.perf_counter()
        writer.write(_request(path, self._number))
        head = await reader.readuntil(b"\r\n\r\n")
        took = time.perf_counter() - began
        if b" 200 " not in head[:20]:
            raise RuntimeError(head.decode())
        self._free.put_nowait(connection)
        return took

    async def flood(self, path: str, seconds: float) -> float:
        """Post from every connection at once; acknowledged per second."""
        until, done = time.perf_counter() + seconds, 0

        async def one() -> None:
            nonlocal done
            while time.perf_counter() < until:
                await self.post(path)
                done += 1

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
        return done / (time.perf_counter() - began)

    async def paced(self, path: str, seconds: float) -> list[float]:
        """Post at a steady rate; the seconds each took."""
        tasks, began = [], time.perf_counter()
        for number in range(int(seconds * PACED_PER_S)):
            await asyncio.sleep(began + number / PACED_PER_S - time.perf_counter())
            tasks.append(asyncio.create_task(self.post(path)))
        return list(await asyncio.gather(*tasks))


@asynccontextmanager
async def database() -> AsyncIterator[URL]:
    """An embedded PostgreSQL of its own, durable as in production."""
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home))
        async with open_database(settings) as pools:
            yield pools.system.url


async def measure(seconds: float, rounds: int) -> None:
    client = Client()
    await _ready(client)
    for path in KINDS.values():
        await client.flood(path, 1)
    rates: dict[str, list[float]] = {name: [] for name in KINDS}
    waits: dict[str, list[float]] = {name: [] for name in KINDS}
    for _ in range(rounds):
        for name, path in KINDS.items():
            rates[name].append(await client.flood(path, seconds))
            waits[name] += await client.paced(path, seconds)
    base = statistics.median(rates["bare insert"])
    print(f"{'':12} {'acks/s':>8} {'x insert':>9} {'p50 ms':>8} {'p99 ms':>8}")
    for name in KINDS:
        rate = statistics.median(rates[name])
        cuts = statistics.quantiles(waits[name], n=100)
        print(
            f"{name:12} {rate:8.0f} {rate / base:9.2f} "
            f"{cuts[49] * 1000:8.2f} {cuts[98] * 1000:8.2f}"
        )
    cores = os.cpu_count()
    print(f"{CONNECTIONS} connections; p50, p99 at {PACED_PER_S}/s; {cores} cores")


async def _ready(client: Client) -> None:
    for _ in range(200):
        try:
            return await client.open()
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the server did not start")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    async with database() as url:
        plain = url.render_as_string(hide_password=False)
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(plain,)
        )
        server.start()
        try:
            await measure(args.seconds, args.rounds)
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    asyncio.run(main())
