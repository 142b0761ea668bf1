"""The app points at ``draper engine serve`` elsewhere; each may die at any time."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.durable.remote.account import PATH
from db import faultpoints
from db.server_bootstrap import Urls
from tests.bot.durable.remote.two import Two, two
from tests.conftest import copied
from tests.faults.app import App
from tests.faults.books import assert_one_piece
from tests.faults.crash import REMOTE
from tests.faults.world import ASK, Shown
from tests.forms import short_form
from tests.standins.inngest import EVENT_KEY, SIGNING_KEY
from tests.standins.inngest.rules import canonical, signature

IN_THE_APP = [*sorted(REMOTE), "write.settled", "deliver.stored", "deliver.shown"]
IN_THE_ENGINE = [
    "engine.run_insert",
    "engine.after_claim",
    "engine.before_call",
    "engine.after_call",
    "engine.after_commit",
]
ONCE = (
    "SELECT count(*) FROM engine.runs r JOIN engine.events e ON e.id = r.event_id"
    " WHERE e.name = 'run.requested'"
)
OPEN = "SELECT count(*) FROM engine.runs WHERE status = 'active'"


@pytest.fixture
async def pair(
    server: Urls, bare_template: Urls, database: Urls, tmp_path: Path
) -> AsyncIterator[Two]:
    async with (
        copied(server, template=bare_template) as elsewhere,
        two(database, elsewhere, tmp_path) as made,
    ):
        made.site.script()
        yield made


async def rests(pair: Two) -> None:
    """Wait until neither has anything left to do."""
    await pair.site.quiet()
    async with asyncio.timeout(20):
        while await pair.engine.asks(OPEN):  # noqa: ASYNC110 - a test's patience
            await asyncio.sleep(0.05)


async def assert_whole(pair: Two, *, most_calls: int) -> None:
    """One run there, one piece here, every word of it once."""
    shown = Shown.at(pair.site.ana)
    assert (shown.lost, shown.twice, shown.files, shown.notices) == (0, 0, 1, 0)
    await assert_one_piece(pair.site)
    assert pair.site.calls() <= most_calls
    assert await pair.engine.asks(ONCE) == 1
    assert await pair.site.asks("SELECT count(*) FROM engine.runs") == 0
    waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    assert await pair.site.asks(waiting) == 0


@pytest.mark.long
async def test_a_piece_is_written_and_shown(pair: Two) -> None:
    await pair.engine.starts()
    await pair.site.starts()
    await pair.site.ana.writes(ASK)
    await rests(pair)
    await assert_whole(pair, most_calls=1)


@pytest.mark.parametrize("point", short_form(IN_THE_APP, []))
async def test_the_app_is_killed_and_the_piece_arrives_whole_and_once(
    pair: Two, point: str
) -> None:
    await pair.engine.starts()
    await pair.site.starts(point)
    writing = asyncio.create_task(pair.site.ana.writes(ASK))
    await pair.site.app.dies()
    await pair.site.starts()
    await writing
    await rests(pair)
    await assert_whole(pair, most_calls=2)


@pytest.mark.parametrize("point", short_form(IN_THE_ENGINE, IN_THE_ENGINE[3:4]))
async def test_the_engine_is_killed_and_the_piece_arrives_whole_and_once(
    pair: Two, point: str
) -> None:
    assert point in faultpoints.POINTS
    await pair.engine.starts(point)
    await pair.site.starts()
    await pair.site.ana.writes(ASK)
    await pair.engine.dies()
    await pair.engine.starts()
    await rests(pair)
    await assert_whole(pair, most_calls=2)


@pytest.mark.long
async def test_an_engine_that_comes_later_finds_everything_waiting(pair: Two) -> None:
    await pair.engine.starts()
    await pair.site.starts()
    await pair.engine.ends()
    await pair.site.ana.writes(ASK)
    await pair.site.ana.sees("Working on it")
    await asyncio.sleep(0.5)
    await pair.engine.starts()
    await rests(pair)
    await assert_whole(pair, most_calls=1)


@pytest.mark.long
async def test_stop_reaches_a_run_that_is_being_written(pair: Two) -> None:
    pair.site.outside.claude.reset()
    pair.site.script(" ".join(f"slow{n}" for n in range(2000)))
    await pair.engine.starts()
    await pair.site.starts()
    await pair.site.ana.writes(ASK)
    growing = await pair.site.ana.sees("slow0", buttons=("Stop",))
    await pair.site.ana.presses("Stop", growing)
    await pair.site.ana.sees_change(growing, "Stopped. Nothing more will be written")
    await rests(pair)
    ended = "SELECT string_agg(status, ',') FROM engine.runs"
    assert await pair.engine.asks(ended) == "cancelled"


async def test_nobody_else_may_call_either_of_them(pair: Two) -> None:
    await pair.engine.starts()
    await pair.site.starts()
    body = canonical({"url": "x"})
    at = int(time.time())
    key = SIGNING_KEY.rpartition("-")[2]
    signed = {"x-inngest-signature": signature(body, key, at)}
    old = {"x-inngest-signature": signature(body, key, at - 400)}
    async with httpx.AsyncClient() as client:

        async def status(method: str, url: str, **given: object) -> int:
            answer = await client.request(method, url, content=body, **given)  # type: ignore[arg-type]
            return answer.status_code

        app = f"{pair.site.app.url}{PATH}?fnId=draper-run-skill&stepId=step"
        assert await status("POST", app) == 401
        assert await status("PUT", app) == 401
        assert await status("POST", app, headers=old) == 401
        assert await status("POST", app, headers=signed) == 500  # let in: no call in it
        assert await status("POST", app, headers=signed) == 401  # once
        engine = pair.engine.url
        assert await status("POST", f"{engine}/e/wrong") == 401
        assert await status("POST", f"{engine}/fn/register") == 401
        assert await status("DELETE", f"{engine}/v1/runs/x") == 401
        assert await status("POST", f"{engine}/e/{EVENT_KEY}") == 400  # no event in it


@pytest.mark.long
async def test_web_and_worker_may_be_processes_of_their_own(
    pair: Two, tmp_path: Path
) -> None:
    worker = App(
        pair.site.app.settings, tmp_path / "worker", pair.site.app.pace, ("worker",)
    )
    worker.folder.mkdir()
    pair.site.app.parts = ("web", "chat")
    await pair.engine.starts()
    await pair.site.starts()
    try:
        await worker.starts()
        await pair.site.ana.writes(ASK)
        await rests(pair)
    finally:
        await worker.ends()
    await assert_whole(pair, most_calls=1)
    assert "engine.remote" in worker.log.read_text()
    assert "run.written" in pair.site.app.log.read_text()  # the web process is called
    assert "engine.remote" not in pair.site.app.log.read_text()
