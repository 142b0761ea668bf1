"""The embedded PostgreSQL, for real: each test starts one in a folder of its own."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from db import server as server_module
from db.server import Server, _answers, at_hand
from db.server_bootstrap import Urls
from db.server_errors import CannotStart, InUse
from db.server_files import Account, Layout
from db.server_log import LogFile
from db.server_process import LAUNCHER, _listed, _ours, living


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Server]:
    server = Server(home, durable=False)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def ask(url: URL, *statements: str) -> object:
    """Run statements in one transaction; return the last one's first value."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            results = [await connection.execute(text(each)) for each in statements]
            return results[-1].scalar() if results[-1].returns_rows else None
    finally:
        await engine.dispose()


async def test_a_first_start_gives_each_role_its_login(tmp_path: Path) -> None:
    async with running(tmp_path / "home") as server:
        urls = server.urls
        assert await ask(urls.app, "SELECT current_user") == "agent_app"
        assert await ask(urls.system, "SELECT current_user") == "agent_system"
        assert await ask(urls.owner, "SELECT current_user") == "agent_owner"
        assert await ask(urls.owner, "SELECT current_database()") == "draper"
        weak = (
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname=session_user"
        )
        for url in (urls.app, urls.system, urls.owner):
            assert await ask(url, weak) is False


