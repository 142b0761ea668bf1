"""`.env.example` and the settings are one list, and the file's defaults are true."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from bot import settings as module
from bot.cli.refusal import variable
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def _variables() -> Iterator[str]:
    for group in vars(module).values():
        if not (isinstance(group, type) and issubclass(group, BaseSettings)):
            continue
        for name, field in group.model_fields.items():
            nested = isinstance(field.annotation, type) and issubclass(
                field.annotation, BaseSettings
            )
            if not nested:
                yield variable(group, name)


def _lines() -> list[tuple[str, str]]:
    return LINE.findall((ROOT / ".env.example").read_text())


def test_every_setting_is_explained_once_and_no_other() -> None:
    names = [name for name, _ in _lines()]
    settings = [name for name in _variables() if name]
    assert sorted(names) == sorted(settings)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder of our own, and no setting in the environment."""
    for name in _variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_copy_with_everything_uncommented_changes_nothing(bare: Path) -> None:
    defaults = Settings()
    written = "\n".join(f"{name}={value}" for name, value in _lines())
    (bare / ".env").write_text(written)
    assert Settings() == defaults


def test_a_line_of_it_is_really_read(bare: Path) -> None:
    (bare / ".env").write_text("DRAPER_PORT=8123\nTELEGRAM_ALLOWED=7, 8\nS3_BUCKET=b\n")
    found = Settings()
    assert found.port == 8123
    assert found.telegram.allowed == {"7", "8"}
    assert found.s3.bucket == "b"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (
            "postgres://a:b@h/d?sslmode=require",
            "postgresql+asyncpg://a:b@h/d?ssl=require",
        ),
        (
            "postgresql://a@/d?host=/run/pg",
            "postgresql+asyncpg://a@/d?host=%2Frun%2Fpg",
        ),
    ],
)
def test_a_database_url_is_taken_as_hosts_hand_it_out(
    bare: Path, given: str, read: str
) -> None:
    (bare / ".env").write_text(f"DATABASE_URL={given}\n")
    url = Settings().database_url
    assert url is not None
    assert url.render_as_string(hide_password=False) == read
