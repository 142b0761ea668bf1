"""What ``draper doctor`` finds of an Inngest server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.cli import doctor_checks
from bot.settings import Inngest as Group
from bot.settings import Settings
from tests.standins.inngest import EVENT_KEY, SIGNING_KEY, Inngest

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """The command sets them up for its own output."""
    yield
    structlog.reset_defaults()


async def said(
    capsys: Captured, server: Inngest, home: Path, **inngest: Any
) -> list[str]:
    given = {
        "base_url": server.url,
        "event_key": EVENT_KEY,
        "signing_key": SIGNING_KEY,
        **inngest,
    }
    group = Group(_env_file=None, **given)
    whole: dict[str, Any] = {
        "home": home / "none",
        "port": 0,
        "public_url": "https://draper.example",
        "inngest": group,
    }
    await doctor_checks.report(Settings(_env_file=None, **whole))
    return [line for line in capsys.readouterr().out.splitlines() if line]


def one(lines: list[str], name: str) -> tuple[str, str]:
    """The line of a check, and the advice under it."""
    [at] = [n for n, line in enumerate(lines) if f" {name}: " in line]
    below = lines[at + 1] if at + 1 < len(lines) else ""
    return lines[at], below if below.startswith("  →") else ""


async def test_a_server_that_is_well_is_said_to_be_in_four_lines(
    capsys: Captured, inngest: Inngest, tmp_path: Path
) -> None:
    inngest.functions = {"draper-run-skill": {}}
    lines = await said(capsys, inngest, tmp_path)
    assert one(lines, "engine") == (f"✓ engine: Inngest at {inngest.url}, signed", "")
    assert one(lines, "inngest server")[0].endswith("ms, the signing key is accepted")
    assert one(lines, "inngest event key")[0] == "✓ inngest event key: accepted"
    assert one(lines, "inngest clock")[0].startswith("✓ inngest clock: ")
    assert "knows draper-run-skill" in one(lines, "inngest functions")[0]
    assert inngest.posts == [[]]  # asking sent no event


async def test_each_wrong_key_is_named(
    capsys: Captured, inngest: Inngest, tmp_path: Path
) -> None:
    keys = {"event_key": "wrong", "signing_key": "signkey-test-00"}
    lines = await said(capsys, inngest, tmp_path, **keys)
    line, advice = one(lines, "inngest event key")
    assert line.startswith("✗")
    assert "INNGEST_EVENT_KEY" in advice
    line, advice = one(lines, "inngest server")
    assert line.startswith("✗")
    assert "INNGEST_SIGNING_KEY" in advice


async def test_a_server_that_was_never_told_of_our_functions_is_noticed(
    capsys: Captured, inngest: Inngest, tmp_path: Path
) -> None:
    line, advice = one(await said(capsys, inngest, tmp_path), "inngest functions")
    assert line == "✗ inngest functions: the server knows none"
    assert "draper run web" in advice


@pytest.mark.parametrize("told", ["null", "{}", "[7]", "<html>"])
async def test_a_list_that_is_none_is_not_believed(
    capsys: Captured, inngest: Inngest, tmp_path: Path, told: str
) -> None:
    inngest.breaks("/v1/apps", status=200, text=told, times=9)
    lines = await said(capsys, inngest, tmp_path)
    assert one(lines, "inngest functions")[0] == (
        "✗ inngest functions: the server knows none"
    )


@pytest.mark.parametrize(("off_by_s", "mark"), [(-50, "✓"), (70, "✗"), (-400, "✗")])
async def test_clocks_that_differ_are_noticed_before_calls_are_refused(
    capsys: Captured, inngest: Inngest, tmp_path: Path, off_by_s: int, mark: str
) -> None:
    inngest.clock_skew_s = off_by_s
    line, advice = one(await said(capsys, inngest, tmp_path), "inngest clock")
    assert line.startswith(mark)
    assert ("NTP" in advice) is (mark == "✗")


async def test_a_server_that_is_away_is_said_to_be(
    capsys: Captured, inngest: Inngest, tmp_path: Path
) -> None:
    await inngest.stop()
    lines = await said(capsys, inngest, tmp_path)
    for name in ("server", "event key", "clock", "functions"):
        assert "does not answer" in one(lines, f"inngest {name}")[0]


async def test_a_setting_that_is_missing_is_named_and_nobody_is_asked(
    capsys: Captured, inngest: Inngest, tmp_path: Path
) -> None:
    lines = await said(capsys, inngest, tmp_path, signing_key=None)
    assert "INNGEST_SIGNING_KEY is not" in one(lines, "engine")[0]
    assert not [line for line in lines if "inngest server" in line]
