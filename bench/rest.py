"""How fast reads are over REST: a key authenticated, counted and answered.

``python -m bench.rest [--seconds 15] [--rate 200]``: ``draper run web`` as one process,
one client process, PostgreSQL with fsync, 4 workspaces with 300
runs each, 5 keys each.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import URL, text

from agent.ctx import Caller, Role
from agent.gate import invoke
from agent.identity import caller_queries
from agent.identity.key_operations import new_key
from agent.runs.operations import start_run
from bot.logs import configure
from bot.services import Services
from bot.settings import Settings
from bot.wiring import processes
from bot.wiring.database import Pools, open_database
from bot.wiring.processes import Parts
from bot.wiring.services import make_core

PORT = 8798
CONNECTIONS = 32
RUNS = 300
_DONE = text("UPDATE runs SET status = 'completed' WHERE status = 'queued'")
WORKSPACES, KEYS = 4, 5
READS = {
    "runs.list": "{}",
    "runs.show": '{"number": 17}',
    "runs.status": "{}",
    "runs.outputs": '{"limit": 50}',
    "catalog.skills": "{}",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server finds its database."""

    home: str
    app: str
    system: str


def serve(place: Place) -> None:
    """The server process, as ``draper run web`` has it."""
    configure("WARNING", as_json=False)
    given: dict[str, Any] = {
        "home": Path(place.home),
        "port": PORT,
        "database_url": place.app,
        "database_system_url": place.system,
    }
    settings = Settings(_env_file=None, **given)
    asyncio.run(processes.run(settings, Parts(web=True, worker=False, chat=False)))


async def furnish(settings: Settings, pools: Pools) -> list[str]:
    """Workspaces with runs in them; keys that read them, each below its quota."""
    core = await make_core(settings, pools)
    found = []
    for number in range(WORKSPACES):
        caller = await _moved_in(core.services, f"Team {number}")
        for at in range(RUNS):
            async with core.services.ctx(caller) as ctx:
                brief = f"Write ad {at} for our tea."
                await invoke(start_run, ctx, {"brief": brief})
                await ctx.session.execute(_DONE)
        for at in range(KEYS):
            async with core.services.ctx(caller) as ctx:
                made = await invoke(new_key, ctx, {"name": f"bench {at}"})
            found.append(made.key)
    await core.aclose()
    return found


async def _moved_in(services: Services, name: str) -> Caller:
    ids = services.ids
    caller = Caller(ids.new(), ids.new(), Role.OWNER)
    async with services.as_role("door") as session:
        await caller_queries.add_user(session, caller.user_id, name)
        await caller_queries.add_workspace(session, caller.workspace_id, name)
        row = {
            "workspace_id": caller.workspace_id,
            "user_id": caller.user_id,
            "role": "owner",
            "display_name": name,
        }
        await caller_queries.add_member(session, row)
    return caller


class Client:
    """Keep-alive connections that ask and read whole answers."""

    def __init__(self, keys: list[str], rate: int) -> None:
        self._keys, self.rate = cycle(keys), rate
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        self.sizes: dict[str, int] = {}

    async def open(self) -> None:
        """Connect, as soon as somebody listens."""
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await self._connected())

    async def _connected(self) -> Any:
        for _ in range(200):
            try:
                return await asyncio.open_connection("127.0.0.1", PORT)
            except OSError:
                await asyncio.sleep(0.1)
        raise RuntimeError("the server did not start")

    async def post(self, operation: str) -> float:
        """Ask once; seconds until the whole answer was there, waiting included."""
        began = time.perf_counter()
        reader, writer = connection = await self._free.get()
        writer.write(self._request(operation, READS[operation].encode()))
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        size = int(fields[b"content-length"])
        await reader.readexactly(size)
        if b" 200 " not in head[:20]:
            raise RuntimeError(head.decode())
        self.sizes[operation] = size
        self._free.put_nowait(connection)
        return time.perf_counter() - began

    async def paced(self, seconds: float) -> dict[str, list[float]]:
        """Ask at a steady rate, whatever the answers; the seconds each took."""
        names = list(READS)
        tasks: dict[str, list[asyncio.Task[float]]] = {name: [] for name in names}
        began = time.perf_counter()
        for number in range(int(seconds * self.rate)):
            await asyncio.sleep(began + number / self.rate - time.perf_counter())
            name = names[number % len(names)]
            tasks[name].append(asyncio.create_task(self.post(name)))
        return {name: list(await asyncio.gather(*each)) for name, each in tasks.items()}

    def _request(self, operation: str, body: bytes) -> bytes:
        head = (
            f"POST /v1/{operation} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
            f"Authorization: Bearer {next(self._keys)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def told(client: Client, took: dict[str, list[float]], seconds: float) -> None:
    """Print the table."""
    print(f"{'':16} {'n':>6} {'bytes':>7} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}")
    whole = [one for each in took.values() for one in each]
    for name, each in [*took.items(), ("all", whole)]:
        cuts = statistics.quantiles(each, n=100)
        row = (cuts[at] * 1000 for at in (49, 94, 98))
        size = client.sizes.get(name, 0)
        print(f"{name:16} {len(each):6} {size:7} " + " ".join(f"{c:8.2f}" for c in row))
    place = f"{WORKSPACES} workspaces of {RUNS} runs, {KEYS} keys each"
    print(f"{client.rate}/s for {seconds:.0f} s; {place}; {os.cpu_count()} cores")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rate", type=int, default=200)
    args = parser.parse_args()
    configure("WARNING", as_json=False)
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home))
        async with open_database(settings) as pools:
            keys = await furnish(settings, pools)
            place = Place(home, _plain(pools.app.url), _plain(pools.system.url))
            await _measured(place, Client(keys, args.rate), args.seconds)


async def _measured(place: Place, client: Client, seconds: float) -> None:
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(place,))
    server.start()
    try:
        await client.open()
        await client.paced(2)
        told(client, await client.paced(seconds), seconds)
    finally:
        server.terminate()
        server.join()


def _plain(url: URL) -> str:
    return url.render_as_string(hide_password=False)


if __name__ == "__main__":
    asyncio.run(main())
