"""The command line: light to ask, one line when it fails, true in what it does."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.cli import COMMANDS, main
from bot.cli.refusal import Refusal, explain
from bot.cli.sql import table
from db.server_files import Lock

HEAVY = {
    *("sqlalchemy", "anthropic", "telegram", "slack_sdk", "fastapi", "pydantic"),
    *("asyncio", "structlog", "httpx", "boto3", "yaml"),
}


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def _imported_by(*words: str) -> set[str]:
    program = (
        "import sys; from bot.cli import main\n"
        f"try: main({list(words)!r})\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    assert _imported_by("--help") & HEAVY == set()


def test_what_help_must_not_import_is_seen_when_a_command_does() -> None:
    assert {"sqlalchemy", "pydantic", "asyncio"} <= _imported_by("db", "url")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"draper {command}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"    {command} " in said for command in COMMANDS)


def test_an_unknown_command_names_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of our own, named by the environment."""
    for name in ("DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DRAPER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


Captured = pytest.CaptureFixture[str]


def _failed(capsys: Captured, *words: str) -> str:
    """Run a command that must fail; return its one line."""
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("draper: ")
    assert captured.err.count("\n") == 1
    return captured.err


def _said(capsys: Captured, *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_a_wrong_setting_is_named(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAPER_PORT", "many")
    assert "The setting DRAPER_PORT is wrong" in _failed(capsys, "db", "url")


@pytest.mark.usefixtures("home")
def test_a_url_that_is_none_is_named(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    line = _failed(capsys, "db", "upgrade")
    assert "The setting DATABASE_URL is wrong: not a database URL" in line


@pytest.mark.usefixtures("home")
def test_no_database_yet_says_how_to_get_one(capsys: Captured) -> None:
    assert "`draper run` makes one" in _failed(capsys, "db", "url")


@pytest.mark.usefixtures("home")
def test_a_server_that_is_down_is_told_in_a_line(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://a:secret@127.0.0.1:1/d")
    line = _failed(capsys, "db", "upgrade")
    assert "Connect call failed" in line
    assert "secret" not in line


@pytest.mark.usefixtures("home")
def test_a_server_without_its_owners_url_is_refused(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@127.0.0.1:1/d")
    assert "DATABASE_OWNER_URL is not set" in _failed(capsys, "db", "upgrade")


def test_the_database_goes_round_from_empty_to_restored(
    home: Path,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "from empty to" in _said(capsys, "db", "upgrade")
    assert "up to date" in _said(capsys, "db", "upgrade")
    assert "postgresql://agent_app:" in _said(capsys, "db", "url")
    assert "postgresql://agent_release:" in _said(capsys, "db", "url", "owner")

    name = "INSERT INTO workspaces (name) VALUES ('Acme') RETURNING name"
    assert "`draper db sql --write`" in _failed(capsys, "db", "sql", name)
    assert "(1 row)" in _said(capsys, "db", "sql", "--write", name)
    count = "SELECT name, NULL AS nothing FROM workspaces"
    expected = "name | nothing\n-----+--------\nAcme |\n(1 row)\n"
    assert _said(capsys, "db", "sql", count) == expected

    kept = home / "files/outputs/draft.md"
    kept.parent.mkdir(parents=True)
    kept.write_text("A draft")
    backup = tmp_path / "backup.tar"
    assert "and 1 files" in _said(capsys, "db", "backup", str(backup))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "exists" in _failed(capsys, "db", "backup", str(backup))
    assert "is not empty" in _failed(capsys, "db", "restore", str(backup))

    before = {query: _said(capsys, "db", "sql", query) for query in SHAPE}
    monkeypatch.setenv("DRAPER_HOME", str(tmp_path / "other"))
    assert "Restored the database" in _said(capsys, "db", "restore", str(backup))
    assert _said(capsys, "db", "sql", count) == expected
    assert (tmp_path / "other/files/outputs/draft.md").read_text() == "A draft"
    assert {query: _said(capsys, "db", "sql", query) for query in SHAPE} == before
    assert "up to date" in _said(capsys, "db", "upgrade")


OURS = "IN ('public'::regnamespace, 'engine'::regnamespace)"
CLASSES = f"""
    SELECT oid::regclass::text, relowner::regrole, relrowsecurity, relforcerowsecurity,
    ARRAY(SELECT a::text FROM unnest(relacl) a ORDER BY 1)
    FROM pg_class WHERE relnamespace {OURS} ORDER BY 1
"""  # noqa: S608 - constants
FUNCTIONS = f"""
    SELECT oid::regprocedure::text, proowner::regrole, prosecdef,
    ARRAY(SELECT a::text FROM unnest(proacl) a ORDER BY 1)
    FROM pg_proc WHERE pronamespace {OURS} ORDER BY 1
"""  # noqa: S608 - constants
POLICIES = """
    SELECT polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid),
    pg_get_expr(polwithcheck, polrelid) FROM pg_policy ORDER BY 1, 2
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY 1, 2
"""
SHAPE = (CLASSES, FUNCTIONS, POLICIES, TRIGGERS)
"""Who owns and may touch what: a restore must open nothing."""


def test_a_restore_that_fails_leaves_the_folder_empty(
    home: Path, tmp_path: Path, capsys: Captured
) -> None:
    broken = tmp_path / "broken.tar"
    with tarfile.open(broken, "w") as archive:
        for name, body in {
            "manifest.json": b'{"format": 1}',
            "database.dump": b"not a dump",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    assert "pg_restore failed" in _failed(capsys, "db", "restore", str(broken))
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("home")
def test_what_is_no_backup_is_not_restored(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    line = _failed(capsys, "db", "restore", str(tmp_path / "letter.txt"))
    assert "not a backup" in line


@pytest.fixture
def held(home: Path) -> Iterator[None]:
    home.mkdir()
    lock = Lock.take(home / "draper.lock")
    yield
    lock.release()


@pytest.mark.usefixtures("home")
def test_doctor_on_a_fresh_machine_finds_nothing_wrong_and_makes_nothing(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAPER_PORT", "0")
    said = _said(capsys, "doctor")
    assert "✓ database: none yet: `draper run` makes it" in said
    assert "✗" not in said
    assert not home.exists()


@pytest.mark.usefixtures("held")
def test_doctor_names_the_draper_that_runs(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAPER_PORT", "0")
    said = _said(capsys, "doctor")
    assert f"✓ web address: Draper runs (process {os.getpid()})" in said


@pytest.mark.usefixtures("home")
def test_doctor_says_what_to_do_about_what_is_wrong(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAPER_PORT", "0")
    monkeypatch.setenv("DATABASE_URL", "postgresql://agent_app:hush@127.0.0.1:1/d")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-hush")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ database as app" in said
    assert "→ See that the server runs" in said
    assert "DATABASE_SYSTEM_URL is not set" in said
    assert "✗ claude" in said
    assert "hush" not in said


def test_doctor_checks_a_database_that_is_there(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAPER_PORT", "0")
    _said(capsys, "db", "upgrade")
    said = _said(capsys, "doctor")
    assert "✓ database as app: PostgreSQL 18, pgvector 0.8" in said
    assert "✓ tables: at revision" in said
    assert "✓ pairing: nobody yet" in said
    assert "✓ files: local folder" in said
    _said(capsys, "db", "sql", "--write", "UPDATE alembic_version SET version_num='9'")
    assert main(["doctor"]) == 1
    assert "✗ tables" in capsys.readouterr().out


def test_roles_prints_what_an_administrator_runs(home: Path, capsys: Captured) -> None:
    said = _said(capsys, "db", "roles")
    assert "CREATE ROLE agent_app" in said
    assert "CREATE EXTENSION IF NOT EXISTS vector;" in said
    assert not home.exists()


def test_a_table_is_aligned_and_counted() -> None:
    assert table(["a", "bb"], [["1", "22"], ["333", ""]]) == [
        "a   | bb",
        "----+---",
        "1   | 22",
        "333 |",
        "(2 rows)",
    ]
    assert table(["a"], []) == ["a", "-", "(0 rows)"]


def test_an_error_of_ours_is_what_happened_and_what_to_do() -> None:
    assert explain(Refusal("It rains.", hint="Stay in.")) == "It rains. Stay in."
    line = explain(ValueError("first\nsecond"))
    assert line.startswith("ValueError: first.")
    assert "second" not in line
