"""The installation's key: made once, refused when it could seal nothing."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.errors import BadInput
from bot.settings import Settings
from bot.wiring.services import pepper


def told(home: Path, key: str | None = None) -> Settings:
    return Settings(_env_file=None, home=home, key=SecretStr(key) if key else None)


def test_a_folder_keeps_its_key_and_another_has_another(tmp_path: Path) -> None:
    first = pepper(told(tmp_path / "one"))
    assert pepper(told(tmp_path / "one")) == first
    assert pepper(told(tmp_path / "two")) != first
    [made] = (tmp_path / "one").iterdir()
    assert made.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_could_seal_nothing_stops_the_start(
    tmp_path: Path, key: str
) -> None:
    with pytest.raises(BadInput, match=r"DRAPER_KEY|installation's key") as refused:
        pepper(told(tmp_path, key))
    assert "32 random bytes" in refused.value.hint
