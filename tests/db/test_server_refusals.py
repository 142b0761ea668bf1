"""What the embedded PostgreSQL will not do, and what it says instead."""

import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from db import server_files
from db.server import Server
from db.server_errors import (
    CannotStart,
    Damaged,
    DiskFull,
    PathTooLong,
    ServerError,
    Unsupported,
    WrongOwner,
    WrongVersion,
)
from db.server_files import Layout, account, private_folder, programs
from db.server_process import why


class Usage(NamedTuple):
    free: int


async def _refused(home: Path, kind: type[ServerError]) -> ServerError:
    with pytest.raises(kind) as caught:
        await Server(home, durable=False).start()
    assert caught.value.hint
    return caught.value


def _cluster(home: Path, version: str) -> None:
    home.joinpath("postgres").mkdir(parents=True)
    home.joinpath("postgres/PG_VERSION").write_text(f"{version}\n")
    home.joinpath("postgres.passwords").write_text("{}")


async def test_a_folder_of_another_major_version(tmp_path: Path) -> None:
    _cluster(tmp_path, "17")
    refusal = await _refused(tmp_path, WrongVersion)
    assert "PostgreSQL 17; this is 18" in refusal.message
    assert "draper db backup" in refusal.hint


async def test_a_folder_that_is_no_cluster_is_left_alone(tmp_path: Path) -> None:
    tmp_path.joinpath("postgres").mkdir()
    tmp_path.joinpath("postgres/diary.txt").write_text("mine")
    tmp_path.joinpath("postgres.passwords").write_text("{}")
    await _refused(tmp_path, Damaged)
    assert tmp_path.joinpath("postgres/diary.txt").read_text() == "mine"


async def test_lost_passwords(tmp_path: Path) -> None:
    server = Server(tmp_path, durable=False)
    await server.start()
    await server.stop()
    (tmp_path / "postgres.passwords").unlink()
    assert "postgres.passwords" in (await _refused(tmp_path, Damaged)).message


async def test_passwords_of_another_folder(tmp_path: Path) -> None:
    server = Server(tmp_path, durable=False)
    await server.start()
    await server.stop()
    (tmp_path / "postgres.passwords").write_text("{}")
    refusal = await _refused(tmp_path, Damaged)
    assert "refuses the password" in refusal.message


def test_a_folder_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(WrongOwner, match="belongs to"):
        account(data)


def test_root_runs_it_as_the_folders_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    if os.getuid() == 0:
        os.chown(tmp_path, 1234, 5678)
        assert str(account(tmp_path)) == "1234:5678"
    else:
        assert str(account(tmp_path)) == f"{os.getuid()}:{os.getgid()}"


def test_root_with_nobody_to_step_down_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(server_files, "RUN_AS", ("no-such-user",))
    with pytest.raises(Unsupported, match="root"):
        account(tmp_path / "absent")


async def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    refusal = await _refused(tmp_path / "home", WrongOwner)
    assert "DRAPER_HOME" in refusal.hint


async def test_a_full_disk_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=5 * 2**20))
    refusal = await _refused(tmp_path, DiskFull)
    assert "5 MB left" in refusal.message
    assert "Free 96 MB" in refusal.hint
    assert not (tmp_path / "postgres").exists()


def test_a_disk_that_fills_up_during_the_start() -> None:
    said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
    assert isinstance(why("postgres", said, Path("/srv/postgres")), DiskFull)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("LOG: fine\nFATAL: bad thing\nLOG: shut down", "FATAL: bad thing"),
        ("only line", "only line"),
        ("", "it said nothing"),
    ],
)
def test_the_last_telling_line_is_told(said: str, told: str) -> None:
    refusal = why("postgres", said, Path("/srv/postgres"))
    assert isinstance(refusal, CannotStart)
    assert refusal.message.endswith(f"{told}.")


def test_no_folder_short_enough_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", f"/{'t' * 90}")
    with pytest.raises(PathTooLong, match="DRAPER_HOME"):
        _ = Layout(tmp_path / ("h" * 90)).sockets


def test_a_socket_folder_somebody_else_made_first(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(WrongOwner):
        private_folder(tmp_path / "run", None)


def test_musl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: "x86_64-pc-linux-musl")
    with pytest.raises(Unsupported, match="musl"):
        programs()


def test_a_platform_without_the_bundled_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_files, "MAJOR", "99")
    with pytest.raises(Unsupported, match="DATABASE_URL"):
        programs()
