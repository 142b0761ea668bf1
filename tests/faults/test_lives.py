"""Ends in order, second starts, and one installation as several processes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.app import App
from tests.faults.books import assert_one_piece
from tests.faults.conftest import Opens
from tests.faults.world import ASK, PIECE, Shown
from tests.scenarios.shelf import few
from tests.standins.anthropic import Reply


async def test_told_to_stop_it_finishes_the_piece_it_is_writing(opens: Opens) -> None:
    site = await opens("telegram poll")
    site.outside.claude.script(Reply(PIECE, piece_words=20, pace_s=0.05))
    await site.starts()
    await site.ana.writes(ASK)
    await site.ana.sees("word0")
    await site.app.stops()
    assert site.outside.claude.disconnects == 0
    await site.starts()
    await site.quiet()
    shown = Shown.at(site.ana)
    assert (shown.lost, shown.twice, shown.files, shown.notices) == (0, 0, 1, 0)
    assert site.calls() == 1
    await assert_one_piece(site)


@pytest.mark.long
async def test_told_to_stop_it_does_not_wait_for_ever_and_goes_on_in_the_next_life(
    opens: Opens,
) -> None:
    site = await opens("slack socket")
    site.outside.claude.script(Reply(PIECE, hang_after=3, ping_s=0.1), Reply(PIECE))
    await site.starts()
    await site.ana.writes(ASK)
    await site.ana.sees("word0")
    await site.app.stops()
    await site.starts()
    await site.quiet()
    shown = Shown.at(site.ana)
    assert (shown.lost, shown.twice, shown.files, shown.notices) == (0, 0, 1, 0)
    assert site.calls() == 2
    assert await site.asks("SELECT count(*) FROM usage_records") == 2


async def test_web_worker_and_chat_work_together_as_three_processes(
    opens: Opens,
) -> None:
    site = await opens("telegram webhook")
    site.script()
    async with AsyncExitStack() as stack:
        for part in ("web", "worker", "chat"):
            await stack.enter_async_context(lives(site.app, part))
        await site.ana.writes(ASK)
        await site.ana.presses("5", await site.ana.sees("How good is it"))
        await site.ana.sees("You gave this 5 of 5")
        await site.quiet()
    shown = Shown.at(site.ana)
    assert (shown.lost, shown.twice, shown.files, shown.notices) == (0, 0, 1, 0)
    await assert_one_piece(site)


@asynccontextmanager
async def lives(whole: App, part: str) -> AsyncIterator[App]:
    """One process of an installation, with this part alone."""
    folder = whole.folder / part
    folder.mkdir()
    app = replace(whole, folder=folder, parts=(part,))
    try:
        await app.starts()
        assert app.is_alive, app.log.read_text()
        yield app
        await app.stops()
    finally:
        await app.ends()


async def test_a_second_draper_run_on_the_same_home_is_refused_in_one_line(
    tmp_path: Path,
) -> None:
    async with _draper(tmp_path) as first:
        assert first.stdout
        async with asyncio.timeout(60):
            while b"Draper is ready" not in await first.stdout.readline():
                pass
        async with _draper(tmp_path) as second:
            _, err = await asyncio.wait_for(second.communicate(), 30)
        assert second.returncode == 1
        said = err.decode().strip().splitlines()
        assert len(said) == 1
        assert str(first.pid) in said[0]
        assert first.returncode is None


@asynccontextmanager
async def _draper(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {
        "PATH": os.environ["PATH"],  # noqa: TID251 - a test has no wiring
        "DRAPER_HOME": str(home / "home"),
        "DRAPER_PORT": "0",
        "DRAPER_SKILLS": str(few()),
        "DRAPER_LOG_LEVEL": "ERROR",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli import main; raise SystemExit(main())"),
        "run",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.communicate(), 30)