async def test_it_is_postgresql_18_with_pgvector(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        version = await ask(server.urls.app, "SHOW server_version_num")
        assert str(version).startswith("18")
        distance = await ask(server.urls.app, "SELECT '[1,2]'::vector <-> '[1,5]'")
        assert distance == 3.0
        extension = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
        assert str(await ask(server.urls.app, extension)) >= "0.8"


async def test_only_the_private_socket_listens_and_the_password_counts(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as server:
        assert await ask(server.urls.admin, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(server.layout.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.layout.passwords.stat().st_mode) == 0o600
        assert stat.S_IMODE(server.layout.log.stat().st_mode) == 0o600
        with pytest.raises(DBAPIError, match="password authentication failed"):
            await ask(server.urls.app.set(password="guessed"), "SELECT 1")


async def test_it_never_runs_as_root(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert _owner(tmp_path / "postgres/postmaster.pid") != 0
        assert _owner(server.layout.data) != 0


async def test_a_first_start_works_in_a_folder_that_anybody_may_enter() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's are closed to others
        home = Path(folder, "home")
        for each in (Path(folder), home):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        async with running(home) as server:
            assert await ask(server.urls.app, "SELECT 1") == 1


def _owner(path: Path) -> int:
    return path.stat().st_uid


async def test_by_default_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    server = Server(tmp_path)
    await server.start()
    try:
        assert await ask(server.urls.app, "SHOW fsync") == "on"
        assert await ask(server.urls.app, "SHOW synchronous_commit") == "on"
        assert await ask(server.urls.app, "SHOW full_page_writes") == "on"
    finally:
        await server.stop()


async def test_a_second_start_finds_the_rows_and_the_passwords(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        first = server.urls
        await ask(first.owner, "CREATE TABLE kept AS SELECT 7 AS n")
    async with running(tmp_path) as server:
        assert server.urls == first
        assert await ask(server.urls.owner, "SELECT n FROM kept") == 7


async def test_stop_shuts_down_in_order_and_may_be_repeated(tmp_path: Path) -> None:
    server = Server(tmp_path, durable=False)
    await server.start()
    await server.stop()
    await server.stop()
    assert server.pid is None
    assert "database system is shut down" in server.layout.log.read_text()
    assert living(server.layout.data) == []


async def test_a_second_server_on_the_folder_is_refused_by_pid(tmp_path: Path) -> None:
    async with running(tmp_path):
        with pytest.raises(InUse, match=rf"process {os.getpid()}\)"):
            await Server(tmp_path).start()
    async with running(tmp_path):
        pass  # the refused one left nothing behind


async def test_a_command_uses_the_running_server_or_starts_one(tmp_path: Path) -> None:
    async with at_hand(tmp_path) as urls:
        assert await ask(urls.app, "SELECT 1") == 1
    async with running(tmp_path) as server, at_hand(tmp_path) as urls:
        assert urls == server.urls
        assert await ask(urls.app, "SELECT 1") == 1


async def test_a_server_that_dies_under_the_app_comes_back(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await ask(server.urls.owner, "CREATE TABLE kept AS SELECT 7 AS n")
        for _ in range(2):
            died = server.pid
            assert died is not None
            os.kill(died, signal.SIGKILL)
            await _until(lambda died=died: server.pid not in {None, died})
            assert await _patiently(server.urls.owner, "SELECT n FROM kept") == 7


async def _until(true: object) -> None:
    assert callable(true)
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.02)


async def _patiently(url: URL, statement: str) -> object:
    for _ in range(200):
        try:
            return await ask(url, statement)
        except (DBAPIError, OSError):
            await asyncio.sleep(0.05)
    return await ask(url, statement)


APP = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    import asyncpg
    from db.server import Server
    from db.server_bootstrap import connected

    async def main():
        server = Server(Path(sys.argv[1]))
        urls = await server.start()
        async with connected(urls.owner) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        print(server.pid, flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
""")


def _start_app(home: Path) -> tuple[subprocess.Popen[str], int]:
    """Start an app in a process of its own; return it and its postmaster's pid."""
    app = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", APP, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert app.stdout is not None
    for line in app.stdout:
        if line.strip().isdigit():
            return app, int(line)
    raise AssertionError("the app did not start")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal")
async def test_a_killed_app_takes_its_server_along_and_loses_nothing(
    tmp_path: Path,
) -> None:
    app, postmaster = _start_app(tmp_path)
    app.kill()
    app.communicate()
    await _until(lambda: not Path(f"/proc/{postmaster}").exists())
    assert "fast shutdown" in (tmp_path / "postgres.log").read_text()
    async with running(tmp_path) as server:
        assert await ask(server.urls.owner, "SELECT n FROM kept") == 7


async def test_a_server_that_outlived_its_app_is_ended_and_replaced(
    tmp_path: Path,
) -> None:
    # A stopped postmaster cannot hear of its parent's death, as on a system without
    # the signal; it is continued when nobody is left.
    app, postmaster = _start_app(tmp_path)
    os.kill(postmaster, signal.SIGSTOP)
    app.kill()
    app.communicate()
    assert postmaster in living(tmp_path / "postgres")
    asyncio.get_running_loop().call_later(1, os.kill, postmaster, signal.SIGCONT)
    async with running(tmp_path) as server:
        assert server.pid != postmaster
        assert postmaster not in living(tmp_path / "postgres")
        assert await ask(server.urls.owner, "SELECT n FROM kept") == 7


async def test_a_stale_mark_with_somebody_elses_pid_does_not_count(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as server:
        marks = {mark: mark.read_text() for mark in server.layout.marks[::2]}
        owner = server.layout.data.stat()
    stranger = _sleep_as(owner)
    try:
        for mark, said in marks.items():
            _, _, rest = said.partition("\n")
            mark.write_text(f"{stranger.pid}\n{rest}")
        async with running(tmp_path) as server:
            assert await ask(server.urls.app, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def _sleep_as(owner: os.stat_result) -> subprocess.Popen[bytes]:
    mine = owner.st_uid == os.geteuid()
    account = "-" if mine else str(Account(owner.st_uid, owner.st_gid))
    launch = [sys.executable, "-I", "-S", str(LAUNCHER), account, str(os.getpid())]
    return subprocess.Popen([*launch, "9", "/", "/bin/sleep", "600"])  # noqa: S603


async def test_a_child_that_outlives_its_postmaster_still_counts(
    tmp_path: Path,
) -> None:
    app, postmaster = _start_app(tmp_path)
    data = tmp_path / "postgres"
    child = next(pid for pid in living(data) if pid != postmaster)
    os.kill(child, signal.SIGSTOP)
    app.kill()
    os.kill(postmaster, signal.SIGKILL)
    app.communicate()
    await _until(lambda: living(data) == [child])
    os.kill(child, signal.SIGCONT)
    async with running(tmp_path) as server:
        assert child not in living(data)
        assert await ask(server.urls.owner, "SELECT n FROM kept") == 7


async def test_its_processes_are_found_by_ps_where_there_is_no_proc(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as server:
        seen = {
            pid: words
            for pid, words in _listed()
            if _ours(words, tmp_path / "postgres")
        }
        assert server.pid in seen
        assert sorted(seen) == living(server.layout.data)
        assert len(seen) > 3


async def test_a_first_start_cut_short_is_begun_again(tmp_path: Path) -> None:
    draft = tmp_path / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    async with running(tmp_path) as server:
        assert await ask(server.urls.app, "SELECT 1") == 1
    assert not draft.exists()


async def test_a_start_that_fails_is_tried_again_for_a_while(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    config = tmp_path / "postgres" / "postgresql.auto.conf"
    config.write_text("nonsense")
    asyncio.get_running_loop().call_later(1, config.write_text, "")
    async with running(tmp_path) as server:
        assert await ask(server.urls.app, "SELECT 1") == 1


async def test_a_start_that_keeps_failing_ends_in_the_servers_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path):
        pass
    (tmp_path / "postgres" / "postgresql.auto.conf").write_text("nonsense")
    monkeypatch.setattr(server_module, "START_PATIENCE_S", 0.5)
    with pytest.raises(CannotStart, match=r"postgresql\.auto\.conf") as refused:
        await Server(tmp_path).start()
    assert "postgres.log" in refused.value.hint


STARTING_UP = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"


async def test_a_long_recovery_is_waited_for_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in says "starting up" until its process ends, past every limit."""
    monkeypatch.setattr(server_module, "PROGRESS_S", 0.2)

    async def recovering(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1000)
        size = (len(STARTING_UP) + 4).to_bytes(4, "big")
        writer.write(b"E" + size + STARTING_UP)
        writer.close()

    socket = tmp_path / ".s.PGSQL.5432"
    listening = await asyncio.start_unix_server(recovering, path=str(socket))
    process = await asyncio.create_subprocess_exec("/bin/sleep", "1")
    nobody = URL.create("postgresql", "a", "b", query={"host": str(tmp_path)})
    async with listening:
        with capture_logs() as told:
            urls = Urls(owner=nobody, app=nobody, system=nobody, admin=nobody)
            assert await _answers(process, urls) is False
    assert [line["event"] for line in told][:3] == ["postgres.recovering"] * 3


def test_a_long_log_becomes_the_old_log(tmp_path: Path) -> None:
    kept = LogFile(tmp_path / "postgres.log", limit_bytes=10)
    with kept.open() as writing:
        writing.write(b"eleven long")
        writing.flush()
        kept.rotate()
        writing.write(b"new")
    assert (tmp_path / "postgres.log").read_bytes() == b"new"
    assert (tmp_path / "postgres.log.1").read_bytes() == b"eleven long"
    assert kept.since(11) == "new"


async def test_a_deep_folder_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20)
    async with running(home) as server:
        assert not server.layout.sockets.is_relative_to(home)
        assert stat.S_IMODE(server.layout.sockets.stat().st_mode) == 0o700
        assert await ask(server.urls.app, "SELECT 1") == 1
    server.layout.sockets.rmdir()


async def test_a_linked_folder_is_the_folder_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir()
    async with running(tmp_path / "real"):
        with pytest.raises(InUse):
            await Server(tmp_path / "link").start()
    assert Layout(tmp_path / "real").data.exists()
