"""``draper skills try`` tells what holds, and fails where something does not."""

from pathlib import Path

import pytest

from bot.cli import main
from tests.agent.catalog.making import make

FAILING = """\
cases:
  - name: hot
    brief: tea for Acme
    expect:
      - mentions kettle
      - max-words 3
"""
STEPS = """\
steps:
  - {key: heat, title: Heat, instructions: "How hot?"}
  - {key: write, title: Writing, instructions: "Write it."}
"""


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


def test_a_case_that_fails_says_which_check_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, files={"cases.yaml": FAILING, "steps.yaml": STEPS})
    assert main(["skills", "try", "kettles", "--skills", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert told.startswith("kettles 1: hot (rehearsal, $0.00)\n")
    assert "  met     mentions kettle\n" in told
    assert "  BROKEN  max-words 3: 10 words\n" in told


def test_one_case_may_be_tried_alone_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    asked = ["skills", "try", "kettles", "--case", "2", "--show"]
    assert main([*asked, "--skills", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("kettles 2: two")
    assert "## Water" in told
    assert "one (rehearsal" not in told


def test_what_is_not_there_is_refused_with_what_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    folder = ["--skills", str(tmp_path)]
    assert main(["skills", "try", "kettles", "--case", "9", *folder]) == 1
    assert "It has 1 to 3" in capsys.readouterr().err
