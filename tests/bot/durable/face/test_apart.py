"""The engine and an app as two processes, either of them killed."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from db.server_bootstrap import Urls
from tests.bot.durable.face.site import EVENT_KEY, SHOWN

HERE = "tests.bot.durable.face"
STEPS = ("a", "b", "c", "d", "e")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass
class Pair:
    """Both processes; the engine's state is in PostgreSQL, the app's in its diary."""

    urls: Urls
    diary: Path
    engine_port: int = field(default_factory=free_port)
    app_port: int = field(default_factory=free_port)
    engine: Process | None = None
    app: Process | None = None

    @property
    def http(self) -> httpx.AsyncClient:
        url = f"http://127.0.0.1:{self.engine_port}"
        return httpx.AsyncClient(base_url=url, headers=SHOWN)

    async def start_engine(self) -> None:
        said = [plain(self.urls.app), plain(self.urls.system)]
        self.engine = await spawn("engine_child", str(self.engine_port), *said)
        await answers(f"http://127.0.0.1:{self.engine_port}/health")

    async def start_app(self) -> None:
        engine_url = f"http://127.0.0.1:{self.engine_port}"
        words = (str(self.app_port), engine_url, str(self.diary))
        self.app = await spawn("app_child", *words)
        url = f"http://127.0.0.1:{self.app_port}/api/inngest"
        await answers(url, lambda http: http.put(url))

    async def send(self, *ids: str, name: str = "errand", **data: Any) -> None:
        events = [{"name": name, "id": key, "data": data} for key in ids]
        async with self.http as http:
            answer = await http.post(f"/e/{EVENT_KEY}", json=events)
        assert answer.json()["ids"] == list(ids)

    async def ended(self, *ids: str) -> list[dict[str, Any]]:
        """The runs of these events, one each, once all have ended."""
        runs = [await self._ended(key) for key in ids]
        assert [len(one) for one in runs] == [1] * len(ids)
        return [one[0] for one in runs]

    async def _ended(self, event_id: str) -> list[dict[str, Any]]:
        async with self.http as http, asyncio.timeout(30):
            while True:
                answer = await http.get(f"/v1/events/{event_id}/runs")
                runs: list[dict[str, Any]] = answer.json()["data"]
                if runs and all(run["ended_at"] for run in runs):
                    return runs
                await asyncio.sleep(0.1)

    def lines(self) -> Counter[str]:
        return Counter(self.diary.read_text().split() if self.diary.exists() else ())

    async def wrote(self, many: int) -> None:
        """Wait until the diary has so many lines."""
        async with asyncio.timeout(20):
            while self.lines().total() < many:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        for process in (self.app, self.engine):
            if process and process.returncode is None:
                process.kill()
                await process.wait()


async def spawn(module: str, *words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{HERE}.{module}", *words
    )


async def answers(url: str, ask: Callable[..., Any] | None = None) -> None:
    """Wait until a process answers well."""
    async with httpx.AsyncClient() as http, asyncio.timeout(30):
        while True:
            try:
                answer = await (ask(http) if ask else http.get(url))
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            return


async def kill(process: Process | None, how: int = signal.SIGKILL) -> int:
    assert process
    process.send_signal(how)
    return await process.wait()


def plain(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
async def pair(database: Urls, tmp_path: Path) -> AsyncIterator[Pair]:
    made = Pair(database, tmp_path / "diary")
    await made.start_engine()
    await made.start_app()
    yield made
    await made.close()


@pytest.mark.long
async def test_an_app_killed_in_mid_step_goes_on_when_it_is_back(pair: Pair) -> None:
    await pair.send("e1", name="long", seconds=60)
    await pair.wrote(1)
    await kill(pair.app)
    await asyncio.sleep(0.3)
    await pair.start_app()
    (run,) = await pair.ended("e1")
    assert (run["status"], run["output"]) == ("Completed", "ended")
    # One attempt for the call that was cut, none for those that found nobody.
    assert pair.lines() == Counter(["begun:0", "begun:1", "ended"])


async def test_an_engine_killed_with_runs_under_way_loses_nothing(pair: Pair) -> None:
    ids = [f"e{n}" for n in range(20)]
    await pair.send(*ids)
    for many in (8, 45, 70):
        await pair.wrote(many)
        await kill(pair.engine)
        await pair.start_engine()
    runs = await pair.ended(*ids)
    assert {(run["status"], run["output"]) for run in runs} == {("Completed", 5)}
    lines = pair.lines()
    assert set(lines) == {f"{key}:{step}" for key in ids for step in STEPS}
    # Only what was in flight when the engine died may have been done again.
    assert max(lines.values()) <= 4
    assert lines.total() <= len(ids) * len(STEPS) + 3 * len(ids) * 2


@pytest.mark.long
async def test_events_sent_again_after_a_crash_are_the_same(pair: Pair) -> None:
    await pair.send("e1", "e2")
    await kill(pair.engine)
    await pair.start_engine()
    await pair.send("e1", "e2", "e3")
    assert len(await pair.ended("e1", "e2", "e3")) == 3


@pytest.mark.long
async def test_told_to_stop_the_engine_lets_a_step_end_first(pair: Pair) -> None:
    await pair.send("e1", name="long", seconds=1)
    await pair.wrote(1)
    assert await kill(pair.engine, signal.SIGTERM) == 0
    assert pair.lines() == Counter(["begun:0", "ended"])
    await pair.start_engine()
    (run,) = await pair.ended("e1")
    assert run["output"] == "ended"
    assert pair.lines() == Counter(["begun:0", "ended"])
