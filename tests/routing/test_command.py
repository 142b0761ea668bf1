import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main

ROOT = Path(__file__).parents[2]
SKILLS = str(ROOT / "skills")
ROUTE = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())"]


def piped(given: bytes, *, folder: str = SKILLS) -> list[dict[str, object]]:
    done = subprocess.run(  # noqa: S603 - our own command
        [*ROUTE, "route", "--skills", folder],
        input=given,
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_route_prints_one_json_line_for_every_line_read() -> None:
    found = piped("write homepage copy\n\nमौसम\r\n\xff last".encode())
    assert [line["text"] for line in found] == [
        "write homepage copy",
        "",
        "मौसम",
        "\xff last",
    ]
    assert [line["skill"] for line in found] == ["copywriting", *["assistant"] * 3]
    assert set(found[0]) == {
        "text",
        "skill",
        "method",
        "confidence",
        "alternatives",
        "reasons",
        "scores",
        "wants_model",
    }


def test_route_survives_bytes_that_are_no_text() -> None:
    (line,) = piped(b"\xff\xfe\x00 homepage copy\n")
    assert line["skill"] == "copywriting"


def test_route_answers_a_line_before_the_next_is_written() -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*ROUTE, "route", "--skills", SKILLS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for _ in range(3):
            os.write(running.stdin.fileno(), b"proofread this\n")
            assert json.loads(running.stdout.readline())["skill"] == "copy-editing"
        running.stdin.close()
    assert running.returncode == 0


def test_route_with_a_folder_named_loads_no_settings() -> None:
    code = (
        "import sys; from bot.cli import main; main(); "
        "sys.exit(sum(m in sys.modules for m in ('pydantic', 'sqlalchemy')))"
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code, "route", "--skills", SKILLS],
        input=b"hi\n",
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0


def test_explain_shows_every_stage_and_what_a_model_would_be_asked(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    said = "our readers got bored of us"
    assert main(["route", said, "--explain", "--skills", SKILLS]) == 0
    shown = capsysbinary.readouterr().out.decode()
    for stage in ("phrases", "likeness    words: ", "concepts: ", "together", "margin"):
        assert stage in shown
    assert "model       asked, if there is one, first about " in shown


def test_explain_says_when_phrases_settle_it(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["route", "homepage copy", "--explain", "--skills", SKILLS]) == 0
    shown = capsysbinary.readouterr().out.decode()
    assert 'phrase "homepage copy" of copywriting' in shown
    assert "model       not asked" in shown


def test_a_set_is_scored_with_its_confusions(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    cases = (
        {"text": "homepage copy", "skill": "copywriting"},
        {"text": "proofread this", "skill": "video-script"},
        {"text": "proofread that", "skill": "video-script", "also": ["copy-editing"]},
        {"text": "homepage copy", "skill": "paid-ads"},
    )
    file = tmp_path / "set.jsonl"
    file.write_text("\n\n".join(json.dumps(case) for case in cases))
    assert main(["route", "--file", str(file), "--skills", SKILLS]) == 0
    shown = capsysbinary.readouterr().out.decode()
    assert "messages              4\n" in shown
    assert "top-1                 50.0%\n" in shown
    assert "wrong and confident   50.0%\n" in shown
    assert "   1  paid-ads -> copywriting\n" in shown
    assert "confident: copywriting for 'homepage copy'" in shown


def test_a_set_with_a_broken_line_names_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text('{"text": "a", "skill": "b"}\n{"text": "a"}\n')
    assert main(["route", "--file", str(file), "--skills", SKILLS]) != 0
    assert "Line 2" in capsys.readouterr().err


def test_list_shows_each_skill_on_its_shelf(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["skills", "list", "--skills", SKILLS]) == 0
    shown = capsys.readouterr().out
    assert "CONTENT" in shown
    assert "copywriting" in shown
    assert all(len(line) < 160 for line in shown.splitlines())


def test_lint_passes_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["skills", "lint", "--skills", SKILLS]) == 0
    assert "no problem" in capsys.readouterr().out


def test_lint_fails_and_names_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "SKILL.md").write_text("---\nname: [\n---\nx")
    assert main(["skills", "lint", "--skills", str(tmp_path)]) == 1
    assert "broken/SKILL.md:2" in capsys.readouterr().out


def test_a_folder_without_skills_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["skills", "list", "--skills", str(tmp_path)]) == 1
    assert "--skills" in capsys.readouterr().err
